//! Permissions, roles or groups demanded of a route.

use http::request::Parts;
use tower_layer::Layer;

use super::caller;
use crate::config::ConfigError;
use crate::guard::{Demand, Guard, GuardService, Pass, Place, Stop};
use crate::identity::Permissions;
use crate::problem::{Kind, Problem};

/// Lets a request in only if its caller has certain permissions, roles or groups, as whoever
/// vouches for the caller has listed them.
///
/// Answers 403 to a caller without them, without naming them: unlike scopes, they are not the
/// caller's to ask for.
#[derive(Clone, Debug)]
pub struct RequirePermissions {
    needed: Permissions,
    how_many: HowMany,
}

#[derive(Clone, Copy, Debug)]
enum HowMany {
    All,
    Any,
}

impl RequirePermissions {
    /// Demands each of `names`.
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, if one is empty, or if they are too many or too long for
    /// [`Permissions`].
    pub fn all<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        Ok(Self {
            needed: permissions(names)?,
            how_many: HowMany::All,
        })
    }

    /// Demands at least one of `names`.
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, if one is empty, or if they are too many or too long for
    /// [`Permissions`].
    pub fn any<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        Ok(Self {
            needed: permissions(names)?,
            how_many: HowMany::Any,
        })
    }

    fn are_met_by(&self, held: &Permissions) -> bool {
        match self.how_many {
            HowMany::All => held.contains_all(&self.needed),
            HowMany::Any => held.contains_any(&self.needed),
        }
    }
}

impl RequirePermissions {
    fn decide(&self, head: &Parts) -> Result<Pass, Stop> {
        let misplaced = "permissions_without_authentication";
        let principal = caller::known(head, misplaced, caller::ask_for_token)?;
        if self.are_met_by(principal.permissions()) {
            Ok(Pass::default())
        } else {
            Err(Problem::new(Kind::Forbidden)
                .because("permission_missing")
                .into())
        }
    }
}

impl Guard for RequirePermissions {
    const PLACE: Place = Place::Authz;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        self.decide(head)
    }

    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        Some(self.decide(head))
    }

    fn describe(&self) -> Demand {
        let quantity = match self.how_many {
            HowMany::All => "permissions",
            HowMany::Any => "any of the permissions",
        };
        Demand::Other(format!("{quantity} {}", self.needed).into())
    }
}

impl<S> Layer<S> for RequirePermissions {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}

fn permissions<N: AsRef<str>>(
    names: impl IntoIterator<Item = N>,
) -> Result<Permissions, ConfigError> {
    let names: Vec<N> = names.into_iter().collect();
    if names.is_empty() || names.iter().any(|name| name.as_ref().is_empty()) {
        return Err(ConfigError::new(
            "name at least one permission, and none that is empty",
        ));
    }
    Permissions::of(names).map_err(|error| ConfigError::new(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Caller, Facts, Principal, Scopes};

    async fn asked_of(guard: &RequirePermissions, caller: Caller) -> Option<Kind> {
        let (mut head, ()) = http::Request::new(()).into_parts();
        Facts::entry(&mut head.extensions).caller = caller;
        let stop = guard.check(&mut head).await.err()?;
        Some(stop.problem().unwrap().kind())
    }

    #[tokio::test]
    async fn only_a_caller_with_the_permissions_is_let_in() {
        let all = RequirePermissions::all(["read", "Domain Admins"]).unwrap();
        let any = RequirePermissions::any(["read", "Domain Admins"]).unwrap();
        let refused = Some(Kind::Forbidden);
        for (held, by_all, by_any) in [
            (&["Domain Admins", "read", "x"][..], None, None),
            (&["read"], refused, None),
            (&["Domain", "Admins", "reader"], refused, refused),
            (&[], refused, refused),
        ] {
            let principal =
                Principal::new("alice").with_permissions(Permissions::of(held).unwrap());
            let caller = Caller::Known(principal);
            assert_eq!(asked_of(&all, caller.clone()).await, by_all, "{held:?}");
            assert_eq!(asked_of(&any, caller).await, by_any, "{held:?}");
        }
        let scoped = Principal::new("alice").with_scopes(Scopes::parse("read"));
        assert_eq!(asked_of(&any, Caller::Known(scoped)).await, refused);
        for (caller, kind) in [
            (Caller::Anonymous, Kind::Unauthenticated),
            (Caller::Unasked, Kind::Misconfigured),
        ] {
            assert_eq!(asked_of(&any, caller).await, Some(kind));
        }
    }

    #[test]
    fn a_list_that_would_let_everybody_in_does_not_build() {
        let none: [&str; 0] = [];
        assert!(RequirePermissions::all(none).is_err());
        assert!(RequirePermissions::any(none).is_err());
        assert!(RequirePermissions::all([""]).is_err());
        assert!(RequirePermissions::all(["a".repeat(257)]).is_err());
    }

    #[test]
    fn a_demand_reads_as_a_sentence() {
        let any = RequirePermissions::any(["b", "a"]).unwrap();
        assert_eq!(any.describe().to_string(), "any of the permissions a, b");
    }
}
