//! `Grant`, `New`, `Patch` and `JsonPatch` in a handler's arguments.

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;

use super::assignable::Assignable;
use super::grant::Grant;
use super::json_patch::JsonPatch;
use super::role::Role;
use super::sent::{New, Patch, Sent};
use crate::body::{DEFAULT_MAX_BYTES, Intake};
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
        let intake = Intake::of(&["application/json"], M::MAX_BYTES);
        let (sent, witness) = read(request, intake, Sent::read).await?;
        Ok(Self::of(sent.seen_by(witness)))
    }
}

impl<S: Send + Sync, M: Assignable> FromRequest<S> for Patch<M> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let media_types = &["application/merge-patch+json", "application/json"];
        let intake = Intake::of(media_types, M::MAX_BYTES);
        let (sent, witness) = read(request, intake, Sent::read).await?;
        Ok(Self::of(sent.seen_by(witness)))
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonPatch {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let intake = Intake::of(&["application/json-patch+json"], DEFAULT_MAX_BYTES);
        let (patch, witness) = read(request, intake, Self::read).await?;
        Ok(patch.seen_by(witness))
    }
}

async fn read<T>(
    request: Request,
    intake: Intake,
    read: fn(&[u8]) -> Result<T, Problem>,
) -> Result<(T, Witness), Problem> {
    let (head, body) = request.into_parts();
    let bytes = intake.read(&head, body).await;
    match bytes.and_then(|bytes| read(&bytes)) {
        Ok(read) => Ok((read, Witness::of(&head))),
        Err(problem) => Err(event::refuse(&head, problem)),
    }
}
