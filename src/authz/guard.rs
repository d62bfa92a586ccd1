//! Scopes demanded of a route.

use http::request::Parts;
use tower_layer::Layer;

use super::expression::ScopeExpr;
use super::scoped::{self, ScopeDemand};
use crate::config::ConfigError;
use crate::guard::{Demand, Guard, GuardService, Pass, Place, Stop};

/// Lets a request in only if the scopes of its caller's credential meet a rule.
///
/// Answers 403 `insufficient_scope` with the scopes that would suffice, in one challenge for each
/// way to meet the rule, eight at most (RFC 6750, section 3.1). Whoever lacks nothing and has a
/// scope that must not be there is answered 403 without a challenge.
#[derive(Clone, Debug)]
pub struct RequireScopes(ScopeExpr);

impl RequireScopes {
    /// Demands each of `names`.
    ///
    /// # Errors
    /// [`ConfigError`] if one of them cannot be a scope, or if there is none.
    pub fn all<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        Ok(Self(ScopeExpr::all(scopes(names)?)))
    }

    /// Demands at least one of `names`.
    ///
    /// # Errors
    /// [`ConfigError`] if one of them cannot be a scope, or if there is none.
    pub fn any<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        Ok(Self(ScopeExpr::any(scopes(names)?)))
    }

    /// Demands a caller with none of `names`.
    ///
    /// # Errors
    /// [`ConfigError`] if one of them cannot be a scope, or if there is none.
    pub fn none_of<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        Ok(Self(ScopeExpr::none(scopes(names)?)))
    }

    /// Demands scopes that meet `rule`.
    #[must_use]
    pub fn matching(rule: ScopeExpr) -> Self {
        Self(rule)
    }

    /// Demands scopes that meet a rule declared with [`scopes!`](crate::scopes).
    #[must_use]
    pub fn demanding<D: ScopeDemand>() -> Self {
        Self(D::EXPRESSION.clone())
    }
}

impl RequireScopes {
    fn decide(&self, head: &Parts) -> Result<Pass, Stop> {
        scoped::admitted(head, &self.0, "scopes_without_authentication")?;
        Ok(Pass::default())
    }
}

impl Guard for RequireScopes {
    const PLACE: Place = Place::Authz;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        self.decide(head)
    }

    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        Some(self.decide(head))
    }

    fn describe(&self) -> Demand {
        self.0.describe()
    }
}

impl<S> Layer<S> for RequireScopes {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}

/// The rules for `names`; an empty list is a slip that would let everybody in, or nobody.
fn scopes<N: AsRef<str>>(
    names: impl IntoIterator<Item = N>,
) -> Result<Vec<ScopeExpr>, ConfigError> {
    let rules: Vec<_> = names
        .into_iter()
        .map(|name| ScopeExpr::scope(name.as_ref()))
        .collect::<Result<_, _>>()?;
    if rules.is_empty() {
        return Err(ConfigError::new("name at least one scope"));
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use http::header::WWW_AUTHENTICATE;

    use super::*;
    use crate::identity::{Caller, Credential, Facts, Principal, Scopes};
    use crate::problem::{Kind, Problem};

    async fn asked_of(guard: &RequireScopes, caller: Caller) -> Option<Problem> {
        let (mut head, ()) = http::Request::new(()).into_parts();
        Facts::entry(&mut head.extensions).caller = caller;
        match guard.check(&mut head).await.map_err(Stop::into_problem) {
            Ok(_) => None,
            Err(problem) => problem,
        }
    }

    fn challenges(problem: &Problem) -> Vec<&str> {
        let lines = problem.headers().get_all(WWW_AUTHENTICATE);
        lines.iter().map(|line| line.to_str().unwrap()).collect()
    }

    fn with(scopes: &str) -> Caller {
        Caller::Known(Principal::new("alice").with_scopes(Scopes::parse(scopes)))
    }

    #[tokio::test]
    async fn only_a_caller_whose_scopes_meet_the_rule_is_let_in() {
        let all = RequireScopes::all(["a", "b"]).unwrap();
        let any = RequireScopes::any(["a", "b"]).unwrap();
        let none = RequireScopes::none_of(["a", "b"]).unwrap();
        let lacks = Some(Kind::InsufficientScope);
        for (held, by_all, by_any, by_none) in [
            ("b c a", None, None, Some(Kind::Forbidden)),
            ("a", lacks, None, Some(Kind::Forbidden)),
            ("ab", lacks, lacks, None),
            ("", lacks, lacks, None),
        ] {
            for (guard, kind) in [(&all, by_all), (&any, by_any), (&none, by_none)] {
                let found = asked_of(guard, with(held)).await;
                assert_eq!(
                    found.map(|problem| problem.kind()),
                    kind,
                    "{guard:?} {held}"
                );
            }
        }
    }

    #[tokio::test]
    async fn whoever_is_not_known_is_refused_whatever_the_rule() {
        for guard in [
            RequireScopes::all(["a"]).unwrap(),
            RequireScopes::none_of(["a"]).unwrap(),
            RequireScopes::matching(ScopeExpr::all([])),
        ] {
            let problem = asked_of(&guard, Caller::Anonymous).await.unwrap();
            assert_eq!(problem.kind(), Kind::Unauthenticated);
            assert_eq!(challenges(&problem).len(), 1);
            let problem = asked_of(&guard, Caller::Unasked).await.unwrap();
            assert_eq!(problem.kind(), Kind::Misconfigured);
            assert!(challenges(&problem).is_empty());
        }
    }

    #[tokio::test]
    async fn the_refusal_names_each_way_in_a_challenge_of_its_own() {
        let scope = |name| ScopeExpr::scope(name).unwrap();
        let guard = RequireScopes::matching(scope("admin") | (scope("a") & scope("b")));
        let problem = asked_of(&guard, with("a")).await.unwrap();
        assert_eq!(
            challenges(&problem),
            [
                r#"Bearer error="insufficient_scope", scope="admin""#,
                r#"Bearer error="insufficient_scope", scope="a b""#,
            ]
        );
        let problem = asked_of(&guard, Caller::Anonymous).await.unwrap();
        assert_eq!(
            challenges(&problem),
            [r#"Bearer scope="admin""#, r#"Bearer scope="a b""#]
        );
        let key = Credential::ApiKey { id: "7".into() };
        let holder = Caller::Known(Principal::new("alice").with_credential(key));
        let problem = asked_of(&guard, holder).await.unwrap();
        assert!(challenges(&problem)[0].starts_with("ApiKey error="));
    }

    #[test]
    fn a_list_that_is_empty_or_has_no_scope_in_it_does_not_build() {
        let none: [&str; 0] = [];
        assert!(RequireScopes::all(none).is_err());
        assert!(RequireScopes::any(none).is_err());
        assert!(RequireScopes::none_of(none).is_err());
        assert!(RequireScopes::any(["a b"]).is_err());
    }
}
