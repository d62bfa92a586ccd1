//! New tokens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as STRICT;
use rand::TryRng;
use rand::rngs::SysRng;
use serde::Serialize;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::grant::{Grant, IssueError};
use super::keys::SigningKey;
use super::token::{LONGEST, LONGEST_NAME};
use crate::clock::{Clock, SystemClock};
use crate::config::ConfigError;
use crate::secret::Secret;

/// Gives out access tokens (RFC 9068) that [`RequireJwt`](super::RequireJwt) accepts.
#[derive(Clone)]
pub struct JwtIssuer {
    issuer: Box<str>,
    audience: Box<str>,
    key: SigningKey,
    /// The header of every token, encoded.
    header: Box<str>,
    lifetime: u64,
    clock: Arc<dyn Clock>,
}

impl JwtIssuer {
    /// Signs tokens with `key`, in the name of `issuer` and for the service `audience`.
    ///
    /// # Errors
    /// [`ConfigError`] if `issuer` or `audience` is empty.
    pub fn new(issuer: &str, audience: &str, key: SigningKey) -> Result<Self, ConfigError> {
        if issuer.is_empty() || audience.is_empty() {
            return Err(ConfigError::new(
                "issuer and audience must not be empty: tokens bear them in `iss` and `aud`",
            ));
        }
        let mut header = json!({ "alg": key.algorithm().name(), "typ": "at+jwt" });
        if let (Some(id), Value::Object(members)) = (key.id(), &mut header) {
            members.insert("kid".to_owned(), id.into());
        }
        Ok(Self {
            issuer: issuer.into(),
            audience: audience.into(),
            key,
            header: STRICT.encode(header.to_string()).into(),
            lifetime: 15 * 60,
            clock: Arc::new(SystemClock),
        })
    }

    /// Has tokens expire after `lifetime`, in whole seconds (default: 15 minutes). A token cannot be
    /// taken back, so this is how long a stolen one is good.
    ///
    /// # Errors
    /// [`ConfigError`] if `lifetime` is less than a second or more than 24 hours.
    pub fn with_lifetime(mut self, lifetime: Duration) -> Result<Self, ConfigError> {
        self.lifetime = lifetime.as_secs();
        if self.lifetime == 0 || lifetime > Duration::from_hours(24) {
            return Err(ConfigError::new(
                "a token has to live from one second to 24 hours: for longer sessions use refresh \
                 tokens",
            ));
        }
        Ok(self)
    }

    /// Reads the time from `clock` (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// In whose name tokens are issued (`iss`).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.issuer
    }

    /// For how long a new token is good.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        Duration::from_secs(self.lifetime)
    }

    /// A new token, with an id of 128 random bits of the system's in `jti`.
    ///
    /// # Errors
    /// [`IssueError`] if subject or client is empty or longer than 255 bytes, if the token would be
    /// longer than 16 KiB, or if signing fails.
    pub fn issue(&self, grant: &Grant) -> Result<Secret<String>, IssueError> {
        let client = grant.client.as_deref().unwrap_or(&self.issuer);
        if [&*grant.subject, client]
            .iter()
            .any(|name| !(1..=LONGEST_NAME).contains(&name.len()))
        {
            return Err(IssueError::Length);
        }
        let mut id = [0; 16];
        SysRng
            .try_fill_bytes(&mut id)
            .map_err(|_| IssueError::Signing)?;
        let now = self.clock.now();
        let registered = Registered {
            iss: &self.issuer,
            aud: &self.audience,
            sub: &grant.subject,
            client_id: client,
            jti: &STRICT.encode(id),
            iat: now,
            nbf: now,
            exp: now.saturating_add(self.lifetime),
            scope: (!grant.scopes.is_empty()).then(|| grant.scopes.to_string()),
            auth_time: grant.auth_time,
            acr: grant.acr.as_deref(),
            amr: &grant.amr,
            claims: &grant.claims,
        };
        let payload = serde_json::to_vec(&registered).map_err(|_| IssueError::NotAnObject)?;
        self.sign(&Zeroizing::new(payload))
    }

    fn sign(&self, payload: &[u8]) -> Result<Secret<String>, IssueError> {
        // Longer ones are refused below, and shorter ones fit with their signature.
        let mut token =
            Zeroizing::new(String::with_capacity(LONGEST.min(payload.len() * 2 + 2048)));
        token.push_str(&self.header);
        token.push('.');
        STRICT.encode_string(payload, &mut token);
        let signature = self.key.sign(token.as_bytes()).ok_or(IssueError::Signing)?;
        token.push('.');
        STRICT.encode_string(signature, &mut token);
        if token.len() > LONGEST {
            return Err(IssueError::Length);
        }
        Ok(Secret::new(std::mem::take(&mut *token)))
    }
}

#[derive(Serialize)]
struct Registered<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    client_id: &'a str,
    jti: &'a str,
    iat: u64,
    nbf: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    amr: &'a [Box<str>],
    #[serde(flatten)]
    claims: &'a Map<String, Value>,
}

impl fmt::Debug for JwtIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtIssuer")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .field("key", &self.key)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
