//! A good API key demanded of a route.

use std::sync::Arc;

use http::header::HeaderName;
use http::request::Parts;
use tower_layer::Layer;

use super::format::KeyFormat;
use super::rule;
use crate::clock::{Clock, SystemClock};
use crate::config::ConfigError;
use crate::guard::{Authenticator, Demand, Guard, GuardService, Pass, Place, Stop};
use crate::identity::{Caller, Facts, Scopes};
use crate::problem::{Challenge, Kind, Problem};
use crate::store::{KeyHash, KeyId, KeyRing, StoreError};

/// When a caller may try again if the ring cannot answer.
const RETRY_AFTER_SECONDS: u64 = 5;

/// Lets a request in only if it carries a good API key in its header `X-API-Key`.
#[derive(Clone, Debug)]
pub struct RequireApiKey {
    ring: Arc<dyn KeyRing>,
    format: KeyFormat,
    header: HeaderName,
    realm: Box<str>,
    scopes: Scopes,
    clock: Arc<dyn Clock>,
}

impl RequireApiKey {
    /// Accepts the keys that `ring` holds and knows to be live, with the prefix `key`.
    #[must_use]
    pub fn in_ring(ring: impl KeyRing) -> Self {
        Self {
            ring: Arc::new(ring),
            format: KeyFormat::default(),
            header: HeaderName::from_static("x-api-key"),
            realm: "api".into(),
            scopes: Scopes::default(),
            clock: Arc::new(SystemClock),
        }
    }

    /// Accepts only keys with `prefix` (default: `key`). Others are refused without a look-up.
    ///
    /// # Errors
    /// [`ConfigError`] if no key can begin so; see [`KeyFormat::new`].
    pub fn with_prefix(mut self, prefix: &str) -> Result<Self, ConfigError> {
        self.format = KeyFormat::new(prefix)?;
        Ok(self)
    }

    /// Reads keys from the header `name` alone (default: `X-API-Key`). Its value is the bare key.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName) -> Self {
        self.header = name;
        self
    }

    /// Names what the keys open, for the challenge of a refusal (default: `api`; RFC 9110,
    /// section 11.5).
    #[must_use]
    pub fn with_realm(mut self, realm: impl Into<Box<str>>) -> Self {
        self.realm = realm.into();
        self
    }

    /// Demands each of these scopes of the key as well (default: none).
    ///
    /// # Errors
    /// [`ConfigError`] if one of them cannot be a scope.
    pub fn with_scopes<N: AsRef<str>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, ConfigError> {
        self.scopes = Scopes::of(names)?;
        Ok(self)
    }

    /// Reads the time from `clock` (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The id and the hash of the key that was sent. The hash is taken before it is known whether
    /// there is such a key, so that both cases cost the same.
    fn presented(&self, head: &Parts) -> Result<(KeyId, KeyHash), Problem> {
        let key = rule::presented(&head.headers, &self.header)
            .map_err(|reason| self.refusal(Kind::InvalidRequest, reason, Some("invalid_request")))?
            .ok_or_else(|| self.refusal(Kind::Unauthenticated, "no_credential", None))?;
        let id = self
            .format
            .id_of(key)
            .ok_or_else(|| self.invalid("key_malformed"))?;
        Ok((id, KeyHash::of(key)))
    }

    /// One refusal for all that can be wrong with a key, so that nobody learns what it was.
    fn invalid(&self, reason: &'static str) -> Problem {
        self.refusal(Kind::InvalidCredential, reason, Some("invalid_key"))
    }

    fn refusal(&self, kind: Kind, reason: &'static str, error: Option<&str>) -> Problem {
        Problem::new(kind)
            .because(reason)
            .with_challenge(&self.challenge(error))
    }

    fn challenge(&self, error: Option<&str>) -> Challenge {
        let challenge = Challenge::new("ApiKey").with("realm", &self.realm);
        match error {
            Some(error) => challenge.with("error", error),
            None => challenge,
        }
    }

    fn lacks_scope(&self) -> Problem {
        let challenge = self
            .challenge(Some("insufficient_scope"))
            .with("scope", &self.scopes.to_string());
        Problem::new(Kind::InsufficientScope)
            .because("insufficient_scope")
            .with_challenge(&challenge)
    }
}

impl Guard for RequireApiKey {
    const PLACE: Place = Place::Authn;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        if let Some(line) = head.headers.get_mut(&self.header) {
            line.set_sensitive(true); // whoever logs the headers further in does not log the key
        }
        let (id, hash) = self.presented(head)?;
        let found = self.ring.find(id).await.map_err(unavailable)?;
        let record = rule::admitted(found, &hash, self.clock.now())
            .map_err(|reason| self.invalid(reason))?;
        let enough = record.scopes().contains_all(&self.scopes);
        // The caller is known even if the key is too weak for this route: the event names them.
        let facts = Facts::entry(&mut head.extensions);
        facts.caller = Caller::Known(record.principal().clone());
        facts.keep_evidence(record);
        if enough {
            Ok(Pass::default())
        } else {
            Err(self.lacks_scope().into())
        }
    }

    fn describe(&self) -> Demand {
        let key = Demand::Credential("API key".into());
        if self.scopes.is_empty() {
            key
        } else {
            key.and(Demand::Scopes(self.scopes.clone()))
        }
    }
}

impl Authenticator for RequireApiKey {
    fn is_presented(&self, head: &Parts) -> bool {
        head.headers.contains_key(&self.header)
    }

    fn challenges(&self) -> Vec<Challenge> {
        vec![self.challenge(None)]
    }
}

impl<S> Layer<S> for RequireApiKey {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}

fn unavailable(error: StoreError) -> Problem {
    Problem::new(Kind::Unavailable)
        .because("key_ring_unavailable")
        .caused_by(error)
        .with_retry_after(RETRY_AFTER_SECONDS)
}
