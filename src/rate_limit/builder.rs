//! How a limit is made to measure. What concerns quotas is said of all that a limit has by then, so
//! that what concerns only one is said before it is put together with others.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::request::Parts;

use super::counting::Counting;
use super::guard::RateLimit;
use super::headers::HeaderDraft;
use super::rule::{Cost, Plan, Rule};
use crate::clock::{Clock, nanoseconds};
use crate::config::ConfigError;
use crate::guard::ResponseHead;
use crate::identity::Networks;
use crate::store::{Quota, Quotas};

/// Steps that concern quotas are about all that the limit has when they are said; what is meant for
/// one of several is said before [`and`](Self::and).
impl RateLimit {
    /// Calls the limit `name`, as callers see it and as the store keeps it: 1 to 64 printable
    /// ASCII characters. Limits that share a store share quotas if their names are the same.
    ///
    /// # Errors
    /// [`ConfigError`] if `name` is empty, too long or has other characters, or if the limit has
    /// several quotas.
    pub fn with_name(mut self, name: &str) -> Result<Self, ConfigError> {
        match (self.rules.pop(), self.rules.is_empty()) {
            (Some(rule), true) => {
                self.rules.push(rule.named(name)?);
                Ok(self)
            }
            _ => Err(ConfigError::new(format!(
                "several quotas cannot all be called {name:?}: name each before it is put together \
                 with others"
            ))),
        }
    }

    /// Takes `units` from the quota for each request (default: 1).
    ///
    /// # Errors
    /// [`ConfigError`] if `units` is zero, or more than the quota ever holds.
    pub fn with_cost(self, units: u32) -> Result<Self, ConfigError> {
        for rule in &self.rules {
            let most = rule.limit.units();
            if !(1..=most).contains(&units) {
                return Err(ConfigError::new(format!(
                    "a request cannot cost {units} of the quota {}: use 1 to {most} units",
                    rule.quota
                )));
            }
        }
        Ok(self.each(|rule| rule.cost = Cost::Units(units)))
    }

    /// Takes as many units as `cost` says from the quota for each request. One that costs nothing is
    /// let in; one that costs more than the quota ever holds is refused without `Retry-After`.
    #[must_use]
    pub fn with_cost_of<F>(self, cost: F) -> Self
    where
        F: Fn(&Parts) -> u32 + Send + Sync + 'static,
    {
        let cost = Cost::Of(Arc::new(cost));
        self.each(|rule| rule.cost = cost.clone())
    }

    /// Reserves `units` of the quota for each request, and settles them by what the handler says in
    /// [`Spent`](super::Spent): bytes, the cost of a query.
    ///
    /// # Errors
    /// As [`with_cost`](Self::with_cost).
    pub fn with_reservation(self, units: u32) -> Result<Self, ConfigError> {
        let reserving = self.with_cost(units)?;
        Ok(reserving.each(|rule| rule.counting = Counting::AsSpent))
    }

    /// Counts only requests that fail (a status of 400 or more): each is charged when it arrives, so
    /// that parallel ones do not slip through, and given back if it succeeds. One that is abandoned
    /// before it has a response stays charged.
    #[must_use]
    pub fn with_failures_only(self) -> Self {
        self.with_counting(|head| is_failure(head.status))
    }

    /// Counts only requests that succeed (a status below 400), likewise.
    #[must_use]
    pub fn with_successes_only(self) -> Self {
        self.with_counting(|head| !is_failure(head.status))
    }

    /// Counts only requests whose response `counts` says so of, likewise.
    #[must_use]
    pub fn with_counting<F>(self, counts: F) -> Self
    where
        F: Fn(ResponseHead<'_>) -> bool + Send + Sync + 'static,
    {
        let counting = Counting::When(Arc::new(counts));
        self.each(|rule| rule.counting = counting.clone())
    }

    /// Gives a caller whose credential brings a quota of its own that quota instead, of the kind that
    /// the limit's is: [`Principal::allowance`], which API keys may have. Others are given the
    /// limit's own. What was used counts whichever it is, so that nobody has both. An allowance that
    /// is too large for a sliding window is answered with 500, told as a misconfiguration.
    ///
    /// [`Principal::allowance`]: crate::identity::Principal::allowance
    #[must_use]
    pub fn with_allowances(self) -> Self {
        self.each(|rule| rule.plan = Plan::Allowances)
    }

    /// Gives a caller the quota that `plan` says, or the limit's own if it says none. What was used
    /// stays used when a plan changes, so nobody is given a fresh quota by changing it. The quota
    /// must be of the limit's own kind (a token bucket, a sliding window); one that is not, or that
    /// cannot be ([`Quota::checked`]), is answered with 500, told as a misconfiguration.
    #[must_use]
    pub fn with_plans<F>(self, plan: F) -> Self
    where
        F: Fn(&Parts) -> Option<Quota> + Send + Sync + 'static,
    {
        let plan = Plan::Own(Arc::new(plan));
        self.each(|rule| rule.plan = plan.clone())
    }

    /// Leaves clients of these networks alone: they are neither charged nor told. The address is
    /// that which the client guard found out.
    #[must_use]
    pub fn with_exempt_networks(self, networks: &Networks) -> Self {
        self.each(|rule| rule.networks = Some(networks.clone()))
    }

    /// Leaves requests alone of which `exempt` says so: they are neither charged nor told. What
    /// callers can choose must not decide it.
    #[must_use]
    pub fn with_exemption<F>(self, exempt: F) -> Self
    where
        F: Fn(&Parts) -> bool + Send + Sync + 'static,
    {
        let exempt: Arc<dyn Fn(&Parts) -> bool + Send + Sync> = Arc::new(exempt);
        self.each(|rule| rule.exemption = Some(Arc::clone(&exempt)))
    }

    /// Refuses nobody: where the quota is used up, an event says that the request would have been
    /// limited, and callers are told nothing. For trying a quota out; each costs the store a
    /// decision of its own.
    #[must_use]
    pub fn with_reports_only(self) -> Self {
        self.each(|rule| rule.is_reporting = true)
    }

    /// Gives wider networks of IPv6 clients quotas as well, so that who has many /64 does not have
    /// as many quotas: for each length of prefix in bits, how many times the quota of a client its
    /// network has. Callers see a quota called `client/56` for the /56, and so on, and so how much of
    /// it their neighbours have left.
    ///
    /// ```
    /// use portcullis::rate_limit::{Quota, RateLimit};
    ///
    /// let clients = RateLimit::per_client(Quota::per_minute(100))
    ///     .and_then(|limit| limit.with_wider_networks(&[(56, 4), (48, 16)]));
    /// # assert!(clients.is_ok());
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] if no quota is per client; if a length is not 16 to 63, or not shorter than
    /// the one before; if a multiple is zero or less than the one before; if such a quota cannot be.
    pub fn with_wider_networks(mut self, networks: &[(u8, u32)]) -> Result<Self, ConfigError> {
        let clients: Vec<Rule> = self
            .rules
            .iter()
            .filter(|r| r.by.is_client())
            .cloned()
            .collect();
        let (mut length, mut multiple) = (64, 1);
        for (shorter, more) in networks.iter().copied() {
            if !(16..length).contains(&shorter) || more < multiple {
                return Err(ConfigError::new(format!(
                    "/{shorter} with {more} times the quota does not fit after /{length} with \
                     {multiple} times: use shorter prefixes of at least 16 bits, and no smaller \
                     multiples"
                )));
            }
            (length, multiple) = (shorter, more);
            for client in &clients {
                self.rules.push(client.wider(length, multiple)?);
            }
        }
        if clients.is_empty() {
            return Err(ConfigError::new(
                "only a quota per client can have wider networks: say with_wider_networks of \
                 RateLimit::per_client",
            ));
        }
        self.checked()
    }

    /// Counts in `store` (default: in memory, for this limit alone).
    #[must_use]
    pub fn with_store(mut self, store: Arc<dyn Quotas>) -> Self {
        self.till.store = store;
        self
    }

    /// Reads the time from `clock` (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.till.clock = Arc::new(clock);
        self
    }

    /// Tells callers where they stand in these headers (default: [`HeaderDraft::Draft11`]).
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderDraft) -> Self {
        self.headers = headers;
        self
    }

    /// Tells an event at most once in `interval` for those whose refusals are alike, and in it how
    /// many refusals it stands for (default: 1 second; zero: each is told). There are 64 lanes into
    /// which keys fall, so that a flood of one caller rarely hides that of another. Near-limit
    /// events and those of limits that only report are told likewise.
    #[must_use]
    pub fn with_event_interval(mut self, interval: Duration) -> Self {
        self.event_interval = nanoseconds(interval);
        self
    }

    /// Tells an event when so many percent of a quota come to be used (default: 80).
    ///
    /// # Errors
    /// [`ConfigError`] unless it is 1 to 100.
    pub fn with_near_limit_at(mut self, percent: u8) -> Result<Self, ConfigError> {
        if !(1..=100).contains(&percent) {
            return Err(ConfigError::new(format!(
                "a quota is never used to {percent} percent: use 1 to 100"
            )));
        }
        self.near = percent;
        Ok(self)
    }

    /// Gives those whom [`top_offenders`](Self::top_offenders) lists the name that `name` finds in
    /// the request that got them there. It may be personal data, which is then kept until others
    /// were refused more often or the process ends.
    #[must_use]
    pub fn with_offenders_named<F>(mut self, name: F) -> Self
    where
        F: Fn(&Parts) -> Option<String> + Send + Sync + 'static,
    {
        self.offender = Some(Arc::new(move |head| name(head).map(Into::into)));
        self
    }

    fn each(mut self, change: impl Fn(&mut Rule)) -> Self {
        self.rules.iter_mut().for_each(change);
        self
    }
}

fn is_failure(status: StatusCode) -> bool {
    status.as_u16() >= 400
}
