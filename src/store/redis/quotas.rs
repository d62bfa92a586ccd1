//! Quotas on Redis.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use redis::aio::ConnectionManager;
use sha2::Sha256;

use super::asked::{Asked, HASH_LEN, Name};
use super::batches::Line;
use super::leases::Leases;
use super::refusals::Refusals;
use super::store::{RedisConnection, RedisStore};
use super::terms::Terms;
use crate::clock::nanoseconds;
use crate::config::ConfigError;
use crate::secret::Secret;
use crate::store::{Answer, Charge, Decision, Quotas, Receipt};

/// How long a decision may take.
const DEADLINE: Duration = Duration::from_millis(50);
/// How many charges one call may be about.
const CHARGES_A_CALL: usize = 128;
/// Lua takes no more than 8 000 values at once.
const MOST_CHARGES_A_CALL: usize = 1_000;
const LEAST_SECRET: usize = 32;

/// Counts quotas on a Redis server or cluster (Redis 7, Valkey), for a whole fleet: however many
/// processes ask, no more is admitted than the quota. One round trip a decision, for all quotas of
/// a request together.
///
/// - **The clock is the server's** ([`Charge::now`] only tells how old a refusal or a lease is), so
///   that it does not matter if those of the nodes differ. It counts in microseconds; periods and the interval of a bucket
///   are rounded up to them, which for a bucket of more than 10 000 units a second makes the rate
///   lower by more than 1 %.
/// - **Keys** are called `portcullis:bucket:{..}`, `portcullis:window:{..}` or
///   `portcullis:counter:{..}` with 32 hexadecimal digits: HMAC-SHA-256 of policy and key with the
///   `secret`, cut to 128 bits. There is no way back to an address or a name without the secret.
/// - **What is kept** of a bucket is one number, of a counter five, and of a sliding window eight
///   bytes for each unit in use.
/// - **Each key goes when it owes nothing.** A server that is full must not drop others instead:
///   `maxmemory-policy` is `noeviction` (then a full server is an error) or at least
///   `volatile-ttl`. Nothing need be on the disk: a server that comes back empty has given everybody
///   a fresh quota, no more.
/// - **What waits is sent together**: while a call is under way, who comes waits for its answer and
///   is then sent with all others who did, up to 128 charges in one call; from 16 on they are sent
///   at once, if only one call is under way. Who comes when nothing is under way waits for nobody.
/// - **On a cluster** the keys of a request lie in different slots, which no command may touch
///   together. That is noticed at the first refusal of the cluster (`CROSSSLOT`); from then on
///   each quota is sent by itself, those of a request are asked one after another, and if one refuses
///   or the caller goes away, the others are given back. Meanwhile others may be refused too soon,
///   but nobody is admitted too often.
/// - **A refusal is remembered** for as long as it must last, though for at most a second, for up to
///   65 536 keys: a flood on a quota that is used up does not reach the server. It is exact, since
///   what is owed can only shrink with time, or by [`give_back`](Quotas::give_back): if that
///   happens at another node, this one notices within that second. So it is with several quotas of
///   which one is used up; how the others stand is then told as it was when they were asked last.
/// - **Hot keys can be leased**, so that most decisions on them take no round trip, see
///   [`with_leases`](Self::with_leases).
///
/// What it cannot know within the deadline (50 milliseconds, see
/// [`with_deadline`](Self::with_deadline)) is an error, and may have been counted or not. Wrap it
/// in [`FailingOver`](crate::store::FailingOver) to choose what happens then.
pub struct RedisQuotas<C = ConnectionManager> {
    pub(super) line: Line<C>,
    hash: Hmac<Sha256>,
    pub(super) is_cluster: AtomicBool,
    pub(super) refusals: Arc<Refusals>,
    pub(super) leases: Option<Arc<Leases>>,
}

impl<C: RedisConnection> RedisQuotas<C> {
    /// Counts in `store`, whose connection and key prefix it uses. The `secret` is the same on all
    /// nodes of a fleet, since it decides which keys they share; who changes it gives everybody a
    /// fresh quota.
    ///
    /// # Errors
    /// [`ConfigError`] if `secret` is shorter than 32 bytes.
    pub fn over(store: RedisStore<C>, secret: &Secret<Vec<u8>>) -> Result<Self, ConfigError> {
        let fault = || ConfigError::new("the secret of quotas on Redis needs at least 32 bytes");
        if secret.expose().len() < LEAST_SECRET {
            return Err(fault());
        }
        Ok(Self {
            line: Line::new(store.with_deadline(DEADLINE), CHARGES_A_CALL),
            hash: Hmac::new_from_slice(secret.expose()).map_err(|_| fault())?,
            is_cluster: AtomicBool::new(false),
            refusals: Arc::new(Refusals::new()),
            leases: None,
        })
    }

    /// Has every decision end within `deadline` (default: 50 milliseconds), with an error if need
    /// be.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.line.store = self.line.store.with_deadline(deadline);
        self
    }

    /// Sends at most `charges` together (default: 128, at most 1 000); 1, or 0, sends each by itself.
    #[must_use]
    pub fn with_charges_a_call(mut self, charges: usize) -> Self {
        self.line.most = charges.min(MOST_CHARGES_A_CALL);
        self
    }

    /// Takes units of hot token buckets ahead, and admits from them without asking the server, for
    /// at most `age` after they were taken; what is left then is given back. A key is hot once this
    /// node has asked for it 16 times within `age` (a good one: 50 milliseconds). Never is more
    /// admitted than the quota, by however many nodes: what is used late was charged early, and for
    /// that a bucket that can be leased holds fewer units, by those that flow back in `age`.
    ///
    /// The price is that something may be refused too soon: by those units (of those buckets that
    /// are leased, which hold at least 256 units and fill in at least 16 times `age`, a sixteenth
    /// at most); and by what other nodes have taken ahead and not used, for up to `age`. A lease is
    /// at most an eighth of what is left. A node that is killed loses its leases, no more.
    ///
    /// All nodes of a fleet say the same, or more could be admitted than the quota, by what flows
    /// back in `age`. Exact windows and decisions on several quotas are never leased.
    ///
    /// # Errors
    /// [`ConfigError`] unless `age` is between a millisecond and a second.
    pub fn with_leases(mut self, age: Duration) -> Result<Self, ConfigError> {
        if !(Duration::from_millis(1)..=Duration::from_secs(1)).contains(&age) {
            return Err(ConfigError::new(format!(
                "a lease cannot be {age:?} old: use 1 millisecond to 1 second"
            )));
        }
        self.leases = Some(Arc::new(Leases::new(nanoseconds(age))));
        Ok(self)
    }

    /// Has `clock` decide instead of the server's, for tests that move it by hand. Nodes whose
    /// clocks differ then admit too much, and a clock that starts anew with its process lets
    /// quotas that are used up stand for ever.
    #[must_use]
    pub fn dangerous_with_clock(mut self, clock: impl crate::clock::Clock) -> Self {
        self.line.clock = Some(Arc::new(clock));
        self
    }

    pub(super) fn asked(&self, charge: &Charge<'_>) -> Asked {
        let (kind, realm, value) = charge.key.parts();
        let policy = charge.policy.name().as_bytes();
        let mut hash = self.hash.clone();
        hash.update(&[kind as u8]);
        // With all lengths told, no two policies and keys are the same bytes.
        for part in [policy, realm, value] {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let hash: [u8; 2 * HASH_LEN] = hash.finalize().into_bytes().into();
        let hash = hash.first_chunk().copied().unwrap_or_default();
        let mut terms = Terms::of(charge.limit, charge.cost);
        let narrowed = match (&self.leases, &terms) {
            (Some(leases), Terms::Bucket { bucket, .. }) => leases.narrowed(bucket),
            _ => None,
        };
        if let Some(bucket) = narrowed {
            let cost = charge.cost;
            terms = Terms::Bucket { bucket, cost };
        }
        Asked {
            name: Name {
                kind: terms.kind(),
                hash,
            },
            terms,
            is_leasable: narrowed.is_some(),
        }
    }
}

impl<C: RedisConnection> Quotas for RedisQuotas<C> {
    fn take<'a>(&'a self, charge: Charge<'a>) -> Answer<'a, Decision> {
        if let Some(leases) = &self.leases
            && let Some(decision) = leases.take(&charge)
        {
            return Answer::ready(decision);
        }
        Answer::later(self.take_one(charge))
    }

    fn take_all<'a>(
        &'a self,
        charges: &'a [Charge<'a>],
        decisions: &'a mut [Decision],
    ) -> Answer<'a, bool> {
        if let Some(leases) = &self.leases
            && let ([charge], [decision]) = (charges, &mut *decisions)
            && let Some(taken) = leases.take(charge)
        {
            *decision = taken;
            return Answer::ready(taken.admitted);
        }
        Answer::later(self.take_group(charges, decisions))
    }

    fn give_back<'a>(&'a self, charge: Charge<'a>, receipt: Receipt) -> Answer<'a, ()> {
        Answer::later(self.return_one(charge, receipt))
    }
}

impl<C> fmt::Debug for RedisQuotas<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisQuotas")
            .field("store", &self.line.store)
            .finish_non_exhaustive()
    }
}
