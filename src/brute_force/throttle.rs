//! The throttle of a login function.

use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use smallvec::SmallVec;

use super::attempt::{Attempt, Taken};
use super::keys::{Counted, Keys};
use super::rule::Failures;
use super::track::{Charged, Track};
use crate::clock::{Clock, Moment, SystemClock};
use crate::config::ConfigError;
use crate::event;
use crate::identity::ClientAddr;
use crate::problem::{Kind, Problem};
use crate::store::memory::MemoryQuotas;
use crate::store::{Charge, Decision, Key, Limit, Policy, Quota, Quotas, StoreError};

/// How long a network is remembered from which somebody has logged in.
const REMEMBERED: Duration = Duration::from_hours(90 * 24);
/// The longest name of an account, in bytes.
const LONGEST_NAME: usize = 1_024;
/// When to come back if the store cannot answer, in seconds.
const STORE_RETRY: u64 = 5;
const NANOSECONDS: u64 = 1_000_000_000;

/// Counts failed logins by account and network, and refuses when there are too many.
///
/// A handle: clones share what was counted. See [the room](super) for what it promises.
#[derive(Clone, Debug)]
pub struct LoginThrottle {
    name: Arc<str>,
    pair: Track,
    network: Track,
    account: Track,
    known: Arc<Policy>,
    once: Limit,
    strangers: Arc<dyn Quotas>,
    acquainted: Arc<dyn Quotas>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) when_down: WhenDown,
}

/// What to do when the store cannot answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenDown {
    Refuse,
    Allow,
}

impl LoginThrottle {
    /// A throttle called `name`, such as `login`: throttles that share a store share what they
    /// counted if their names are the same. Use another name for one-time codes than for passwords.
    ///
    /// # Errors
    /// [`ConfigError`] if `name` is empty, is longer than 40 bytes, or has other characters than
    /// printable ASCII.
    pub fn new(name: &str) -> Result<Self, ConfigError> {
        if !(1..=40).contains(&name.len()) {
            return Err(ConfigError::new(format!(
                "{name:?} cannot name a throttle: use 1 to 40 printable ASCII characters"
            )));
        }
        let track =
            |what: &str, failures, reason| Track::new(&format!("{name}-{what}"), failures, reason);
        Ok(Self {
            name: name.into(),
            pair: track("pair", Failures::of(5, 50), "too_many_failures")?,
            network: track("network", Failures::of(100, 200), TOO_MANY_OF_NETWORK)?,
            account: track("account", Failures::of(100, 100), TOO_MANY_OF_ACCOUNT)?,
            known: Arc::new(Policy::new(&format!("{name}-known"))?),
            once: Quota::sliding_window(1, REMEMBERED).checked()?,
            strangers: Arc::new(MemoryQuotas::new()),
            acquainted: Arc::new(MemoryQuotas::new()),
            clock: Arc::new(SystemClock),
            when_down: WhenDown::Refuse,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Bears so many failures at one account from one network (default: 5 freely, 50 at most).
    ///
    /// # Errors
    /// None that a name which has served before could cause.
    pub fn with_pair_failures(mut self, failures: Failures) -> Result<Self, ConfigError> {
        self.pair = Track::new(&format!("{}-pair", self.name), failures, self.pair.reason)?;
        Ok(self)
    }

    /// Bears so many failures of strangers from one network, at whatever accounts (default: 100
    /// freely, 200 at most).
    ///
    /// # Errors
    /// None that a name which has served before could cause.
    pub fn with_network_failures(mut self, failures: Failures) -> Result<Self, ConfigError> {
        let name = format!("{}-network", self.name);
        self.network = Track::new(&name, failures, TOO_MANY_OF_NETWORK)?;
        Ok(self)
    }

    /// Bears so many failures of strangers at one account, from whatever networks (default: 100).
    /// With a growing distance each stranger keeps all others waiting.
    ///
    /// # Errors
    /// None that a name which has served before could cause.
    pub fn with_account_failures(mut self, failures: Failures) -> Result<Self, ConfigError> {
        let name = format!("{}-account", self.name);
        self.account = Track::new(&name, failures, TOO_MANY_OF_ACCOUNT)?;
        Ok(self)
    }

    /// Counts the failures of strangers in `strangers`, and keeps in `known` who has logged in from
    /// where and what they got wrong (default: in memory, for this throttle alone). `known` should
    /// be an engine that survives a restart. Engines that have all the room they need may be one and
    /// the same; of engines in memory there should be two, lest a flood of strangers take the room of
    /// those who are known. Both must be able to [give back](Quotas::give_back).
    #[must_use]
    pub fn with_stores(mut self, strangers: Arc<dyn Quotas>, known: Arc<dyn Quotas>) -> Self {
        self.strangers = strangers;
        self.acquainted = known;
        self
    }

    /// Reads the time from `clock` (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Lets every attempt through while the store cannot answer (default: none, 503). Whoever can
    /// bring the store down can then guess without a limit.
    #[must_use]
    pub fn dangerous_allow_when_store_is_down(mut self) -> Self {
        self.when_down = WhenDown::Allow;
        self
    }

    /// Begins an attempt at `account` by the request with this head; it counts as a failure until it
    /// is said to have [succeeded](Attempt::succeeded). Ask before the password is looked at, and
    /// whether there is such an account or not.
    ///
    /// `account` is the name in the one form in which it is looked up: of spellings that mean the
    /// same account, each would have counts of its own.
    ///
    /// # Errors
    /// A problem to answer with, which has been told as an event: 429 if there are too many
    /// failures, 400 if the name is longer than 1024 bytes, 500 if the address of the client is not
    /// known, 503 if the store cannot answer.
    pub async fn begin(&self, head: &Parts, account: &str) -> Result<Attempt, Problem> {
        self.try_begin(head, account)
            .await
            .map_err(|problem| event::refuse(head, problem))
    }

    /// Remembers that the owner of `account` comes from the network of the request with this head,
    /// as if they had logged in. For ways in that are not guessed at: a link by mail, a passkey.
    ///
    /// # Errors
    /// A problem to answer with, as [`begin`](Self::begin).
    pub async fn remember(&self, head: &Parts, account: &str) -> Result<(), Problem> {
        let remembered = match keys(head, account) {
            Ok(keys) => self.forgive(self.note(&keys.pair).await),
            Err(problem) => Err(problem),
        };
        remembered.map_err(|problem| event::refuse(head, problem))
    }

    async fn try_begin(&self, head: &Parts, account: &str) -> Result<Attempt, Problem> {
        let keys = keys(head, account)?;
        let mut attempt = Attempt {
            throttle: self.clone(),
            pair: keys.pair,
            taken: SmallVec::new(),
            is_known: false,
        };
        match self.charge(&keys, &mut attempt).await {
            Ok(None) => Ok(attempt),
            Ok(Some((wait, reason))) => {
                // What this one was charged for it did not get.
                self.forgive(attempt.undo().await)?;
                Err(Problem::new(Kind::QuotaExceeded)
                    .because(reason)
                    .with_retry_after(wait.div_ceil(NANOSECONDS).max(1)))
            }
            Err(error) => self.forgive(Err(error)).map(|()| attempt),
        }
    }

    /// Charges an attempt to all that count it; or says how long to wait, and why. The narrowest
    /// comes first, so that who is refused for what they did themselves takes nothing from others.
    async fn charge(
        &self,
        keys: &Keys,
        attempt: &mut Attempt,
    ) -> Result<Option<(u64, &'static str)>, StoreError> {
        attempt.is_known = self.is_known(&keys.pair).await?;
        let counted = [
            (&self.pair, keys.pair),
            (&self.account, keys.account),
            (&self.network, keys.network),
        ];
        let store = self.store_of(attempt.is_known);
        let counting = if attempt.is_known { 1 } else { counted.len() };
        for (track, key) in counted.into_iter().take(counting) {
            let at = self.clock.ticks();
            match track.charge(store, &key, at).await? {
                Charged::Refused(wait) => return Ok(Some((wait, track.reason))),
                Charged::Taken(mark) => attempt.taken.push(Taken {
                    track: track.clone(),
                    key,
                    mark,
                }),
            }
        }
        Ok(None)
    }

    /// Where attempts are counted.
    pub(super) fn store_of(&self, is_known: bool) -> &dyn Quotas {
        if is_known {
            &*self.acquainted
        } else {
            &*self.strangers
        }
    }

    async fn is_known(&self, pair: &Counted) -> Result<bool, StoreError> {
        Ok(self.ask(pair, 0).await?.remaining == 0)
    }

    /// Remembers that somebody has logged in.
    pub(super) async fn note(&self, pair: &Counted) -> Result<(), StoreError> {
        self.ask(pair, 1).await.map(|_| ())
    }

    async fn ask(&self, pair: &Counted, cost: u32) -> Result<Decision, StoreError> {
        let key = Key::from(pair.as_slice());
        self.acquainted
            .take(Charge {
                policy: &self.known,
                key: &key,
                limit: &self.once,
                cost,
                now: Moment::of(&*self.clock),
            })
            .await
    }

    /// What a fault of the store means.
    pub(super) fn forgive(&self, answer: Result<(), StoreError>) -> Result<(), Problem> {
        forgive(self.when_down, answer)
    }
}

const TOO_MANY_OF_NETWORK: &str = "too_many_failures_of_network";
const TOO_MANY_OF_ACCOUNT: &str = "too_many_failures_of_account";

/// A fault of the store refuses, unless the author has said otherwise.
pub(super) fn forgive(when_down: WhenDown, answer: Result<(), StoreError>) -> Result<(), Problem> {
    match (answer, when_down) {
        (Ok(()), _) | (Err(_), WhenDown::Allow) => Ok(()),
        (Err(error), WhenDown::Refuse) => Err(Problem::new(Kind::Unavailable)
            .because("failure_store_failed")
            .caused_by(error)
            .with_retry_after(STORE_RETRY)),
    }
}

fn keys(head: &Parts, account: &str) -> Result<Keys, Problem> {
    if account.len() > LONGEST_NAME {
        return Err(Problem::new(Kind::InvalidRequest).because("account_name_too_long"));
    }
    let client = ClientAddr::of(&head.extensions).ok_or_else(|| {
        Problem::new(Kind::Misconfigured).because("login_throttle_without_client_address")
    })?;
    Ok(Keys::of(account, client))
}
