//! Keys that are fetched from their issuer.

use std::sync::Arc;
use std::time::Duration;

use super::algorithm::{Algorithm, Family};
use super::fault::Fault;
use super::import::{self, Imported};
use super::key_set::KeySet;
use super::key_source::Refused;
use super::status::IssuerStatus;
use super::token::{self, Header, Parts};
use super::verifier::{Verified, Verifier};
use crate::clock::Clock;
use crate::config::ConfigError;
use crate::fetch::{Discovery, Document, Endpoint, Fetcher, Refreshed, Renewal, Unavailable};

/// What an issuer may sign with whose keys are fetched, unless it is told otherwise.
const USUAL: [Algorithm; 9] = [
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::Ed25519,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
];

/// Where an issuer's key set lies.
#[derive(Clone, Debug)]
pub(super) enum Place {
    At(Endpoint, Fetcher),
    NamedBy(Discovery),
}

/// The keys of an issuer that publishes them. A handle: clones share what was fetched.
#[derive(Clone, Debug)]
pub(super) struct RemoteKeys {
    place: Place,
    allowed: Arc<[Algorithm]>,
    ttl: Option<Duration>,
    clock: Option<Arc<dyn Clock>>,
    set: Refreshed<Imported>,
    /// What a token is measured against before anything has been fetched.
    none: KeySet,
}

impl RemoteKeys {
    pub(super) fn new(place: Place) -> Self {
        let allowed: Arc<[Algorithm]> = Arc::new(USUAL);
        Self {
            set: refreshed(&place, &allowed, None, None),
            place,
            allowed,
            ttl: None,
            clock: None,
            none: KeySet::of_others(Vec::new()),
        }
    }

    pub(super) fn with_algorithms(
        mut self,
        algorithms: impl IntoIterator<Item = Algorithm>,
    ) -> Result<Self, ConfigError> {
        self.allowed = algorithms.into_iter().collect();
        if self.allowed.is_empty() {
            return Err(ConfigError::new(
                "no algorithm is allowed: without one no token can be good",
            ));
        }
        let is_secret = |algorithm: &Algorithm| algorithm.family() == Family::Hmac;
        if self.allowed.iter().any(is_secret) {
            return Err(ConfigError::new(
                "HS256, HS384 and HS512 need a shared secret, which nobody may publish: give it as \
                 a static key, or allow only algorithms with public keys",
            ));
        }
        self.renew();
        Ok(self)
    }

    pub(super) fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self.renew();
        self
    }

    pub(super) fn timed_by(&mut self, clock: &Arc<dyn Clock>) {
        if let Place::NamedBy(issuer) = &mut self.place {
            *issuer = issuer.clone().with_clock(Arc::clone(clock));
        }
        self.clock = Some(Arc::clone(clock));
        self.renew();
    }

    fn renew(&mut self) {
        self.set = refreshed(&self.place, &self.allowed, self.ttl, self.clock.as_ref());
    }

    pub(super) fn algorithm(&self, name: &str) -> Result<Algorithm, Fault> {
        Algorithm::named(name)
            .filter(|known| self.allowed.contains(known))
            .ok_or(Fault::WRONG_ALGORITHM)
    }

    /// Verifies `token` with the keys at hand. Only a token that is good in all that can be
    /// said without a key may have others fetched.
    pub(super) async fn verify(
        &self,
        verifier: &Verifier,
        token: Parts<'_>,
        clock: &dyn Clock,
    ) -> Result<Verified, Refused> {
        let (held, is_fresh) = self.set.peek();
        let keys = held.as_ref().map_or(&self.none, |held| &held.keys);
        let verdict = verifier.verify_with(keys, token, clock);
        match &verdict {
            Ok(_) if is_fresh => Ok(verdict?),
            Ok(_) | Err(Fault::UNKNOWN_KEY | Fault::BAD_SIGNATURE) => {
                let seen = held.map(|held| held.generation());
                // On the heap, so that requests that wait for nothing do not carry the room for it.
                Box::pin(self.ask(verifier, token, clock, verdict, seen)).await
            }
            Err(_) => Ok(verdict?),
        }
    }

    /// Goes on from a `verdict` by the keys of generation `seen`, where it hangs on the keys.
    async fn ask(
        &self,
        verifier: &Verifier,
        token: Parts<'_>,
        clock: &dyn Clock,
        verdict: Result<Verified, Fault>,
        seen: Option<u64>,
    ) -> Result<Verified, Refused> {
        let judge = |set: &Imported| verifier.verify_with(&set.keys, token, clock);
        let current = self.set.get().await?;
        let verdict = if seen == Some(current.generation()) {
            verdict
        } else {
            judge(&current)
        };
        match verdict {
            Err(Fault::UNKNOWN_KEY) => {
                let found = |set: &Imported| match judge(set) {
                    Err(Fault::UNKNOWN_KEY) => None,
                    verdict => Some(verdict),
                };
                match self.set.seek(&name_of_key(token)?, found).await? {
                    Some(verdict) => Ok(verdict?),
                    None => Err(Fault::UNKNOWN_KEY.into()),
                }
            }
            // Some issuers make a new key under the name of the old one. That the issuer cannot be
            // asked about it makes no bad signature good, nor unknown: its key is here.
            Err(Fault::BAD_SIGNATURE) => match self.set.renew(current.generation()).await {
                Ok(Renewal::Newer(newer)) => Ok(judge(&newer)?),
                Ok(Renewal::Same | Renewal::Cooling) | Err(_) => Ok(verdict?),
            },
            verdict => Ok(verdict?),
        }
    }

    /// The keys that serve now.
    pub(super) async fn current(&self) -> Result<KeySet, Unavailable> {
        let current = match self.set.peek() {
            (Some(held), true) => held,
            // On the heap, since it is seldom needed.
            _ => Box::pin(self.set.get()).await?,
        };
        Ok(current.keys.clone())
    }

    /// Whether those that serve now are `keys`, if that can be said without waiting.
    pub(super) fn are_now(&self, keys: &KeySet) -> Option<bool> {
        match self.set.peek() {
            (Some(held), true) => Some(held.keys.is(keys)),
            _ => None,
        }
    }

    pub(super) async fn reload(&self) -> Result<(), Unavailable> {
        self.set.reload().await.map(drop)
    }

    pub(super) fn status(&self, issuer: &str) -> IssuerStatus {
        let (held, _) = self.set.peek();
        let fetched = self.set.status();
        IssuerStatus {
            issuer: issuer.into(),
            is_ready: fetched.is_ready,
            skipped: held.as_ref().map_or(0, |held| held.skipped),
            keys: held.map_or_else(Vec::new, |held| held.keys.iter().cloned().collect()),
            fetched: Some(fetched),
        }
    }
}

fn refreshed(
    place: &Place,
    allowed: &Arc<[Algorithm]>,
    ttl: Option<Duration>,
    clock: Option<&Arc<dyn Clock>>,
) -> Refreshed<Imported> {
    let allowed = Arc::clone(allowed);
    let parse = move |bytes: &[u8]| import::read(bytes, &allowed);
    let mut set = Refreshed::new(match place.clone() {
        Place::At(endpoint, fetcher) => Document::at(fetcher, endpoint, parse),
        Place::NamedBy(issuer) => Document::keys_of(issuer, parse),
    });
    if let Some(ttl) = ttl {
        set = set.with_ttl(ttl);
    }
    match clock {
        Some(clock) => set.with_clock(Arc::clone(clock)),
        None => set,
    }
}

/// What the key that `token` asks for is called: by its name, else by its algorithm.
fn name_of_key(token: Parts<'_>) -> Result<String, Fault> {
    let header = token::decode(token.header)?;
    let header = Header::read(&header)?;
    Ok(header.key_id.unwrap_or(header.algorithm).into_owned())
}
