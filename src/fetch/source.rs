//! Where a value comes from.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use sha2::{Digest, Sha256};

use super::discovery::Discovery;
use super::endpoint::Endpoint;
use super::error::{FetchError, Malformed};
use super::fetcher::Fetcher;
use super::metadata::Metadata;

/// Loads a value of type `T`; what [`Refreshed`](super::Refreshed) keeps fresh.
pub trait Source<T>: fmt::Debug + Send + Sync + 'static {
    /// Loads the value, unless it still is the one of version `known`.
    fn load<'a>(&'a self, known: Option<&'a Version>) -> Loading<'a, T>;

    /// How long one load may take; whoever waits for it waits no longer.
    fn timeout(&self) -> Duration;
}

/// A value on its way.
pub type Loading<'a, T> = Pin<Box<dyn Future<Output = Result<Loaded<T>, FetchError>> + Send + 'a>>;

/// What a load gave.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Loaded<T> {
    /// The value with its version; none if the known one still holds.
    pub changed: Option<(T, Version)>,
    /// For how long the server says it is fresh, between 1 and 60 minutes.
    pub max_age: Option<Duration>,
}

impl<T> Loaded<T> {
    /// A load that gave `changed`, or found the known value still to hold.
    #[must_use]
    pub fn new(changed: Option<(T, Version)>, max_age: Option<Duration>) -> Self {
        Self { changed, max_age }
    }
}

/// Which version of a document a value was read from: where it lay, how the server tags it, and a
/// digest of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    endpoint: Endpoint,
    etag: Option<HeaderValue>,
    digest: [u8; 32],
}

impl Version {
    /// The version of the document `body` at `endpoint`, tagged `etag`.
    #[must_use]
    pub fn new(endpoint: Endpoint, etag: Option<HeaderValue>, body: &[u8]) -> Self {
        Self {
            endpoint,
            etag,
            digest: Sha256::digest(body).into(),
        }
    }
}

type Parse<T> = dyn Fn(&[u8]) -> Result<T, Malformed> + Send + Sync;

/// A JSON document on another server, read by a function. The function must hold its own limits
/// beyond the 64 KiB that a [`Fetcher`] lets through, and what it refuses is as if it had not come:
/// the last good value stays.
pub struct Document<T> {
    fetcher: Fetcher,
    place: Place,
    parse: Arc<Parse<T>>,
}

enum Place {
    Fixed(Endpoint),
    Named(Discovery, fn(&Metadata) -> Option<&Endpoint>),
}

impl<T: Send + Sync + 'static> Document<T> {
    /// The document at `endpoint`, read by `parse`.
    #[must_use]
    pub fn at(
        fetcher: Fetcher,
        endpoint: Endpoint,
        parse: impl Fn(&[u8]) -> Result<T, Malformed> + Send + Sync + 'static,
    ) -> Self {
        Self {
            fetcher,
            place: Place::Fixed(endpoint),
            parse: Arc::new(parse),
        }
    }

    /// The key set (`jwks_uri`) that an issuer names in its metadata, read by `parse`.
    #[must_use]
    pub fn keys_of(
        issuer: Discovery,
        parse: impl Fn(&[u8]) -> Result<T, Malformed> + Send + Sync + 'static,
    ) -> Self {
        Self {
            fetcher: issuer.fetcher().clone(),
            place: Place::Named(issuer, Metadata::jwks_uri),
            parse: Arc::new(parse),
        }
    }

    async fn locate(&self) -> Result<Endpoint, FetchError> {
        match &self.place {
            Place::Fixed(endpoint) => Ok(endpoint.clone()),
            Place::Named(issuer, pick) => {
                let metadata = issuer.metadata().await.map_err(|unavailable| {
                    unavailable.cause().cloned().unwrap_or(FetchError::Broken)
                })?;
                let named = pick(&metadata).cloned();
                Ok(named.ok_or(Malformed::new("metadata_lacks_endpoint"))?)
            }
        }
    }

    async fn fetch(&self, known: Option<&Version>) -> Result<Loaded<T>, FetchError> {
        let endpoint = self.locate().await?;
        // A tag says nothing about a document elsewhere.
        let known = known.filter(|version| version.endpoint == endpoint);
        let etag = known.and_then(|version| version.etag.clone());
        let reply = self.fetcher.get(endpoint.clone(), etag).await?;
        let changed = match reply.body {
            None => None,
            Some(body) => self.read(endpoint, reply.etag, &body, known)?,
        };
        Ok(Loaded::new(changed, reply.max_age))
    }

    fn read(
        &self,
        endpoint: Endpoint,
        etag: Option<HeaderValue>,
        body: &Bytes,
        known: Option<&Version>,
    ) -> Result<Option<(T, Version)>, Malformed> {
        let version = Version::new(endpoint, etag, body);
        if known.is_some_and(|known| known.digest == version.digest) {
            return Ok(None);
        }
        Ok(Some(((self.parse)(body)?, version)))
    }
}

impl<T: Send + Sync + 'static> Source<T> for Document<T> {
    fn load<'a>(&'a self, known: Option<&'a Version>) -> Loading<'a, T> {
        Box::pin(self.fetch(known))
    }

    fn timeout(&self) -> Duration {
        self.fetcher.timeout()
    }
}

impl<T> fmt::Debug for Document<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Fixed(endpoint) => write!(f, "Document({endpoint})"),
            Place::Named(issuer, _) => write!(f, "Document({issuer:?})"),
        }
    }
}
