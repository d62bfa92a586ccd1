//! `Principal` and `Scoped` in a handler's arguments.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use super::caller;
use super::scoped::{ScopeDemand, Scoped};
use crate::event;
use crate::identity::{Caller, Facts, Principal};
use crate::problem::{Kind, Problem};

const MISPLACED: &str = "handler_without_authentication";

impl<S: Send + Sync> FromRequestParts<S> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Self, Problem> {
        caller::known(head, MISPLACED, caller::ask_for_token)
            .cloned()
            .map_err(|problem| event::refuse(head, problem))
    }
}

/// `None` only if an authentication guard has run, lets strangers in, and the caller is one.
impl<S: Send + Sync> OptionalFromRequestParts<S> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Option<Self>, Problem> {
        match Facts::caller(&head.extensions) {
            Caller::Known(principal) => Ok(Some(principal.clone())),
            Caller::Anonymous => Ok(None),
            Caller::Unasked => {
                let problem = Problem::new(Kind::Misconfigured).because(MISPLACED);
                Err(event::refuse(head, problem))
            }
        }
    }
}

impl<S: Send + Sync, D: ScopeDemand> FromRequestParts<S> for Scoped<D> {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Self::of_caller(head).map_err(|problem| event::refuse(head, problem))
    }
}
