//! `Introspected` in a handler's arguments.

use std::fmt;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use super::answer::Active;
use crate::event;
use crate::identity::{Caller, Facts};
use crate::problem::{Challenge, Kind, Problem};

/// What the authorization server said about the token with which the request came, beyond the
/// [`Principal`](crate::identity::Principal). A handle: clones share one record. Its `Debug` names
/// nobody, and the token itself is not in it.
///
/// As an extractor it answers 401 to a caller who came without such a token, and 500 if no
/// authentication guard stands before the handler. `Option<Introspected>` is `None` for a stranger
/// whom the guards let in, and for a caller known by another credential.
#[derive(Clone)]
pub struct Introspected(Arc<Active>);

impl Introspected {
    pub(super) fn new(active: Arc<Active>) -> Self {
        Self(active)
    }

    /// The client to which the token was issued.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.0.client_id.as_deref()
    }

    /// The name of the person behind the token, for people to read: it identifies nobody (RFC 7662,
    /// section 2.2).
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        self.0.username.as_deref()
    }

    /// When the token ends, in seconds since the Unix epoch.
    #[must_use]
    pub fn expires_at(&self) -> Option<u64> {
        self.0.expires_at
    }
}

impl fmt::Debug for Introspected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Introspected(..)")
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Introspected {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Self, Problem> {
        shown(head)?.ok_or_else(|| {
            let problem = Problem::new(Kind::Unauthenticated)
                .because("no_opaque_token")
                .with_challenge(&Challenge::new("Bearer"));
            event::refuse(head, problem)
        })
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Introspected {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Option<Self>, Problem> {
        shown(head)
    }
}

fn shown(head: &Parts) -> Result<Option<Introspected>, Problem> {
    match Facts::caller(&head.extensions) {
        Caller::Known(_) | Caller::Anonymous => Ok(head.extensions.get().cloned()),
        Caller::Unasked => {
            let problem =
                Problem::new(Kind::Misconfigured).because("handler_without_authentication");
            Err(event::refuse(head, problem))
        }
    }
}
