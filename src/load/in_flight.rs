//! The limit on requests in flight of each key.

use std::sync::Arc;

use http::request::Parts;
use tower_layer::Layer;

use super::concurrency;
use super::keyed::{KeyPermit, NoPlace, Table};
use super::plan::Plan;
use super::service::LoadService;
use crate::config::ConfigError;
use crate::partition::{By, Unknown};
use crate::problem::{Kind, Problem};
use crate::store::Key;

/// When to come back, in seconds: nobody can know when a request ends.
const RETRY: u64 = 1;

/// Lets each client, caller or API key have only so many requests in flight; what is more is
/// answered with 429 at once. A request is in flight until the body of its response has ended, was
/// dropped or panicked.
///
/// A layer of its own, to put within the guards that authenticate; one that needs no authentication
/// can be part of [`LoadLimits`](super::LoadLimits) instead. Counts are kept in memory, for this
/// process alone, of at most 65536 keys at once (then: 503). A handle: clones share the counts.
#[derive(Clone, Debug)]
pub struct InFlight {
    by: By,
    most: u32,
    table: Arc<Table>,
}

impl InFlight {
    /// Gives each client address `most` places: an IPv4 address, or the /64 of an IPv6 address.
    ///
    /// # Errors
    /// [`ConfigError`] if `most` is zero.
    pub fn per_client(most: u32) -> Result<Self, ConfigError> {
        Self::by(By::client(), most)
    }

    /// Gives each caller `most` places: each subject of each issuer, whatever credential they show.
    /// A stranger whom an authentication guard let in is counted by their address.
    ///
    /// # Errors
    /// [`ConfigError`] if `most` is zero.
    pub fn per_principal(most: u32) -> Result<Self, ConfigError> {
        Self::by(By::principal(), most)
    }

    /// Gives each API key `most` places. A caller with another credential is counted as themselves,
    /// a stranger whom an authentication guard let in by their address.
    ///
    /// # Errors
    /// [`ConfigError`] if `most` is zero.
    pub fn per_api_key(most: u32) -> Result<Self, ConfigError> {
        Self::by(By::api_key(), most)
    }

    /// Gives each key that `key` finds in a request's head `most` places. A request without a key is
    /// counted by the address of its client. The key must be one that callers cannot choose at will.
    ///
    /// # Errors
    /// [`ConfigError`] if `most` is zero.
    pub fn per_key<F>(most: u32, key: F) -> Result<Self, ConfigError>
    where
        F: Fn(&Parts) -> Option<Key<'_>> + Send + Sync + 'static,
    {
        Self::by(By::key(key), most)
    }

    /// How many keys have requests in flight, for metrics.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.table.keys()
    }

    fn by(by: By, most: u32) -> Result<Self, ConfigError> {
        if most == 0 {
            return Err(ConfigError::new(
                "with 0 requests in flight nobody is ever served: allow at least 1",
            ));
        }
        Ok(Self {
            by,
            most,
            table: Arc::new(Table::new()),
        })
    }

    /// Whether this can stand before authentication.
    ///
    /// # Errors
    /// [`ConfigError`] if it cannot.
    pub(super) fn known_early(self) -> Result<Self, ConfigError> {
        if self.by.is_known_early() {
            return Ok(self);
        }
        Err(ConfigError::new(format!(
            "a limit on requests in flight per {} needs authentication before it: put it as a layer \
             of its own within the guards that authenticate",
            self.by
        )))
    }

    /// A place for the request with this head.
    pub(super) fn enter(&self, head: &Parts) -> Result<KeyPermit, Problem> {
        let reason = match self.by.find(head) {
            Ok(Some(key)) => return self.enter_as(&key),
            // None of the ways to tell callers apart that are offered here leaves anybody out.
            Ok(None) => "in_flight_without_key",
            Err(Unknown::ClientAddress) => "in_flight_without_client_address",
            Err(Unknown::Caller) => "in_flight_without_authentication",
        };
        Err(Problem::new(Kind::Misconfigured).because(reason))
    }

    fn enter_as(&self, key: &Key<'_>) -> Result<KeyPermit, Problem> {
        self.table
            .enter(key, self.most)
            .map_err(|reason| match reason {
                NoPlace::Taken => Problem::new(Kind::QuotaExceeded)
                    .because("too_many_in_flight")
                    .with_retry_after(RETRY),
                NoPlace::TooManyKeys => concurrency::refusal("too_many_keys_in_flight"),
            })
    }
}

impl<S> Layer<S> for InFlight {
    type Service = LoadService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let plan = Plan {
            in_flight: Some(self.clone()),
            ..Plan::default()
        };
        LoadService::new(inner, Arc::new(plan))
    }
}
