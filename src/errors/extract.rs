//! What handlers answer with, and the id that they may read.

use std::error::Error;
use std::fmt;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use crate::event;
use crate::identity::RequestId;
use crate::problem::{Kind, Problem};

/// An error within, as the error type of a handler: the caller sees 500 and nothing of it, and it is
/// the cause in the event, so it must hold no secret.
///
/// Every error becomes one by `?`. The event is told by [`GenericErrors`](super::GenericErrors).
pub struct Internal(Problem);

impl Internal {
    /// An error within that is caused by `cause`, which may be a text.
    #[must_use]
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let problem = Problem::new(Kind::Misconfigured).because("handler_failed");
        Self(problem.caused_by(cause))
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Internal {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

impl fmt::Debug for Internal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Internal(..)")
    }
}

impl IntoResponse for Internal {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

/// An answer that leaves to the letter though it is an error: that of a health check, a shape that
/// clients know. See to what it says.
#[derive(Clone, Copy, Debug)]
pub struct Verbatim<T>(pub T);

/// Marks a response that is meant to the letter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meant;

impl<T: IntoResponse> IntoResponse for Verbatim<T> {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        response.extensions_mut().insert(Meant);
        response
    }
}

/// The id of the request; 500 if nothing has given it one.
impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Self::of(&head.extensions).cloned().ok_or_else(|| {
            let problem = Problem::new(Kind::Misconfigured).because("request_without_id");
            event::refuse(head, problem)
        })
    }
}
