//! A caller without a token.

#[cfg(feature = "jwt")]
use std::sync::Arc;

use http::request::Parts;
use tower_layer::Layer;

use crate::guard::{Authenticator, Demand, Guard, GuardService, Pass, Place, Stop};
use crate::identity::{Caller, Facts, Principal};
#[cfg(feature = "jwt")]
use crate::jwt::MadeUpClaims;
use crate::problem::{Challenge, Kind, Problem};

/// Takes every request for one of the same caller, whatever it shows. In a test it stands where
/// the guard that identifies callers stands in production, and it lets everybody in: keep it out
/// of anything that serves others. Each one that is made is logged as a warning.
#[derive(Clone, Debug)]
pub struct ActAs {
    caller: Option<Principal>,
    #[cfg(feature = "jwt")]
    claims: Option<Arc<MadeUpClaims>>,
}

impl ActAs {
    /// Every request is `principal`'s.
    #[must_use]
    pub fn principal(principal: Principal) -> Self {
        Self::of(Some(principal))
    }

    /// Every request is refused with 401, as one that shows no credential.
    #[must_use]
    pub fn nobody() -> Self {
        Self::of(None)
    }

    /// Leaves `claims` for the extractor [`Claims`](crate::jwt::Claims) as well.
    ///
    /// # Panics
    /// If `claims` cannot be written as JSON.
    #[cfg(feature = "jwt")]
    #[must_use]
    pub fn with_claims(mut self, claims: &impl serde::Serialize) -> Self {
        match serde_json::to_vec(claims) {
            Ok(json) => self.claims = Some(Arc::new(MadeUpClaims(json.into()))),
            Err(error) => panic!("the claims are no JSON: {error}"),
        }
        self
    }

    fn of(caller: Option<Principal>) -> Self {
        tracing::warn!(target: "portcullis", "a guard for tests is in use: it looks at no credential");
        Self {
            caller,
            #[cfg(feature = "jwt")]
            claims: None,
        }
    }
}

impl Guard for ActAs {
    const PLACE: Place = Place::Authn;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        let Some(caller) = &self.caller else {
            return Err(Problem::new(Kind::Unauthenticated)
                .because("no_credential")
                .with_challenge(&Challenge::new("Bearer"))
                .into());
        };
        let facts = Facts::entry(&mut head.extensions);
        facts.caller = Caller::Known(caller.clone());
        #[cfg(feature = "jwt")]
        if let Some(claims) = &self.claims {
            facts.keep_evidence(Arc::clone(claims));
        }
        Ok(Pass::default())
    }

    fn describe(&self) -> Demand {
        match &self.caller {
            Some(caller) => {
                Demand::Other(format!("nothing: everybody is {:?}", caller.subject()).into())
            }
            None => Demand::Other("the impossible: everybody is refused".into()),
        }
    }
}

impl Authenticator for ActAs {
    fn is_presented(&self, _head: &Parts) -> bool {
        self.caller.is_some()
    }

    fn challenges(&self) -> Vec<Challenge> {
        vec![Challenge::new("Bearer")]
    }
}

impl<S> Layer<S> for ActAs {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}
