//! A good API key demanded of a route.

use std::sync::Arc;

use http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Extensions, Uri};
use tower_layer::Layer;

use super::entrance::{Bearer, Entrance, Query, Shown, Way};
use super::format::KeyFormat;
use super::hasher::KeyHasher;
use super::last_used::LastUsed;
use super::refusal::{self, Refusals};
use super::rehash::Rehash;
use super::rule;
use crate::clock::{Clock, SystemClock};
use crate::config::ConfigError;
use crate::guard::{Authenticator, Demand, Guard, GuardService, Pass, Place, Stop};
use crate::identity::{Caller, ClientAddr, Facts, Scopes};
use crate::problem::{Challenge, Problem};
use crate::store::{Answer, KeyId, KeyRecord, KeyRing, StoreError};

/// Lets a request in only if it carries a good API key in its header `X-API-Key`.
#[derive(Clone, Debug)]
pub struct RequireApiKey {
    ring: Arc<dyn KeyRing>,
    format: KeyFormat,
    entrance: Entrance,
    hasher: KeyHasher,
    rehash: Rehash,
    last_used: Option<LastUsed>,
    refusals: Refusals,
    clock: Arc<dyn Clock>,
}

impl RequireApiKey {
    /// Accepts the keys that `ring` holds and knows to be live, with the prefix `key`.
    #[must_use]
    pub fn in_ring(ring: impl KeyRing) -> Self {
        Self {
            ring: Arc::new(ring),
            format: KeyFormat::default(),
            entrance: Entrance {
                header: HeaderName::from_static("x-api-key"),
                bearer: None,
                query: None,
            },
            hasher: KeyHasher::default(),
            rehash: Rehash::default(),
            last_used: None,
            refusals: Refusals::of_realm("api"),
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

    /// Reads keys from the header `name` (default: `X-API-Key`). Its value is the bare key.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName) -> Self {
        self.entrance.header = name;
        self
    }

    /// Reads keys that come as bearer tokens too: `Authorization: Bearer <key>` (RFC 6750, section
    /// 2.1). Such a guard cannot stand in an `or` with one that reads bearer tokens as well: each
    /// would take the other's credentials for its own, and refuse them.
    #[must_use]
    pub fn with_bearer(mut self) -> Self {
        self.entrance.bearer = Some(Bearer);
        self.refusals.bearer = Some(Bearer);
        self
    }

    /// Reads keys from the parameter `name` of the query too, for callers who can send no headers.
    /// Queries end up in logs, histories and `Referer` headers, and so do these keys (OWASP ASVS
    /// 5.0, 14.2.1); give such callers keys that can do little and end soon. What is answered to
    /// them bears `Cache-Control: no-store`. A name or a key in percent-encoding is not known.
    ///
    /// # Errors
    /// [`ConfigError`] if `name` has other characters than letters, digits, `_` and `-`.
    pub fn dangerous_allow_query(mut self, name: &str) -> Result<Self, ConfigError> {
        self.entrance.query = Some(Query::named(name)?);
        Ok(self)
    }

    /// Knows keys by the hashes that `hasher` makes (default: plain SHA-256). Keys that were
    /// hashed with a former pepper are hashed anew when they are used.
    #[must_use]
    pub fn with_hasher(mut self, hasher: KeyHasher) -> Self {
        self.hasher = hasher;
        self
    }

    /// Notes when each key was last used (default: nobody does).
    #[must_use]
    pub fn with_last_used(mut self, notes: LastUsed) -> Self {
        self.last_used = Some(notes);
        self
    }

    /// Names what the keys open, for the challenge of a refusal (default: `api`; RFC 9110,
    /// section 11.5).
    #[must_use]
    pub fn with_realm(mut self, realm: impl Into<Box<str>>) -> Self {
        self.refusals.realm = realm.into();
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
        self.refusals.scopes = Scopes::of(names)?;
        Ok(self)
    }

    /// Reads the time from `clock` (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The key that was sent, and its id.
    fn shown<'h>(
        &self,
        headers: &'h mut HeaderMap,
        uri: &'h Uri,
    ) -> Result<(Shown<'h>, KeyId), Problem> {
        let shown = self
            .entrance
            .shown(headers, uri)
            .map_err(|reason| self.refusals.malformed(reason))?
            .ok_or_else(|| self.refusals.missing())?;
        let id = self.format.id_of(shown.key).ok_or_else(|| {
            self.refusals.invalid(if self.format.is_foreign(shown.key) {
                "key_other_prefix"
            } else {
                "key_malformed"
            })
        })?;
        Ok((shown, id))
    }

    /// The record that was found of the key that is shown, if it is good.
    fn judged(
        &self,
        found: Result<Option<Arc<KeyRecord>>, StoreError>,
        key: &str,
        extensions: &Extensions,
        now: u64,
    ) -> Result<Arc<KeyRecord>, Problem> {
        let found = found.map_err(refusal::unavailable)?;
        let kept = found.as_ref().map(|record| record.hash());
        let proof = self.hasher.compare(kept, key);
        rule::admitted(found, proof, now, || ClientAddr::of(extensions))
            .map_err(|fault| self.refusals.fault(fault))
    }

    /// Leaves what is known of the caller, and lets them in if that is enough.
    fn let_in(
        &self,
        extensions: &mut Extensions,
        record: Arc<KeyRecord>,
        way: Way,
        now: u64,
    ) -> Result<Pass, Stop> {
        if let Some(notes) = &self.last_used {
            notes.note(record.id(), now);
        }
        let enough = record.scopes().contains_all(&self.refusals.scopes);
        // The caller is known even if the key is too weak for this route: the event names them.
        let facts = Facts::entry(extensions);
        facts.caller = Caller::Known(record.principal().clone());
        if way == Way::Bearer {
            facts.scheme = Some("Bearer");
        }
        facts.keep_evidence(record);
        if !enough {
            return Err(self.refusals.too_weak().into());
        }
        Ok(match way {
            Way::Header | Way::Bearer => Pass::default(),
            Way::Query => Pass::stamped([(CACHE_CONTROL, HeaderValue::from_static("no-store"))]),
        })
    }

    /// The decision on a key that nobody has to be asked about.
    fn decide_now(&self, head: &mut Parts) -> Result<Option<Pass>, Stop> {
        let (shown, id) = self.shown(&mut head.headers, &head.uri)?;
        let now = self.clock.now();
        let Answer::Ready(Some(found)) = self.ring.find_at(id, now) else {
            return Ok(None);
        };
        let record = self.judged(found, shown.key, &head.extensions, now)?;
        if self.hasher.is_outdated(record.hash()) {
            return Ok(None);
        }
        let way = shown.way;
        self.let_in(&mut head.extensions, record, way, now)
            .map(Some)
    }
}

impl Guard for RequireApiKey {
    const PLACE: Place = Place::Authn;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        let (shown, id) = self.shown(&mut head.headers, &head.uri)?;
        let found = self.ring.find_at(id, self.clock.now()).await;
        let now = self.clock.now(); // the key may have ended in the meantime
        let record = self.judged(found, shown.key, &head.extensions, now)?;
        if self.hasher.is_outdated(record.hash()) {
            let ring = &*self.ring;
            self.rehash
                .bring_up(&record, shown.key, &self.hasher, ring)
                .await;
        }
        let way = shown.way;
        self.let_in(&mut head.extensions, record, way, now)
    }

    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        self.decide_now(head).transpose()
    }

    fn describe(&self) -> Demand {
        let key = Demand::credential("API key", self.entrance.ways());
        if self.refusals.scopes.is_empty() {
            key
        } else {
            key.and(Demand::Scopes(self.refusals.scopes.clone()))
        }
    }
}

impl Authenticator for RequireApiKey {
    fn is_presented(&self, head: &Parts) -> bool {
        self.entrance.is_used(head)
    }

    fn challenges(&self) -> Vec<Challenge> {
        self.refusals.challenges()
    }
}

impl<S> Layer<S> for RequireApiKey {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}
