//! A rule of the author's own.

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use tower_layer::Layer;

use super::caller;
use crate::guard::{Demand, Guard, GuardService, Pass, Place, Stop};
use crate::identity::Principal;
use crate::problem::{Kind, Problem};

type Rule = dyn Fn(&Principal, &Parts) -> Result<(), &'static str> + Send + Sync;

/// Lets a request in only if a function of the author's says so, of whom it is told the caller and
/// the request's head.
///
/// The function answers at once; what must ask a database belongs into the handler. Whoever it
/// refuses is answered 403; the word that it gives is in the event alone.
///
/// ```
/// use http::request::Parts;
/// use portcullis::authz::RequirePolicy;
/// use portcullis::identity::Principal;
///
/// let own_tenant = RequirePolicy::new("own_tenant", |caller: &Principal, head: &Parts| {
///     let asked = head.headers.get("x-tenant").map(|value| value.as_bytes());
///     match caller.tenant() {
///         Some(own) if asked == Some(own.as_bytes()) => Ok(()),
///         _ => Err("another_tenant"),
///     }
/// });
/// ```
///
/// The path in the head is that which the layer sees: routers that are nested strip their prefix.
#[derive(Clone)]
pub struct RequirePolicy {
    name: &'static str,
    rule: Arc<Rule>,
}

impl RequirePolicy {
    /// Demands what `rule` decides; `name` is a stable word for audits and events.
    #[must_use]
    pub fn new(
        name: &'static str,
        rule: impl Fn(&Principal, &Parts) -> Result<(), &'static str> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            rule: Arc::new(rule),
        }
    }
}

impl RequirePolicy {
    fn decide(&self, head: &Parts) -> Result<Pass, Stop> {
        let principal =
            caller::known(head, "policy_without_authentication", caller::ask_for_token)?;
        match (self.rule)(principal, head) {
            Ok(()) => Ok(Pass::default()),
            Err(reason) => Err(Problem::new(Kind::Forbidden)
                .because(reason)
                .caused_by(format!("the policy {}", self.name))
                .into()),
        }
    }
}

impl Guard for RequirePolicy {
    const PLACE: Place = Place::Authz;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        self.decide(head)
    }

    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        Some(self.decide(head))
    }

    fn describe(&self) -> Demand {
        Demand::Other(format!("policy {}", self.name).into())
    }
}

impl<S> Layer<S> for RequirePolicy {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}

impl fmt::Debug for RequirePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequirePolicy").field(&self.name).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::identity::{Caller, Facts};

    #[tokio::test]
    async fn the_author_decides_and_nobody_else_learns_why() {
        let guard = RequirePolicy::new("not_mallory", |caller, head| {
            assert_eq!(head.uri.path(), "/");
            match caller.subject() {
                "mallory" => Err("is_mallory"),
                _ => Ok(()),
            }
        });
        let known = |name: &str| Caller::Known(Principal::new(name));
        for (caller, refusal) in [
            (known("alice"), None),
            (known("mallory"), Some((Kind::Forbidden, "is_mallory"))),
            (
                Caller::Anonymous,
                Some((Kind::Unauthenticated, "no_credential")),
            ),
            (
                Caller::Unasked,
                Some((Kind::Misconfigured, "policy_without_authentication")),
            ),
        ] {
            let (mut head, ()) = http::Request::new(()).into_parts();
            Facts::entry(&mut head.extensions).caller = caller;
            let problem = guard
                .check(&mut head)
                .await
                .err()
                .and_then(Stop::into_problem);
            let found = problem.as_ref().map(|found| (found.kind(), found.reason()));
            assert_eq!(found, refusal);
            if let Some(problem) = problem.filter(|found| found.kind() == Kind::Forbidden) {
                assert_eq!(
                    problem.source().unwrap().to_string(),
                    "the policy not_mallory"
                );
                let response = problem.into_http::<bytes::Bytes>();
                let body = String::from_utf8_lossy(response.body());
                assert!(!body.contains("mallory"), "{body}");
            }
        }
    }
}
