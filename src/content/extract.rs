//! The media type to answer in, in a handler's arguments.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::produces::Chosen;
use crate::event;
use crate::problem::{Kind, Problem};

/// The media type that [`Produces`](super::Produces) has chosen: of those that the route gives, the
/// one that the caller likes best. It answers 500 where that guard does not stand before the handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negotiated(pub Arc<str>);

impl<S: Send + Sync> FromRequestParts<S> for Negotiated {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Self, Problem> {
        if let Some(Chosen(media_type)) = head.extensions.get() {
            return Ok(Self(Arc::clone(media_type)));
        }
        let problem = Problem::new(Kind::Misconfigured).because("handler_without_negotiation");
        Err(event::refuse(head, problem))
    }
}
