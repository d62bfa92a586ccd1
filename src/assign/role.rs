//! In which roles a caller acts.

use std::fmt::Debug;

use crate::identity::Principal;

/// The roles that the rules of a model name: an enum of the author's, which says of each role who
/// holds it.
///
/// Roles are words of the model and not of the token, so a scope can be renamed, or become a
/// permission, in one place. A role that depends on the object at hand (its owner, say) is held by
/// nobody here, and added with [`Grant::acting_as`](super::Grant::acting_as) once that is known.
///
/// ```
/// use portcullis::assign::Role;
/// use portcullis::identity::Principal;
///
/// #[derive(Clone, Copy, Debug, PartialEq)]
/// enum Staff {
///     Author,
///     Editor,
///     Owner,
/// }
///
/// impl Role for Staff {
///     fn is_held_by(self, caller: &Principal) -> bool {
///         match self {
///             Self::Author => caller.scopes().contains("articles:write"),
///             Self::Editor => caller.permissions().contains("editor"),
///             Self::Owner => false, // of one article, which is yet to be loaded
///         }
///     }
/// }
/// ```
pub trait Role: Copy + Debug + PartialEq + Send + Sync + 'static {
    /// Whether `caller` acts in this role, whatever the object.
    fn is_held_by(self, caller: &Principal) -> bool;
}

/// The roles of models that tell no roles apart: there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anyone {}

impl Role for Anyone {
    fn is_held_by(self, _caller: &Principal) -> bool {
        match self {}
    }
}

/// Whom a rule lets.
#[derive(Clone, Copy, Debug)]
pub enum Who<R: 'static> {
    /// Nobody.
    Nobody,
    /// Whoever has a grant, a stranger's grant included.
    Anyone,
    /// Whoever acts in one of these roles.
    Roles(&'static [R]),
}
