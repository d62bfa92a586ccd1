//! Scopes demanded of a route.

use http::request::Parts;
use tower_layer::Layer;

use crate::config::ConfigError;
use crate::guard::{Demand, Guard, GuardService, Pass, Place, Stop};
use crate::identity::{Caller, Facts, Scopes};
use crate::problem::{Challenge, Kind, Problem};

/// Lets a request in only if its caller's credential bears each of certain scopes.
#[derive(Clone, Debug)]
pub struct RequireScopes(Scopes);

impl RequireScopes {
    /// Demands each of `names`.
    ///
    /// # Errors
    /// [`ConfigError`] if one of them cannot be a scope.
    pub fn all<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        Scopes::of(names).map(Self)
    }
}

impl Guard for RequireScopes {
    const PLACE: Place = Place::Authz;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        match Facts::caller(&head.extensions) {
            Caller::Known(principal) if principal.scopes().contains_all(&self.0) => {
                Ok(Pass::default())
            }
            Caller::Known(_) => {
                let scheme = Facts::scheme(&head.extensions);
                Err(Problem::insufficient_scope_by(scheme, &self.0).into())
            }
            Caller::Anonymous => Err(Problem::new(Kind::Unauthenticated)
                .with_challenge(&Challenge::new("Bearer").with("scope", &self.0.to_string()))
                .into()),
            Caller::Unasked => Err(Problem::new(Kind::Misconfigured)
                .because("scopes_without_authentication")
                .into()),
        }
    }

    fn describe(&self) -> Demand {
        Demand::Scopes(self.0.clone())
    }
}

impl<S> Layer<S> for RequireScopes {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}

#[cfg(test)]
mod tests {
    use http::header::WWW_AUTHENTICATE;

    use super::*;
    use crate::identity::Principal;

    async fn asked_of(caller: Caller) -> Option<Problem> {
        let (mut head, ()) = http::Request::new(()).into_parts();
        Facts::entry(&mut head.extensions).caller = caller;
        let guard = RequireScopes::all(["a", "b"]).unwrap();
        match guard.check(&mut head).await.map_err(Stop::into_problem) {
            Ok(_) => None,
            Err(problem) => problem,
        }
    }

    #[tokio::test]
    async fn only_a_caller_with_every_scope_is_let_in() {
        let with =
            |scopes| Caller::Known(Principal::new("alice").with_scopes(Scopes::parse(scopes)));
        assert!(asked_of(with("b c a")).await.is_none());
        for (caller, kind) in [
            (with("a"), Kind::InsufficientScope),
            (with("ab"), Kind::InsufficientScope),
            (Caller::Anonymous, Kind::Unauthenticated),
            (Caller::Unasked, Kind::Misconfigured),
        ] {
            let problem = asked_of(caller).await.unwrap();
            assert_eq!(problem.kind(), kind);
            let challenged = problem.headers().contains_key(WWW_AUTHENTICATE);
            assert_eq!(challenged, kind != Kind::Misconfigured);
        }
    }

    #[tokio::test]
    async fn the_refusal_names_the_scopes_that_were_needed() {
        let problem = asked_of(Caller::Known(Principal::new("alice")))
            .await
            .unwrap();
        assert_eq!(
            problem.headers()[WWW_AUTHENTICATE],
            r#"Bearer error="insufficient_scope", scope="a b""#
        );
    }
}
