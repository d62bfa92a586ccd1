//! `Spent` in a handler's arguments.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::spent::Spent;
use crate::event;
use crate::problem::{Kind, Problem};

/// Refused (500, told as a misconfiguration) if no limit has reserved anything, unless it is asked
/// for as an `Option<Extension<Spent>>`.
impl<S: Send + Sync> FromRequestParts<S> for Spent {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Self, Problem> {
        head.extensions.get().cloned().ok_or_else(|| {
            let problem = Problem::new(Kind::Misconfigured).because("spent_without_reservation");
            event::refuse(head, problem)
        })
    }
}
