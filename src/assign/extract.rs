//! `Grant`, `New` and `Patch` in a handler's arguments.

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;

use super::assignable::Assignable;
use super::grant::Grant;
use super::role::Role;
use super::sent::{New, Patch, Sent};
use crate::body::Intake;
use crate::event::{self, Witness};
use crate::identity::{Caller, Facts};
use crate::problem::{Challenge, Kind, Problem};

impl<S: Send + Sync, R: Role> FromRequestParts<S> for Grant<R> {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let problem = match Facts::caller(&head.extensions) {
            Caller::Known(principal) => return Ok(Self::of(principal.clone())),
            Caller::Anonymous => Problem::new(Kind::Unauthenticated)
                .because("no_credential")
                .with_challenge(&Challenge::new("Bearer")),
            Caller::Unasked => {
                Problem::new(Kind::Misconfigured).because("handler_without_authentication")
            }
        };
        Err(event::refuse(head, problem))
    }
}

impl<S: Send + Sync, M: Assignable> FromRequest<S> for New<M> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let intake = Intake {
            media_types: &["application/json"],
            told: "application/json",
            max_bytes: M::MAX_BYTES,
        };
        sent(request, intake).await.map(Self::of)
    }
}

impl<S: Send + Sync, M: Assignable> FromRequest<S> for Patch<M> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let intake = Intake {
            media_types: &["application/merge-patch+json", "application/json"],
            told: "application/merge-patch+json, application/json",
            max_bytes: M::MAX_BYTES,
        };
        sent(request, intake).await.map(Self::of)
    }
}

async fn sent(request: Request, intake: Intake) -> Result<Sent, Problem> {
    let (head, body) = request.into_parts();
    let read = intake.read(&head, body).await;
    match read.and_then(|bytes| Sent::read(&bytes)) {
        Ok(sent) => Ok(sent.seen_by(Witness::of(&head))),
        Err(problem) => Err(event::refuse(&head, problem)),
    }
}
