//! What the author says of proofs, and the one use of each.

use std::fmt;
use std::sync::Arc;

use axum::extract::OriginalUri;
use http::header::HeaderValue;
use http::request::Parts;

use super::nonce::NonceKeys;
use super::proof::Proof;
use super::rule::{self, Good, Request};
use super::target::Base;
use crate::config::ConfigError;
use crate::field::{self, Repeated};
use crate::jwt::algorithm::{Algorithm, Family};
use crate::jwt::binding::{Breach, Stance, Thumbprint};
use crate::store::memory::MemorySeen;
use crate::store::{Seen, StoreError};

/// As many proofs as the store in memory remembers, each for about 80 seconds.
const MOST_PROOFS: usize = 100_000;

/// Stops a stolen access token that was bound to a key: each request has to bring a proof that was
/// signed with that key, for this very request, just now, and never shown before (RFC 9449).
///
/// A proof may be 60 seconds old, or from 10 seconds ahead, with a leeway of 10 seconds for clocks
/// that differ. It has to be the only `DPoP` header, beside `Authorization: DPoP <token>`.
///
/// ```
/// use axum::{Router, routing::get};
/// use portcullis::jwt::{Dpop, Grant, JwtIssuer, NonceKeys, RequireJwt, SigningKey};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let key = SigningKey::hs256([7; 32])?; // from a vault, and random
/// let dpop = Dpop::required("https://api.example.com")? // as callers see this service
///     .with_nonces(NonceKeys::random()?);
/// let guard = RequireJwt::new("https://id.example", "articles", key.verifying_key())?
///     .with_dpop(dpop);
/// let app: Router = Router::new().route("/articles", get(|| async { "all" })).layer(guard);
///
/// # let thumbprint = [5; 32];
/// let issuer = JwtIssuer::new("https://id.example", "articles", key)?;
/// let stolen = issuer.issue(&Grant::to("alice").with_bound_key(thumbprint))?;
/// let request = http::Request::get("/articles")
///     .header("authorization", format!("Bearer {}", stolen.expose()))
///     .body(axum::body::Body::empty())?;
/// # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// # let response = runtime.block_on(tower::ServiceExt::oneshot(app, request))?;
/// assert_eq!(response.status(), 401);
/// assert_eq!(
///     response.headers()["www-authenticate"],
///     r#"DPoP error="invalid_token", algs="ES256 EdDSA PS256""#
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Dpop {
    stance: Stance,
    base: Base,
    algorithms: Vec<Algorithm>,
    /// Their names, parted by spaces.
    algs: String,
    nonces: Option<NonceKeys>,
    seen: Arc<dyn Seen>,
}

/// Why a bound token is refused, or what could not be decided.
#[derive(Debug)]
pub(in crate::jwt) enum Refused {
    /// With the nonce that the caller should use.
    Breach(Breach, Option<HeaderValue>),
    Store(StoreError),
}

impl From<Breach> for Refused {
    fn from(breach: Breach) -> Self {
        Self::Breach(breach, None)
    }
}

impl Dpop {
    /// Accepts tokens that are bound to a key beside others. `address` is where callers see this
    /// service: scheme and host, and what a proxy takes off the path, such as
    /// `https://api.example.com`. Proofs are for addresses below it; what a request says of its own
    /// host is not looked at.
    ///
    /// # Errors
    /// [`ConfigError`] if `address` is no such address.
    pub fn allowed(address: &str) -> Result<Self, ConfigError> {
        let base = Base::new(address).ok_or_else(|| {
            ConfigError::new(
                "the address of this service has to be one as callers see it, without query or \
                 fragment: https://api.example.com",
            )
        })?;
        let new = Self {
            stance: Stance::Allowed,
            base,
            algorithms: Vec::new(),
            algs: String::new(),
            nonces: None,
            seen: Arc::new(MemorySeen::with_capacity(MOST_PROOFS)),
        };
        new.with_algorithms([Algorithm::Es256, Algorithm::Ed25519, Algorithm::Ps256])
    }

    /// Refuses tokens that are not bound to a key; otherwise like [`allowed`](Self::allowed).
    ///
    /// # Errors
    /// [`ConfigError`] as there.
    pub fn required(address: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            stance: Stance::Required,
            ..Self::allowed(address)?
        })
    }

    /// Accepts proofs signed by these (default: `ES256`, `EdDSA` and `PS256`).
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, or one that works with secrets.
    pub fn with_algorithms(
        mut self,
        algorithms: impl IntoIterator<Item = Algorithm>,
    ) -> Result<Self, ConfigError> {
        self.algorithms = algorithms.into_iter().collect();
        let secret = |known: &Algorithm| known.family() == Family::Hmac;
        if self.algorithms.is_empty() || self.algorithms.iter().any(secret) {
            return Err(ConfigError::new(
                "proofs are signed with key pairs: name algorithms such as ES256",
            ));
        }
        let names: Vec<_> = self.algorithms.iter().map(|known| known.name()).collect();
        self.algs = names.join(" ");
        Ok(self)
    }

    /// Remembers used proofs in `seen` (default: 100 000 of them, in memory). Every member of a
    /// fleet needs the same store. If it is full or down, the answer is 503.
    #[must_use]
    pub fn with_seen(mut self, seen: Arc<dyn Seen>) -> Self {
        self.seen = seen;
        self
    }

    /// Demands nonces of this service's own in proofs (default: none), so that none can be made
    /// ahead of time. Callers learn the first from a refusal, and later ones from responses.
    #[must_use]
    pub fn with_nonces(mut self, keys: NonceKeys) -> Self {
        self.nonces = Some(keys);
        self
    }

    pub(in crate::jwt) fn stance(&self) -> Stance {
        self.stance
    }

    /// The algorithms as challenges name them.
    pub(in crate::jwt) fn algs(&self) -> &str {
        &self.algs
    }

    /// Whether the request with this `head` has a proof, never shown before, by the `key` that
    /// `token` is bound to; and the nonce that the caller should use from now on, if it is time.
    pub(in crate::jwt) async fn prove(
        &self,
        head: &Parts,
        token: &[u8],
        key: &Thumbprint,
        now: u64,
    ) -> Result<Option<HeaderValue>, Refused> {
        let good = self.judge(head, token, key, now).map_err(|breach| {
            let wanted = breach.error == Breach::nonce("").error;
            Refused::Breach(breach, wanted.then(|| self.fresh_nonce(now)).flatten())
        })?;
        let first = self.seen.insert(good.key, good.until, now).await;
        if !first.map_err(Refused::Store)? {
            return Err(Breach::proof("dpop_proof_replayed").into());
        }
        Ok(good.renew.then(|| self.fresh_nonce(now)).flatten())
    }

    fn judge(
        &self,
        head: &Parts,
        token: &[u8],
        key: &Thumbprint,
        now: u64,
    ) -> Result<Good, Breach> {
        let line = match field::exactly_one(&head.headers, "dpop") {
            Ok(Some(line)) => line.to_str().map_err(|_| super::proof::MALFORMED),
            Ok(None) => Err("dpop_proof_missing"),
            Err(Repeated) => Err("several_dpop_proofs"),
        };
        let proof = line.and_then(Proof::split).map_err(Breach::proof)?;
        let claims = proof.claims().map_err(Breach::proof)?;
        let signer = proof.signer(&self.algorithms).map_err(Breach::proof)?;
        let address = self
            .base
            .address_of(path(head))
            .ok_or(Breach::proof("dpop_htu_mismatch"))?;
        let request = Request {
            method: head.method.as_str(),
            address: &address,
            token,
            key,
        };
        rule::judge(&claims, &signer, request, self.nonces.as_ref(), now)
    }

    fn fresh_nonce(&self, now: u64) -> Option<HeaderValue> {
        let keys = self.nonces.as_ref()?;
        HeaderValue::try_from(keys.fresh(now)).ok()
    }
}

/// The path that was asked for, not what a nested router has left of it.
fn path(head: &Parts) -> &str {
    match head.extensions.get::<OriginalUri>() {
        Some(OriginalUri(uri)) => uri.path(),
        None => head.uri.path(),
    }
}

impl fmt::Debug for Dpop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dpop")
            .field("stance", &self.stance)
            .field("base", &self.base)
            .field("algorithms", &self.algorithms)
            .field("nonces", &self.nonces)
            .finish_non_exhaustive()
    }
}
