//! What a caller may set and see.

use smallvec::SmallVec;

use super::role::{Anyone, Role, Who};
use crate::identity::Principal;

/// The roles in which a caller acts, by what an authentication guard has established of them.
///
/// As an extractor it answers 401 to a stranger, and 500 if no authentication guard stands before
/// the handler. Nothing in a request's path, query or body has a part in it.
#[derive(Clone, Debug)]
pub struct Grant<R = Anyone> {
    caller: Option<Principal>,
    further: SmallVec<[R; 2]>,
}

impl<R: Role> Grant<R> {
    /// The grant of `caller`. In a handler, take it as an argument instead.
    #[must_use]
    pub fn of(caller: Principal) -> Self {
        Self {
            caller: Some(caller),
            further: SmallVec::new(),
        }
    }

    /// The grant of somebody who need not be known, for routes such as a sign-up. It holds no role,
    /// and opens what rules open to everybody.
    #[must_use]
    pub fn of_stranger() -> Self {
        Self {
            caller: None,
            further: SmallVec::new(),
        }
    }

    /// Adds a role that the caller has towards the object at hand: its owner, say. Call it when you
    /// have looked.
    #[must_use]
    pub fn acting_as(mut self, role: R) -> Self {
        self.further.push(role);
        self
    }

    /// Who has the grant; none if it is a stranger's.
    #[must_use]
    pub fn caller(&self) -> Option<&Principal> {
        self.caller.as_ref()
    }

    /// Whether the caller acts in `role`.
    #[must_use]
    pub fn holds(&self, role: R) -> bool {
        let by_caller = || self.caller.as_ref().is_some_and(|c| role.is_held_by(c));
        self.further.contains(&role) || by_caller()
    }

    pub(super) fn is_among(&self, who: Who<R>) -> bool {
        match who {
            Who::Nobody => false,
            Who::Anyone => true,
            Who::Roles(roles) => roles.iter().any(|role| self.holds(*role)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Scopes;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Staff {
        Author,
        Owner,
    }

    impl Role for Staff {
        fn is_held_by(self, caller: &Principal) -> bool {
            match self {
                Self::Author => caller.scopes().contains("write"),
                Self::Owner => false,
            }
        }
    }

    #[test]
    fn a_role_is_held_by_the_caller_or_added() {
        use Staff::{Author, Owner};
        let writer = Principal::new("a").with_scopes(Scopes::parse("write"));
        for (grant, author, owner) in [
            (Grant::of_stranger(), false, false),
            (Grant::of(Principal::new("a")), false, false),
            (Grant::of(writer.clone()), true, false),
            (Grant::of(writer.clone()).acting_as(Owner), true, true),
            (Grant::of_stranger().acting_as(Owner), false, true),
        ] {
            assert_eq!((grant.holds(Author), grant.holds(Owner)), (author, owner));
            assert!(grant.is_among(Who::Anyone) && !grant.is_among(Who::Nobody));
            assert!(!grant.is_among(Who::Roles(&[])));
            assert_eq!(
                grant.is_among(Who::Roles(&[Author, Owner])),
                author || owner
            );
            assert_eq!(grant.is_among(Who::Roles(&[Owner])), owner);
        }
    }
}
