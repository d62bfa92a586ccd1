//! The guard that counts.

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use tower_layer::Layer;

use super::early::BeforeAuthentication;
use super::label::{Label, seconds};
use crate::clock::{Clock, SystemClock};
use crate::config::ConfigError;
use crate::guard::{Demand, Guard, GuardService, Pass, Place, Stop};
use crate::identity::Facts;
use crate::partition::By;
use crate::problem::{Kind, Problem};
use crate::store::memory::MemoryQuotas;
use crate::store::{Answer, Charge, Decision, Key, Limit, Quota, Quotas};

/// Lets a request in only if its caller has not used up their quota.
///
/// A handle: clones share what was counted, so two routes under one limit are given clones of it.
#[derive(Clone)]
pub struct RateLimit {
    by: By,
    quota: Quota,
    limit: Limit,
    allowances: Option<Allowances>,
    cost: u32,
    label: Label,
    store: Arc<dyn Quotas>,
    clock: Arc<dyn Clock>,
}

/// Credentials are given the quota that they bring along.
#[derive(Clone, Copy)]
struct Allowances;

/// When to come back if the store cannot answer, in seconds.
const STORE_RETRY: u64 = 5;

impl RateLimit {
    /// Gives each client address `quota`: an IPv4 address, or the /64 of an IPv6 address. The name
    /// of the limit is `client`.
    ///
    /// # Errors
    /// [`ConfigError`] if the quota cannot be ([`Quota::checked`]).
    pub fn per_client(quota: Quota) -> Result<Self, ConfigError> {
        Self::by(By::Client, "client", quota)
    }

    /// Gives each caller `quota`: each subject of each issuer, whatever credential they show. A
    /// stranger whom an authentication guard let in is counted by their address. The name of the
    /// limit is `principal`.
    ///
    /// # Errors
    /// [`ConfigError`] if the quota cannot be ([`Quota::checked`]).
    pub fn per_principal(quota: Quota) -> Result<Self, ConfigError> {
        Self::by(By::Principal, "principal", quota)
    }

    /// Gives each API key `quota`. A caller with another credential is counted as themselves, a
    /// stranger whom an authentication guard let in by their address. The name of the limit is
    /// `api-key`.
    ///
    /// # Errors
    /// [`ConfigError`] if the quota cannot be ([`Quota::checked`]).
    pub fn per_api_key(quota: Quota) -> Result<Self, ConfigError> {
        Self::by(By::ApiKey, "api-key", quota)
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
        Self::by(By::Own(Arc::new(key)), name, quota)
    }

    /// Calls the limit `name`, as callers see it and as the store keeps it: 1 to 64 printable
    /// ASCII characters. Limits that share a store share quotas if their names are the same.
    ///
    /// # Errors
    /// [`ConfigError`] if `name` is empty, too long or has other characters.
    pub fn with_name(self, name: &str) -> Result<Self, ConfigError> {
        let label = Label::new(name, self.quota, &self.limit)?;
        Ok(Self { label, ..self })
    }

    /// Takes `units` from the quota for each request (default: 1).
    ///
    /// # Errors
    /// [`ConfigError`] if `units` is zero, or more than the quota ever holds.
    pub fn with_cost(self, units: u32) -> Result<Self, ConfigError> {
        let most = self.limit.units();
        if !(1..=most).contains(&units) {
            return Err(ConfigError::new(format!(
                "a request cannot cost {units} of the quota {}: use 1 to {most} units",
                self.quota
            )));
        }
        Ok(Self {
            cost: units,
            ..self
        })
    }

    /// Gives a caller whose credential brings a quota of its own that quota instead, as a token
    /// bucket: [`Principal::allowance`], which API keys may have. Others are given the limit's
    /// own. What was used counts whichever it is, so that nobody has both.
    ///
    /// [`Principal::allowance`]: crate::identity::Principal::allowance
    #[must_use]
    pub fn with_allowances(mut self) -> Self {
        self.allowances = Some(Allowances);
        self
    }

    /// Counts in `store` (default: in memory, for this limit alone).
    #[must_use]
    pub fn with_store(mut self, store: Arc<dyn Quotas>) -> Self {
        self.store = store;
        self
    }

    /// Reads the time from `clock` (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Stands before authentication instead of after it, so that it limits the guessing of
    /// credentials as well.
    ///
    /// # Errors
    /// [`ConfigError`] if the limit tells callers apart by what authentication finds out.
    pub fn before_authentication(self) -> Result<BeforeAuthentication, ConfigError> {
        if !self.by.is_known_early() {
            return Err(ConfigError::new(format!(
                "the rate limit {:?} is per {}, which is not known before authentication: use \
                 per_client or per_key",
                self.label.policy().name(),
                self.by.word()
            )));
        }
        Ok(BeforeAuthentication(self))
    }

    fn by(by: By, name: &str, quota: Quota) -> Result<Self, ConfigError> {
        let limit = quota.checked()?;
        Ok(Self {
            by,
            quota,
            limit,
            allowances: None,
            cost: 1,
            label: Label::new(name, quota, &limit)?,
            store: Arc::new(MemoryQuotas::new()),
            clock: Arc::new(SystemClock),
        })
    }

    /// The quota that the caller's credential brings along, if it counts here.
    fn allowance(&self, head: &Parts) -> Option<(Quota, Limit)> {
        self.allowances?;
        let caller = Facts::caller(&head.extensions).principal()?;
        let allowance = caller.allowance()?;
        let quota = Quota::new(allowance.units(), allowance.period());
        // Every allowance is within the bounds of a quota; should one not be, the limit's own is.
        Some((quota, quota.checked().ok()?))
    }

    async fn decide(&self, head: &Parts, limit: &Limit) -> Result<Decision, Problem> {
        let key = self
            .by
            .key(head)
            .map_err(|reason| Problem::new(Kind::Misconfigured).because(reason))?;
        let charge = Charge {
            policy: self.label.policy(),
            key: &key,
            limit,
            cost: self.cost,
            now: self.clock.ticks(),
        };
        let answer = match self.store.take(charge) {
            Answer::Ready(Some(answer)) => answer,
            later => later.await,
        };
        answer.map_err(|error| {
            Problem::new(Kind::Unavailable)
                .because("quota_store_failed")
                .caused_by(error)
                .with_retry_after(STORE_RETRY)
        })
    }
}

impl Guard for RateLimit {
    const PLACE: Place = Place::Quota;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        let allowance = self.allowance(head);
        let limit = allowance.as_ref().map_or(&self.limit, |(_, limit)| limit);
        let decision = self.decide(head, limit).await?;
        let stamps = match &allowance {
            None => self.label.stamps(&decision),
            Some((quota, limit)) => self.label.with_quota(*quota, limit).stamps(&decision),
        };
        if decision.admitted {
            Ok(Pass::stamped(stamps))
        } else {
            Err(Stop::from(refusal(&decision)).stamped(stamps))
        }
    }

    fn describe(&self) -> Demand {
        Demand::Quota(format!("{} by {}", self.quota, self.by.word()).into())
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
            .field("name", &self.label.policy().name())
            .field("by", &self.by)
            .field("quota", &self.quota)
            .field("cost", &self.cost)
            .finish_non_exhaustive()
    }
}

/// Whoever is told to come back finds the door open, unless somebody else was quicker.
fn refusal(decision: &Decision) -> Problem {
    let problem = Problem::new(Kind::QuotaExceeded);
    match decision.retry_after {
        Some(after) => problem
            .because("quota_used_up")
            .with_retry_after(seconds(after).max(1)),
        None => problem.because("cost_above_quota"),
    }
}
