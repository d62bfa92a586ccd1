//! Quotas on Redis.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use redis::aio::ConnectionManager;
use sha2::Sha256;

use super::batches::{Asked, Group, Line};
use super::fault::Fault;
use super::fields::hex;
use super::quota_script::{GIVE_BACK, Terms};
use super::refusals::Refusals;
use super::store::{RedisConnection, RedisStore, error};
use crate::config::ConfigError;
use crate::secret::Secret;
use crate::store::{Answer, Charge, Decision, Quotas, StoreError};

/// How long a decision may take.
const DEADLINE: Duration = Duration::from_millis(50);
/// How many charges one call may be about.
const CHARGES_A_CALL: usize = 128;
const LEAST_SECRET: usize = 32;
/// 128 bits: that two of a million keys share a quota by chance happens once in 10^26 times.
const HASH_LEN: usize = 16;

/// Counts quotas on a Redis server or cluster (Redis 7, Valkey), for a whole fleet: however many
/// processes ask, no more is admitted than the quota. One round trip a decision, for all quotas of
/// a request together.
///
/// - **The clock is the server's** ([`Charge::now`] is not looked at), so that it does not matter
///   if those of the nodes differ. It counts in microseconds; periods and the interval of a bucket
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
///   is then sent with all others who did, up to 128 charges in one call. Who comes when nothing is
///   under way waits for nobody.
/// - **On a cluster** the keys of a request lie in different slots, which no command may touch
///   together. That is noticed at the first refusal of the cluster (`CROSSSLOT`); from then on
///   each quota is sent by itself, those of a request are asked one after another, and if one
///   refuses, the others are given back. Meanwhile others may be refused too soon, but nobody is
///   admitted too often.
/// - **A refusal is remembered** for as long as it must last, though for at most a second, for up to
///   65 536 keys: a flood on a quota that is used up does not reach the server. It is exact, since
///   what is owed can only shrink with time, or by [`give_back`](Quotas::give_back): if that
///   happens at another node, this one notices within that second.
///
/// What it cannot know within the deadline (50 milliseconds, see
/// [`with_deadline`](Self::with_deadline)) is an error, and may have been counted or not. Wrap it
/// in [`FailingOver`](crate::store::FailingOver) to choose what happens then.
pub struct RedisQuotas<C = ConnectionManager> {
    line: Line<C>,
    hash: Hmac<Sha256>,
    is_cluster: AtomicBool,
    refusals: Refusals,
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
            refusals: Refusals::new(),
        })
    }

    /// Has every decision end within `deadline` (default: 50 milliseconds), with an error if need
    /// be.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.line.store = self.line.store.with_deadline(deadline);
        self
    }

    /// Sends at most `charges` together (default: 128); 1, or 0, sends each by itself.
    #[must_use]
    pub fn with_charges_a_call(mut self, charges: usize) -> Self {
        self.line.most = charges;
        self
    }

    /// Has `clock` decide instead of the server's, for tests that move it by hand. Nodes whose
    /// clocks differ then admit too much, and a clock that starts anew with its process lets
    /// quotas that are used up stand for ever.
    #[must_use]
    pub fn dangerous_with_clock(mut self, clock: impl crate::clock::Clock) -> Self {
        self.line.clock = Some(Arc::new(clock));
        self
    }

    fn asked(&self, charge: &Charge<'_>) -> Asked {
        let (kind, realm, value) = charge.key.parts();
        let policy = charge.policy.name().as_bytes();
        let mut hash = self.hash.clone();
        hash.update(&[kind as u8]);
        // With all lengths told, no two policies and keys are the same bytes.
        for part in [policy, realm, value] {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let hash = hash.finalize().into_bytes();
        let terms = Terms::of(charge.limit, charge.cost);
        Asked {
            name: self
                .line
                .store
                .name(terms.kind(), &hex(hash.get(..HASH_LEN).unwrap_or(&hash))),
            terms,
        }
    }

    /// Takes what one group asks for, or nothing.
    async fn ask(&self, group: &Group, decisions: &mut [Decision]) -> Result<bool, Fault> {
        let reply = if self.is_cluster.load(Relaxed) {
            self.line.ask_alone(group).await
        } else {
            match self.line.ask(group).await {
                Err(fault) if fault.is_of_slots() => {
                    self.is_cluster.store(true, Relaxed);
                    self.line.ask_alone(group).await
                }
                reply => reply,
            }
        };
        let mut reply = reply?.into_iter();
        let mut admitted = true;
        for (asked, decision) in group.iter().zip(decisions) {
            *decision = asked.terms.decided(&mut reply)?;
            admitted &= decision.admitted;
        }
        if admitted {
            for asked in &**group {
                self.refusals.forget(&asked.name);
            }
        }
        Ok(admitted)
    }

    async fn take_one(&self, charge: Charge<'_>) -> Result<Decision, StoreError> {
        let asked = self.asked(&charge);
        if let Some(refused) = self
            .refusals
            .known(&asked.name, &asked.terms, charge.now.coarse())
        {
            return Ok(refused);
        }
        let mut decision = Decision::default();
        let (name, terms) = (asked.name.clone(), asked.terms);
        let group: Group = Arc::new([asked]);
        let decisions = std::slice::from_mut(&mut decision);
        self.ask(&group, decisions).await.map_err(error)?;
        self.refusals
            .note(&name, &terms, charge.now.coarse(), &decision);
        Ok(decision)
    }

    async fn take_group(
        &self,
        charges: &[Charge<'_>],
        decisions: &mut [Decision],
    ) -> Result<bool, StoreError> {
        if charges.len() != decisions.len() {
            return Err(error(Fault::Field("decisions")));
        }
        if charges.is_empty() {
            return Ok(true);
        }
        if !self.is_cluster.load(Relaxed) {
            let group: Group = charges.iter().map(|charge| self.asked(charge)).collect();
            match self.ask(&group, decisions).await {
                Err(fault) if fault.is_of_slots() => {}
                answer => return answer.map_err(error),
            }
        }
        self.take_in_turn(charges, decisions).await
    }

    /// One after another, as on a cluster. Who is refused, or learns nothing, has what was taken
    /// given back.
    async fn take_in_turn(
        &self,
        charges: &[Charge<'_>],
        decisions: &mut [Decision],
    ) -> Result<bool, StoreError> {
        let mut taken = Vec::with_capacity(charges.len());
        let mut outcome = Ok(true);
        for (charge, decision) in charges.iter().zip(decisions) {
            // After a refusal the rest are looked at, to tell where they stand.
            let spent = if matches!(outcome, Ok(true)) {
                charge.cost
            } else {
                0
            };
            match self
                .take_one(Charge {
                    cost: spent,
                    ..*charge
                })
                .await
            {
                Ok(found) => {
                    *decision = if spent == charge.cost {
                        found
                    } else {
                        found.as_if_asked(charge.cost)
                    };
                    if !decision.admitted {
                        outcome = Ok(false);
                    } else if spent > 0 {
                        taken.push(*charge);
                    }
                }
                Err(fault) => {
                    outcome = Err(fault);
                    break;
                }
            }
        }
        if !matches!(outcome, Ok(true)) {
            for charge in taken {
                // If it fails, the units stay taken: too much is refused, never too little.
                let _ = self.return_one(charge).await;
            }
        }
        outcome
    }

    async fn return_one(&self, charge: Charge<'_>) -> Result<(), StoreError> {
        if charge.cost == 0 {
            return Ok(());
        }
        let asked = self.asked(&charge);
        let script = self.line.told(&GIVE_BACK, [std::slice::from_ref(&asked)]);
        let _: i64 = self.line.store.invoke(&script).await?;
        self.refusals.forget(&asked.name);
        Ok(())
    }
}

impl<C: RedisConnection> Quotas for RedisQuotas<C> {
    fn take<'a>(&'a self, charge: Charge<'a>) -> Answer<'a, Decision> {
        Answer::later(self.take_one(charge))
    }

    fn take_all<'a>(
        &'a self,
        charges: &'a [Charge<'a>],
        decisions: &'a mut [Decision],
    ) -> Answer<'a, bool> {
        Answer::later(self.take_group(charges, decisions))
    }

    fn give_back<'a>(&'a self, charge: Charge<'a>) -> Answer<'a, ()> {
        Answer::later(self.return_one(charge))
    }
}

impl<C> fmt::Debug for RedisQuotas<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisQuotas")
            .field("store", &self.line.store)
            .finish_non_exhaustive()
    }
}
