//! Where the keys of an issuer come from.

use std::sync::Arc;

use super::algorithm::Algorithm;
use super::fault::Fault;
use super::key_set::KeySet;
#[cfg(feature = "remote")]
use super::remote::RemoteKeys;
use super::status::IssuerStatus;
use crate::clock::Clock;
#[cfg(feature = "remote")]
use crate::fetch::Unavailable;
use crate::store::StoreError;

/// The keys of an issuer.
#[derive(Clone, Debug)]
pub(super) enum Keys {
    /// Given when the application is put together.
    Held(KeySet),
    /// Fetched from the issuer and kept fresh.
    #[cfg(feature = "remote")]
    Remote(RemoteKeys),
}

/// Why a token is not let in.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is not good.
    Fault(Fault),
    /// Whether it is good cannot be said, since its issuer's keys cannot be had.
    #[cfg(feature = "remote")]
    Unavailable(Unavailable),
    /// Whether it was revoked cannot be said.
    Store(StoreError),
}

impl Keys {
    /// The algorithm that goes by `name`, if the issuer may sign with it.
    pub(super) fn algorithm(&self, name: &str) -> Result<Algorithm, Fault> {
        match self {
            Self::Held(keys) => keys.algorithm(name),
            #[cfg(feature = "remote")]
            Self::Remote(keys) => keys.algorithm(name),
        }
    }

    /// The keys that serve now; has them fetched anew if it is time.
    #[cfg_attr(not(feature = "remote"), allow(clippy::unused_async))]
    pub(super) async fn current(&self) -> Result<KeySet, Refused> {
        match self {
            Self::Held(keys) => Ok(keys.clone()),
            #[cfg(feature = "remote")]
            Self::Remote(keys) => Ok(keys.current().await?),
        }
    }

    /// Whether those that serve now are `keys`, if that can be said at once.
    #[cfg_attr(not(feature = "remote"), allow(clippy::unnecessary_wraps))]
    pub(super) fn are_now(&self, keys: &KeySet) -> Option<bool> {
        match self {
            Self::Held(held) => Some(held.is(keys)),
            #[cfg(feature = "remote")]
            Self::Remote(remote) => remote.are_now(keys),
        }
    }

    /// The same keys on another clock.
    pub(super) fn timed_by(&mut self, clock: &Arc<dyn Clock>) {
        match self {
            Self::Held(_) => {
                let _ = clock;
            }
            #[cfg(feature = "remote")]
            Self::Remote(keys) => keys.timed_by(clock),
        }
    }

    /// How things stand with the keys of `issuer`.
    pub(super) fn status(&self, issuer: &str) -> IssuerStatus {
        match self {
            Self::Held(keys) => IssuerStatus {
                issuer: issuer.into(),
                is_ready: true,
                keys: keys.iter().cloned().collect(),
                skipped: 0,
                #[cfg(feature = "remote")]
                fetched: None,
            },
            #[cfg(feature = "remote")]
            Self::Remote(keys) => keys.status(issuer),
        }
    }
}

impl<K: Into<KeySet>> From<K> for Keys {
    fn from(keys: K) -> Self {
        Self::Held(keys.into())
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

#[cfg(feature = "remote")]
impl From<Unavailable> for Refused {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}
