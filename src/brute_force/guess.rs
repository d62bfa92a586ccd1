//! The guard around an authentication guard that counts what it does not accept.

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use tower_layer::Layer;

use super::keys::{Counted, network};
use super::throttle::{WhenDown, forgive};
use crate::clock::{Clock, SystemClock};
use crate::config::ConfigError;
use crate::guard::{
    Authenticator, Charged, Demand, Guard, GuardService, Pass, Place, QuotaDemand, Stop,
};
use crate::identity::ClientAddr;
use crate::problem::{Challenge, Kind, Problem};
use crate::store::memory::MemoryQuotas;
use crate::store::{Charge, Key, Limit, Policy, Quota, Quotas, Receipt, StoreError};

/// Lets a network try credentials only as long as not too many of them were wrong. It stands around
/// an authentication guard, which is not asked any more once the quota is used up.
///
/// Each credential takes a unit before it is looked at, which comes back if it is no wrong guess; so
/// guesses in parallel cannot slip by, and as many credentials of one network as there are units
/// left can be looked at in the same moment. Requests without a credential are not counted.
#[derive(Clone)]
pub struct GuessLimit<A> {
    within: A,
    quota: Quota,
    limit: Limit,
    policy: Arc<Policy>,
    is_guess: Arc<dyn Fn(&Problem) -> bool + Send + Sync>,
    store: Arc<dyn Quotas>,
    clock: Arc<dyn Clock>,
    when_down: WhenDown,
}

impl<A: Authenticator> GuessLimit<A> {
    /// Bears `quota` wrong credentials of each network (an IPv4 address, the /64 of an IPv6
    /// address), before `within` is asked about more. The name of the limit is `guesses`.
    ///
    /// # Errors
    /// [`ConfigError`] if the quota cannot be ([`Quota::checked`]) or is no
    /// [sliding window](Quota::sliding_window), since a token bucket gives nothing back.
    pub fn per_network(within: A, quota: Quota) -> Result<Self, ConfigError> {
        let limit = quota.checked()?;
        if !matches!(limit, Limit::Window(_)) {
            return Err(ConfigError::new(format!(
                "the quota {quota} gives nothing back: use Quota::sliding_window"
            )));
        }
        Ok(Self {
            within,
            quota,
            limit,
            policy: Arc::new(Policy::new("guesses")?),
            is_guess: Arc::new(|problem| problem.kind() == Kind::InvalidCredential),
            store: Arc::new(MemoryQuotas::new()),
            clock: Arc::new(SystemClock),
            when_down: WhenDown::Refuse,
        })
    }

    /// Calls the limit `name`: limits that share a store share what they counted if their names are
    /// the same.
    ///
    /// # Errors
    /// [`ConfigError`] if `name` is not 1 to 64 printable ASCII characters.
    pub fn with_name(mut self, name: &str) -> Result<Self, ConfigError> {
        self.policy = Arc::new(Policy::new(name)?);
        Ok(self)
    }

    /// Counts the refusals for which `is_guess` is true (default: every credential that is not
    /// accepted, [`Kind::InvalidCredential`]). A token that has expired is no guess; where clients
    /// come with such, count by the reason.
    #[must_use]
    pub fn with_guesses(
        mut self,
        is_guess: impl Fn(&Problem) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.is_guess = Arc::new(is_guess);
        self
    }

    /// Counts in `store` (default: in memory, for this limit alone), which must be able to
    /// [give back](Quotas::give_back).
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

    /// Does not count while the store cannot answer (default: nobody is let in, 503). Whoever can
    /// bring the store down can then guess without a limit.
    #[must_use]
    pub fn dangerous_allow_when_store_is_down(mut self) -> Self {
        self.when_down = WhenDown::Allow;
        self
    }

    fn charge<'a>(&'a self, key: &'a Key<'a>, now: u64) -> Charge<'a> {
        Charge {
            policy: &self.policy,
            key,
            limit: &self.limit,
            cost: 1,
            now: now.into(),
        }
    }

    /// Takes a unit of `network`; none is taken if the store cannot answer and that is borne.
    async fn take(&self, network: &Counted, now: u64) -> Result<Option<Receipt>, Problem> {
        let key = Key::from(network.as_slice());
        match self.store.take(self.charge(&key, now)).await {
            Ok(decision) if decision.admitted => Ok(Some(decision.receipt)),
            Ok(decision) => {
                let problem = Problem::new(Kind::QuotaExceeded).because("too_many_failures");
                let wait = decision.retry_after.unwrap_or_default();
                Err(problem.with_retry_after(wait.div_ceil(1_000_000_000).max(1)))
            }
            Err(error) => forgive(self.when_down, Err(error)).map(|()| None),
        }
    }

    async fn give_back(
        &self,
        network: &Counted,
        then: u64,
        receipt: Receipt,
    ) -> Result<(), StoreError> {
        let span = match &self.limit {
            Limit::Window(window) => window.span(),
            Limit::Bucket(_) | Limit::Counter(_) => 0,
        };
        // What has left the window counts no more, and must not be taken for another.
        if self.clock.ticks().saturating_sub(then) >= span {
            return Ok(());
        }
        let key = Key::from(network.as_slice());
        self.store.give_back(self.charge(&key, then), receipt).await
    }
}

impl<A: Authenticator> Guard for GuessLimit<A> {
    const PLACE: Place = A::PLACE;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        if !self.within.is_presented(head) {
            return self.within.check(head).await;
        }
        let client = ClientAddr::of(&head.extensions).ok_or_else(|| {
            Problem::new(Kind::Misconfigured).because("guess_limit_without_client_address")
        })?;
        let (network, now) = (network(client), self.clock.ticks());
        let taken = self.take(&network, now).await?;
        let verdict = self.within.check(head).await;
        let problem = verdict.as_ref().err().and_then(Stop::problem);
        if let Some(receipt) = taken
            && !problem.is_some_and(|problem| (self.is_guess)(problem))
        {
            let given = self.give_back(&network, now, receipt).await;
            forgive(self.when_down, given)?;
        }
        verdict
    }

    fn describe(&self) -> Demand {
        let most = format!("wrong credentials {} by network", self.quota);
        let (units, period) = self.quota.rate();
        let quota = QuotaDemand::new(most)
            .of_each("network", units, period)
            .charging(Charged::WrongCredentials);
        self.within.describe().and(Demand::Quota(quota))
    }
}

impl<A: Authenticator> Authenticator for GuessLimit<A> {
    fn is_presented(&self, head: &Parts) -> bool {
        self.within.is_presented(head)
    }

    fn challenges(&self) -> Vec<Challenge> {
        self.within.challenges()
    }
}

impl<S, A: Authenticator + Clone> Layer<S> for GuessLimit<A> {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}

impl<A: fmt::Debug> fmt::Debug for GuessLimit<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuessLimit")
            .field("within", &self.within)
            .field("quota", &self.quota)
            .finish_non_exhaustive()
    }
}
