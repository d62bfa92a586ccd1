//! An access token and a refresh token, given out together.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::identity::{Credential, Principal, Scopes};
use crate::secret::Secret;
use crate::store::Family;

/// What a login, or a refresh, gives (RFC 6749, section 5.1).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenPair {
    /// The access token.
    pub access_token: Secret<String>,
    /// How it is to be shown: `Bearer`, or `DPoP` if it is bound to a key.
    pub token_type: &'static str,
    /// Seconds until the access token expires.
    pub expires_in: u64,
    /// The refresh token: good for one use.
    pub refresh_token: Secret<String>,
    /// Seconds until the refresh token has ended unless it is used.
    pub refresh_expires_in: u64,
    /// What the access token may be used for.
    pub scopes: Scopes,
    /// The family of the refresh token, as it stands now.
    pub family: Arc<Family>,
}

impl TokenPair {
    /// The body of the response, with the refresh token unless a cookie bears it.
    pub(super) fn to_json(&self, refresh_token: Option<&Secret<String>>) -> String {
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("access_token", self.access_token.expose().as_str().into());
        put("token_type", self.token_type.into());
        put("expires_in", self.expires_in.into());
        if let Some(token) = refresh_token {
            put("refresh_token", token.expose().as_str().into());
        }
        if !self.scopes.is_empty() {
            put("scope", self.scopes.to_string().into());
        }
        Value::Object(body).to_string()
    }
}

/// The caller whose tokens are of `family`, for events.
pub(super) fn caller(family: &Family) -> Principal {
    let id = Some(family.id().to_string().into());
    Principal::new(family.owner().subject())
        .with_issuer(family.owner().issuer())
        .with_scopes(family.scopes().clone())
        .with_credential(Credential::Token { id })
}
