//! Quotas, counted in memory.

use std::fmt;
use std::sync::OnceLock;

use super::counters::Counters;
use super::rings::Rings;
use super::slot::END_OF_TIME;
use super::table::Table;
use crate::config::ConfigError;
use crate::store::answer::Answer;
use crate::store::quota::Limit;
use crate::store::quotas::{Charge, Decision, Quotas, Receipt};
use crate::store::secret_hash::SecretHash;

/// Counts quotas in this process, in a fixed amount of memory (default: room for 65 536 keys).
///
/// Token buckets take 16 bytes a slot: 2 MiB by default, taken when the first is used. A decision
/// for a known key is lock-free. Sliding windows take 8 bytes for each unit in use, 16 of them for
/// each key on average: 8 MiB by default at most, and as much again for their rings. Counters take
/// 40 bytes a key.
///
/// When more keys owe something than there is room for, the rest share buckets: they may be refused
/// too soon, but nobody is admitted too often, and keys that are known already notice nothing.
/// Which keys share cannot be aimed at, since keys are hashed with a secret of this process
/// (`SipHash`, 64 bits). What was counted is gone when the process ends.
pub struct MemoryQuotas {
    keys: usize,
    secret: SecretHash,
    table: OnceLock<Table>,
    rings: OnceLock<Rings>,
    counters: OnceLock<Box<Counters>>,
}

const DEFAULT_KEYS: usize = 1 << 16;
const MOST_KEYS: usize = 1 << 26;

impl MemoryQuotas {
    /// Quotas with room for 65 536 keys.
    #[must_use]
    pub fn new() -> Self {
        Self {
            keys: DEFAULT_KEYS,
            secret: SecretHash::new(),
            table: OnceLock::new(),
            rings: OnceLock::new(),
            counters: OnceLock::new(),
        }
    }

    /// Quotas with room for `keys` keys: those that have used something of their quota and do not
    /// have all of it again.
    ///
    /// # Errors
    /// [`ConfigError`] if `keys` is zero or more than 67 108 864.
    pub fn with_capacity(keys: usize) -> Result<Self, ConfigError> {
        if !(1..=MOST_KEYS).contains(&keys) {
            return Err(ConfigError::new(format!(
                "quotas cannot be kept for {keys} keys: use at least 1 and at most {MOST_KEYS}"
            )));
        }
        Ok(Self {
            keys,
            ..Self::new()
        })
    }
}

impl MemoryQuotas {
    #[inline]
    pub(super) fn decide(&self, charge: &Charge<'_>) -> Decision {
        let hash = self.secret.of(charge.policy.id(), charge.key);
        let exactly = || charge.now.ticks().min(END_OF_TIME);
        match charge.limit {
            Limit::Bucket(bucket) => self.table.get_or_init(|| Table::new(self.keys)).take(
                hash,
                bucket,
                charge.now,
                charge.cost,
            ),
            Limit::Window(window) => self.rings.get_or_init(|| Rings::new(self.keys)).take(
                hash,
                window,
                exactly(),
                charge.cost,
            ),
            Limit::Counter(counter) => self
                .counters
                .get_or_init(|| Box::new(Counters::new(self.keys)))
                .take(hash, counter, exactly(), charge.cost),
        }
    }

    pub(super) fn returned(&self, charge: &Charge<'_>) {
        let hash = || self.secret.of(charge.policy.id(), charge.key);
        match charge.limit {
            Limit::Bucket(bucket) => {
                if let Some(table) = self.table.get() {
                    table.give_back(hash(), bucket, charge.cost);
                }
            }
            Limit::Window(window) => {
                if let Some(rings) = self.rings.get() {
                    let then = charge.now.ticks().min(END_OF_TIME);
                    rings.give_back(hash(), window, then, charge.cost);
                }
            }
            Limit::Counter(counter) => {
                if let Some(counters) = self.counters.get() {
                    let then = charge.now.ticks().min(END_OF_TIME);
                    counters.give_back(hash(), counter, then, charge.cost);
                }
            }
        }
    }
}

impl Quotas for MemoryQuotas {
    fn take<'a>(&'a self, charge: Charge<'a>) -> Answer<'a, Decision> {
        Answer::ready(self.decide(&charge))
    }

    fn take_all<'a>(
        &'a self,
        charges: &'a [Charge<'a>],
        decisions: &'a mut [Decision],
    ) -> Answer<'a, bool> {
        Answer::ready(self.take_together(charges, decisions))
    }

    fn give_back<'a>(&'a self, charge: Charge<'a>, _receipt: Receipt) -> Answer<'a, ()> {
        self.returned(&charge);
        Answer::ready(())
    }
}

impl Default for MemoryQuotas {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryQuotas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryQuotas")
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}
