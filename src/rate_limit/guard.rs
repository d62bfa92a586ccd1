//! The guard that counts.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use tower_layer::Layer;

use super::Offender;
use super::counting::Till;
use super::early::BeforeAuthentication;
use super::headers::HeaderDraft;
use super::rule::Rule;
use super::tally::Tally;
use crate::clock::{SystemClock, nanoseconds};
use crate::config::ConfigError;
use crate::guard::{Demand, Guard, GuardService, Pass, Place, Stop};
use crate::partition::By;
use crate::store::memory::MemoryQuotas;
use crate::store::{Key, Quota};

/// Lets a request in only if its caller has not used up their quota, or any of several.
///
/// A handle: clones share what was counted, so two routes under one limit are given clones of it.
#[derive(Clone)]
pub struct RateLimit {
    pub(super) rules: Vec<Rule>,
    pub(super) till: Till,
    pub(super) headers: HeaderDraft,
    pub(super) tally: Arc<Tally>,
    /// In nanoseconds.
    pub(super) event_interval: u64,
    /// In percent.
    pub(super) near: u8,
    pub(super) offender: Option<Arc<Naming>>,
}

pub(super) type Naming = dyn Fn(&Parts) -> Option<Box<str>> + Send + Sync;

const EVENT_INTERVAL: Duration = Duration::from_secs(1);
const NEAR: u8 = 80;
/// So that no request is charged from more quotas than a store can decide on together.
const MOST_RULES: usize = 8;

impl RateLimit {
    /// Gives each client address `quota`: an IPv4 address, or the /64 of an IPv6 address. The name
    /// of the limit is `client`.
    ///
    /// # Errors
    /// [`ConfigError`] if the quota cannot be ([`Quota::checked`]).
    pub fn per_client(quota: Quota) -> Result<Self, ConfigError> {
        Self::per(By::client(), "client", quota)
    }

    /// Gives each caller `quota`: each subject of each issuer, whatever credential they show. A
    /// stranger whom an authentication guard let in is counted by their address. The name of the
    /// limit is `principal`.
    ///
    /// # Errors
    /// [`ConfigError`] if the quota cannot be ([`Quota::checked`]).
    pub fn per_principal(quota: Quota) -> Result<Self, ConfigError> {
        Self::per(By::principal(), "principal", quota)
    }

    /// Gives each API key `quota`. A caller with another credential is counted as themselves, a
    /// stranger whom an authentication guard let in by their address. The name of the limit is
    /// `api-key`.
    ///
    /// # Errors
    /// [`ConfigError`] if the quota cannot be ([`Quota::checked`]).
    pub fn per_api_key(quota: Quota) -> Result<Self, ConfigError> {
        Self::per(By::api_key(), "api-key", quota)
    }

    /// Gives each key that `key` finds in a request's head `quota`, under the limit called `name`.
    /// A request without a key is counted by the address of its client.
    ///
    /// The key must be one that callers cannot choose at will, or each choice is a fresh quota.
    ///
    /// ```
    /// use portcullis::identity::Facts;
    /// use portcullis::rate_limit::{Quota, RateLimit};
    ///
    /// let tenants = RateLimit::per_key("tenant", Quota::per_hour(10_000), |head| {
    ///     Facts::caller(&head.extensions).principal()?.tenant().map(Into::into)
    /// });
    /// # assert!(tenants.is_ok());
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] if the quota cannot be ([`Quota::checked`]), or the name
    /// ([`with_name`](Self::with_name)).
    pub fn per_key<F>(name: &str, quota: Quota, key: F) -> Result<Self, ConfigError>
    where
        F: Fn(&Parts) -> Option<Key<'_>> + Send + Sync + 'static,
    {
        Self::per(By::key(key), name, quota)
    }

    /// Gives each of those whom `by` tells apart `quota`, under the limit called `name`.
    ///
    /// ```
    /// use portcullis::rate_limit::{By, Quota, RateLimit};
    ///
    /// let by = By::principal().and(By::route());
    /// let each_caller_on_each_route = RateLimit::per(by, "route", Quota::per_minute(60));
    /// # assert!(each_caller_on_each_route.is_ok());
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] if the quota cannot be ([`Quota::checked`]), or the name
    /// ([`with_name`](Self::with_name)).
    pub fn per(by: By, name: &str, quota: Quota) -> Result<Self, ConfigError> {
        Ok(Self {
            rules: vec![Rule::new(by, name, quota)?],
            till: Till {
                store: Arc::new(MemoryQuotas::new()),
                clock: Arc::new(SystemClock),
            },
            headers: HeaderDraft::default(),
            tally: Arc::new(Tally::new()),
            event_interval: nanoseconds(EVENT_INTERVAL),
            near: NEAR,
            offender: None,
        })
    }

    /// Adds the quotas of `other`: a request must be within all of them, and if one refuses it,
    /// none is charged. They are counted in this limit's store, by its clock; what was said of the
    /// quotas of `other` stands, the rest (headers, events) is as this limit has it.
    ///
    /// ```
    /// use portcullis::rate_limit::{Quota, RateLimit};
    ///
    /// # fn main() -> Result<(), portcullis::config::ConfigError> {
    /// let limit = RateLimit::per_principal(Quota::per_second(10))?
    ///     .with_name("second")?
    ///     .and(RateLimit::per_principal(Quota::per_day(10_000))?.with_name("day")?)?
    ///     .and(RateLimit::per_client(Quota::per_minute(1_000))?)?;
    /// # let _ = limit;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] if two quotas have the same name, or there are more than 8.
    pub fn and(mut self, other: Self) -> Result<Self, ConfigError> {
        self.rules.extend(other.rules);
        self.checked()
    }

    /// Stands before authentication instead of after it, so that it limits the guessing of
    /// credentials as well.
    ///
    /// # Errors
    /// [`ConfigError`] if the limit tells callers apart by what authentication finds out.
    pub fn before_authentication(self) -> Result<BeforeAuthentication, ConfigError> {
        match self.rules.iter().find(|rule| !rule.by.is_known_early()) {
            None => Ok(BeforeAuthentication(self)),
            Some(late) => Err(ConfigError::new(format!(
                "the rate limit {:?} is per {}, which is not known before authentication: use \
                 per_client or per_key",
                late.name(),
                late.by
            ))),
        }
    }

    /// How many requests this limit and its clones have refused.
    #[must_use]
    pub fn refusals(&self) -> u64 {
        self.tally.refusals()
    }

    /// Those who were refused most by this limit and its clones, the worst first: at most 64, among
    /// them everybody who has more than a 64th of all refusals. They are told apart by a keyed
    /// hash, and have a name only if the author gives them one
    /// ([`with_offenders_named`](Self::with_offenders_named)).
    #[must_use]
    pub fn top_offenders(&self) -> Vec<Offender> {
        self.tally.offenders()
    }

    pub(super) fn checked(self) -> Result<Self, ConfigError> {
        let fault = |what: String| Err(ConfigError::new(what));
        if self.rules.len() > MOST_RULES {
            return fault(format!("a rate limit has at most {MOST_RULES} quotas"));
        }
        for (i, rule) in self.rules.iter().enumerate() {
            let mut others = self.rules.iter().skip(i + 1);
            if others.any(|other| other.name() == rule.name()) {
                return fault(format!(
                    "two quotas of a rate limit are called {:?}: give one another name with \
                     with_name before they are put together",
                    rule.name()
                ));
            }
        }
        Ok(self)
    }
}

impl Guard for RateLimit {
    const PLACE: Place = Place::Quota;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        self.decide(head).await
    }

    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        self.decide_now(head).transpose()
    }

    fn describe(&self) -> Demand {
        self.rules.iter().fold(Demand::Nothing, |all, rule| {
            all.and(Demand::Quota(rule.describe()))
        })
    }
}

impl<S> Layer<S> for RateLimit {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit")
            .field("rules", &self.rules)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}
