//! `ApiKey` in a handler's arguments.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use crate::event;
use crate::identity::{Caller, Facts};
use crate::problem::{Challenge, Kind, Problem};
use crate::store::KeyRecord;

/// The record of the key with which the request came: its id, owner, label, scopes and moments. A
/// handle: clones share one record. The key itself is not in it.
///
/// As an extractor it answers 401 to a caller who came without an API key, and 500 if no
/// authentication guard stands before the handler. `Option<ApiKey>` is `None` for a stranger whom
/// the guards let in, and for a caller known by another credential.
#[derive(Clone, Debug)]
pub struct ApiKey(Arc<KeyRecord>);

impl Deref for ApiKey {
    type Target = KeyRecord;

    fn deref(&self) -> &KeyRecord {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ApiKey {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Self, Problem> {
        shown(head)?.ok_or_else(|| {
            let problem = Problem::new(Kind::Unauthenticated)
                .because("no_api_key")
                .with_challenge(&Challenge::new("ApiKey"));
            event::refuse(head, problem)
        })
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for ApiKey {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Option<Self>, Problem> {
        shown(head)
    }
}

fn shown(head: &Parts) -> Result<Option<ApiKey>, Problem> {
    match Facts::caller(&head.extensions) {
        Caller::Known(_) => Ok(Facts::of(&head.extensions)
            .and_then(Facts::evidence)
            .map(ApiKey)),
        Caller::Anonymous => Ok(None),
        Caller::Unasked => {
            let problem =
                Problem::new(Kind::Misconfigured).because("handler_without_authentication");
            Err(event::refuse(head, problem))
        }
    }
}
