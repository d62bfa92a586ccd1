//! `Principal` in a handler's arguments.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use crate::event;
use crate::identity::{Caller, Facts, Principal};
use crate::problem::{Challenge, Kind, Problem};

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Self, Problem> {
        known(head)?.ok_or_else(|| {
            let problem = Problem::new(Kind::Unauthenticated)
                .because("no_credential")
                .with_challenge(&Challenge::new("Bearer"));
            event::refuse(head, problem)
        })
    }
}

/// `None` only if an authentication guard has run, lets strangers in, and the caller is one.
impl<S: Send + Sync> OptionalFromRequestParts<S> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Option<Self>, Problem> {
        known(head)
    }
}

fn known(head: &Parts) -> Result<Option<Principal>, Problem> {
    match Facts::caller(&head.extensions) {
        Caller::Known(principal) => Ok(Some(principal.clone())),
        Caller::Anonymous => Ok(None),
        Caller::Unasked => {
            let problem =
                Problem::new(Kind::Misconfigured).because("handler_without_authentication");
            Err(event::refuse(head, problem))
        }
    }
}
