//! What a token to be issued says.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use thiserror::Error;

use super::claims::RESERVED;
use crate::identity::Scopes;
use crate::problem::{Kind, Problem};

/// What a new token says of its bearer. [`JwtIssuer`](super::JwtIssuer) adds the rest.
#[derive(Clone)]
pub struct Grant {
    pub(super) subject: Box<str>,
    pub(super) client: Option<Box<str>>,
    pub(super) scopes: Scopes,
    pub(super) auth_time: Option<u64>,
    pub(super) acr: Option<Box<str>>,
    pub(super) amr: Vec<Box<str>>,
    pub(super) claims: Map<String, Value>,
}

/// A token that could not be issued. The messages are fixed: nothing of the token is in them.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssueError {
    /// The extra claims are not an object.
    #[error("extra claims have to be an object, such as a struct or a map")]
    NotAnObject,
    /// The extra claims would override one that the issuer sets.
    #[error("extra claims must not be named like a registered one")]
    Reserved,
    /// The token would be refused for its length, or a name in it for its own.
    #[error("the token, its subject or its client is empty or too long")]
    Length,
    /// The system gave no random bytes, or the key does not sign.
    #[error("signing has failed")]
    Signing,
}

/// The caller cannot mend it: 500, with the reason in the event.
impl From<IssueError> for Problem {
    fn from(error: IssueError) -> Self {
        Self::new(Kind::Misconfigured)
            .because("token_not_issued")
            .caused_by(error)
    }
}

impl Grant {
    /// A token for `subject`: who its bearer is, by a name that never passes to somebody else.
    #[must_use]
    pub fn to(subject: impl Into<Box<str>>) -> Self {
        Self {
            subject: subject.into(),
            client: None,
            scopes: Scopes::default(),
            auth_time: None,
            acr: None,
            amr: Vec::new(),
            claims: Map::new(),
        }
    }

    /// Names the application that the token is given to, as `client_id` (default: the issuer
    /// itself).
    #[must_use]
    pub fn with_client(mut self, client: impl Into<Box<str>>) -> Self {
        self.client = Some(client.into());
        self
    }

    /// Says what the token may be used for (default: nothing that needs a scope).
    #[must_use]
    pub fn with_scopes(mut self, scopes: Scopes) -> Self {
        self.scopes = scopes;
        self
    }

    /// Says when the bearer last proved who they are, in seconds since the Unix epoch; a step-up
    /// asks for it.
    #[must_use]
    pub fn with_auth_time(mut self, seconds: u64) -> Self {
        self.auth_time = Some(seconds);
        self
    }

    /// Says how well the login was assured (`acr`).
    #[must_use]
    pub fn with_acr(mut self, acr: impl Into<Box<str>>) -> Self {
        self.acr = Some(acr.into());
        self
    }

    /// Says by what means the bearer logged in (`amr`, RFC 8176).
    #[must_use]
    pub fn with_amr<N: Into<Box<str>>>(mut self, methods: impl IntoIterator<Item = N>) -> Self {
        self.amr = methods.into_iter().map(Into::into).collect();
        self
    }

    /// Who the bearer is.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The application that the token is given to, if one was named.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }

    /// What the token may be used for.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// When the bearer last proved who they are.
    #[must_use]
    pub fn auth_time(&self) -> Option<u64> {
        self.auth_time
    }

    /// Adds claims of the author's own. Anybody who sees the token can read them.
    ///
    /// # Errors
    /// [`IssueError`] if `claims` is no object or has a claim that the issuer or this type sets.
    pub fn with_claims(mut self, claims: &impl Serialize) -> Result<Self, IssueError> {
        let Ok(Value::Object(claims)) = serde_json::to_value(claims) else {
            return Err(IssueError::NotAnObject);
        };
        if claims.keys().any(|name| RESERVED.contains(&name.as_str())) {
            return Err(IssueError::Reserved);
        }
        self.claims.extend(claims);
        Ok(self)
    }
}

/// Whom it is for, and nothing of what the author's claims say.
impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("subject", &self.subject)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn extra_claims_are_an_object_and_override_nothing() {
        for (claims, verdict) in [
            (json!({"org": "acme"}), None),
            (json!({}), None),
            (json!(["org"]), Some(IssueError::NotAnObject)),
            (json!("org"), Some(IssueError::NotAnObject)),
            (json!(null), Some(IssueError::NotAnObject)),
        ] {
            assert_eq!(
                Grant::to("alice").with_claims(&claims).err(),
                verdict,
                "{claims}"
            );
        }
        for name in RESERVED {
            let refused = Grant::to("alice").with_claims(&json!({ name: "mallory" }));
            assert_eq!(refused.err(), Some(IssueError::Reserved), "{name}");
        }
    }
}
