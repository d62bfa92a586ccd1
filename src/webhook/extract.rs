//! `Webhook<T>` in a handler's signature.

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use serde::de::{DeserializeOwned, DeserializeSeed};

use super::delivery::Delivery;
use crate::body::{Intake, Tree, scan};
use crate::event;
use crate::problem::{Kind, Problem};

/// The event that a verified delivery bears, read from its JSON body as `T`.
///
/// Members that `T` does not know are ignored, since providers add some as they please. It answers
/// 415 for another media type than `application/json`, 400 for anything that is not one strict JSON
/// text, 422 for one that is not of this shape, and 500 where no
/// [`WebhookVerifier`](super::WebhookVerifier) stands before the handler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Webhook<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Webhook<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (mut head, body) = request.into_parts();
        Delivery::from_request_parts(&mut head, state).await?;
        // How much of a body is read was decided before it was verified.
        let intake = Intake::of(&["application/json"], usize::MAX);
        let read = intake.read(&head, body).await;
        match read.and_then(|body| event(&body)) {
            Ok(event) => Ok(Self(event)),
            Err(problem) => Err(event::refuse(&head, problem)),
        }
    }
}

fn event<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let tree = scan(body, |walk, json| Tree(walk).deserialize(json))?;
    // What serde has to say may hold what was sent, so it goes no further.
    T::deserialize(tree)
        .map_err(|_| Problem::new(Kind::InvalidBody).because("webhook_not_readable"))
}

impl<S: Send + Sync> FromRequestParts<S> for Delivery {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Self, Problem> {
        head.extensions.get().cloned().ok_or_else(|| {
            let problem = Problem::new(Kind::Misconfigured).because("webhook_without_verifier");
            event::refuse(head, problem)
        })
    }
}
