//! Claims in a handler's arguments.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::fault::Fault;
use super::verifier::Verified;
use crate::event;
use crate::identity::{Caller, Facts};
use crate::problem::{Challenge, Kind, Problem};

/// The claims of the token that [`RequireJwt`](super::RequireJwt) has verified, as the author's own
/// type. A caller without a token is answered 401, claims that do not fit `C` likewise; without any
/// authentication guard before the handler the answer is 500.
///
/// As `Option<Claims<C>>` it is `None` only for a caller who showed no credential at all to a guard
/// that lets strangers in.
#[derive(Clone, Copy, Debug)]
pub struct Claims<C>(pub C);

impl<S: Send + Sync, C: DeserializeOwned> FromRequestParts<S> for Claims<C> {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Self, Problem> {
        read(head)
            .and_then(|claims| claims.ok_or_else(|| unauthenticated("no_credential")))
            .map_err(|problem| event::refuse(head, problem))
    }
}

impl<S: Send + Sync, C: DeserializeOwned> OptionalFromRequestParts<S> for Claims<C> {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Option<Self>, Problem> {
        read(head).map_err(|problem| event::refuse(head, problem))
    }
}

/// The claims, as JSON, of a caller whom a test has made up.
#[cfg(feature = "test-util")]
#[derive(Debug)]
pub(crate) struct MadeUpClaims(pub(crate) Box<[u8]>);

fn read<C: DeserializeOwned>(head: &Parts) -> Result<Option<Claims<C>>, Problem> {
    match Facts::caller(&head.extensions) {
        Caller::Unasked => {
            Err(Problem::new(Kind::Misconfigured).because("claims_without_authentication"))
        }
        Caller::Anonymous => Ok(None),
        Caller::Known(_) => {
            // A caller known by something else, such as an API key, has no claims.
            let facts = Facts::of(&head.extensions);
            #[cfg(feature = "test-util")]
            if let Some(claims) = facts.and_then(Facts::evidence::<MadeUpClaims>) {
                return parse(&claims.0).map(Some);
            }
            let token = facts.and_then(Facts::evidence::<Verified>);
            let token = token.ok_or_else(|| unauthenticated("claims_without_token"))?;
            parse(&token.payload).map(Some)
        }
    }
}

fn parse<C: DeserializeOwned>(json: &[u8]) -> Result<Claims<C>, Problem> {
    // What serde says of a mismatch holds the values, so it is told to nobody.
    serde_json::from_slice(json)
        .map(Claims)
        .map_err(|_| mismatch())
}

fn unauthenticated(reason: &'static str) -> Problem {
    Problem::new(Kind::Unauthenticated)
        .because(reason)
        .with_challenge(&Challenge::new("Bearer"))
}

fn mismatch() -> Problem {
    Problem::new(Kind::InvalidCredential)
        .because(Fault::CLAIMS_MISMATCH.reason())
        .with_challenge(&Challenge::new("Bearer").with("error", "invalid_token"))
}
