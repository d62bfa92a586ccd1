//! Finding out where an issuer's endpoints are.

use std::sync::Arc;

use super::endpoint::Endpoint;
use super::error::Unavailable;
use super::fetcher::Fetcher;
use super::held::{Current, Status};
use super::metadata::{Metadata, WellKnown};
use super::refreshed::Refreshed;
use super::source::Document;
use crate::clock::Clock;
use crate::config::ConfigError;

/// An issuer whose endpoints are read from its own metadata, and kept fresh. A handle: clones share
/// what was read.
///
/// Nothing is fetched until the first request needs it. Metadata that names another issuer, or a
/// plain `http` endpoint, is as if it had not come.
#[derive(Clone, Debug)]
pub struct Discovery {
    issuer: Arc<str>,
    fetcher: Fetcher,
    metadata: Refreshed<Metadata>,
}

impl Discovery {
    /// The `OpenID` provider `issuer`, to the letter as its tokens name it; its metadata lies under
    /// `/.well-known/openid-configuration` (`OpenID` Connect Discovery 1.0, section 4).
    ///
    /// # Errors
    /// [`ConfigError`] if `issuer` is no `https` address without query and fragment.
    pub fn openid(issuer: &str, fetcher: Fetcher) -> Result<Self, ConfigError> {
        Self::of(
            WellKnown::OpenId,
            issuer,
            &Endpoint::https(issuer)?,
            fetcher,
        )
    }

    /// The authorization server `issuer`, to the letter as its tokens name it; its metadata lies
    /// under `/.well-known/oauth-authorization-server` (RFC 8414, section 3).
    ///
    /// # Errors
    /// [`ConfigError`] if `issuer` is no `https` address without query and fragment.
    pub fn oauth(issuer: &str, fetcher: Fetcher) -> Result<Self, ConfigError> {
        Self::of(WellKnown::OAuth, issuer, &Endpoint::https(issuer)?, fetcher)
    }

    /// An `OpenID` provider that may be at an `http` address on the loopback interface, and may name
    /// such endpoints. For tests.
    ///
    /// # Errors
    /// [`ConfigError`] if `issuer` is neither that nor an `https` address.
    pub fn dangerous_allow_http_on_loopback(
        issuer: &str,
        fetcher: Fetcher,
    ) -> Result<Self, ConfigError> {
        let endpoint = Endpoint::dangerous_allow_http_on_loopback(issuer)?;
        Self::of(WellKnown::OpenId, issuer, &endpoint, fetcher)
    }

    fn of(
        place: WellKnown,
        issuer: &str,
        endpoint: &Endpoint,
        fetcher: Fetcher,
    ) -> Result<Self, ConfigError> {
        let source = place.of(endpoint)?;
        let issuer: Arc<str> = issuer.into();
        let (expected, rules) = (Arc::clone(&issuer), source.clone());
        let parse = move |bytes: &[u8]| Metadata::parse(bytes, &expected, &rules);
        Ok(Self {
            issuer,
            metadata: Refreshed::new(Document::at(fetcher.clone(), source, parse)),
            fetcher,
        })
    }

    /// Reads the time from `clock` (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.metadata = self.metadata.with_clock(clock);
        self
    }

    /// The issuer, to the letter.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What the issuer says of itself.
    ///
    /// # Errors
    /// [`Unavailable`] if that is not known and cannot be found out for the moment.
    pub async fn metadata(&self) -> Result<Current<Metadata>, Unavailable> {
        self.metadata.get().await
    }

    /// How things stand, for health checks.
    #[must_use]
    pub fn status(&self) -> Status {
        self.metadata.status()
    }

    pub(crate) fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }
}
