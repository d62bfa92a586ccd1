//! Units of hot keys that this node has taken ahead, and admits from without asking.
//!
//! **Why that is never too much.** A lease is charged on the server when it is taken, whole, and
//! a unit of it is used within the time `age` after that. So what is used in a span of the length
//! `w` was charged in one of the length `w + age`. All that is charged to a bucket that can be
//! leased is charged to a *narrower* one, which gives back as fast but holds less by what flows
//! back in `age` ([`Leases::narrowed`]): in `w + age` that admits no more than the whole bucket does
//! in `w`.
//!
//! What is left over at the end is given back, less what has flowed back since it was taken
//! ([`RETURN`](super::leasing::RETURN)): never more than the bucket would lack now if it had
//! not been taken at all. A node that ends with a lease in its hand takes it along.
//!
//! The age counts from before the server was asked, by the clock of this node; only spans of it are
//! looked at, never its moments.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::asked::Name;
use crate::store::gcra::Bucket;
use crate::store::key::Key;
use crate::store::quota::Limit;
use crate::store::quotas::{Charge, Decision, Policy};
use crate::store::secret_hash::SecretHash;

/// How many keys can be leased at once.
const SLOTS: usize = 1 << 10;
/// So many asks within the age of a lease, and a key is hot.
const HOT: u32 = 16;
/// The first lease of a key, and the smallest there is.
const FIRST: u32 = 32;
/// A bucket that holds fewer units, or that fills in fewer ages, is not leased.
const LEAST_BURST: u32 = 256;
const LEAST_AGES: u64 = 16;

/// The leases of this node.
pub(super) struct Leases {
    /// In nanoseconds.
    age: u64,
    secret: SecretHash,
    /// A key has one place; two that have the same are leased in turn.
    slots: Box<[Mutex<Slot>]>,
}

#[derive(Default)]
struct Slot {
    /// Who is watched, by a hash: others with the same do no harm, since no unit is taken by it.
    tag: u64,
    /// So many asks since this moment.
    asks: u32,
    since: u64,
    /// How many units the next lease asks for.
    wanted: u32,
    lease: Option<Lease>,
    leases: u64,
    /// Who waits for the lease that is under way.
    waiting: Option<Vec<oneshot::Sender<()>>>,
}

/// Whose lease it is.
pub(super) struct Lessee {
    policy: Policy,
    key: Key<'static>,
    /// The bucket as the charges name it.
    limit: Bucket,
    /// The moment by this node's clock before the server was asked.
    from: u64,
}

/// What the server has granted.
pub(super) struct Grant {
    /// Where it was charged.
    pub(super) name: Name,
    pub(super) units: u32,
    /// The bucket that was charged.
    pub(super) bucket: Bucket,
    /// The moment by the server's clock, in microseconds.
    pub(super) taken: u64,
    /// What the bucket owed before, in nanoseconds.
    pub(super) debt: u64,
}

/// Units that were charged on the server.
pub(super) struct Lease {
    number: u64,
    lessee: Lessee,
    pub(super) grant: Grant,
    pub(super) left: u32,
}

/// What to do for a charge that no lease covers.
pub(super) enum Step {
    /// Ask for it by itself.
    Alone,
    /// Ask for a lease of so many units, and look again when this ends.
    Lease(u32, oneshot::Receiver<()>),
    /// Somebody has asked for one: look again when this ends.
    Wait(oneshot::Receiver<()>),
}

impl Leases {
    /// Leases that are used for `age` nanoseconds at most.
    pub(super) fn new(age: u64) -> Self {
        Self {
            age,
            secret: SecretHash::new(),
            slots: (0..SLOTS).map(|_| Mutex::default()).collect(),
        }
    }

    pub(super) fn age(&self) -> u64 {
        self.age
    }

    /// The bucket that is charged for each charge to `bucket`, if that can be leased.
    pub(super) fn narrowed(&self, bucket: &Bucket) -> Option<Bucket> {
        let is_wide = bucket.burst() >= LEAST_BURST
            && bucket.tolerance() >= self.age.saturating_mul(LEAST_AGES);
        let less = u32::try_from(self.age.div_ceil(bucket.interval().max(1))).ok()?;
        let burst = bucket.burst().checked_sub(less)?;
        (is_wide && burst > 0).then(|| Bucket::new(bucket.interval(), burst))
    }

    /// Takes the charge from a lease, if there is one with enough left.
    #[inline]
    pub(super) fn take(&self, charge: &Charge<'_>) -> Option<Decision> {
        let Limit::Bucket(limit) = charge.limit else {
            return None;
        };
        if charge.cost == 0 {
            return None;
        }
        let mut slot = self.slot(self.tag(charge.policy, charge.key))?;
        let lease = slot.lease.as_mut()?;
        let passed = charge.now.ticks().checked_sub(lease.lessee.from)?;
        let left = lease.left.checked_sub(charge.cost)?;
        if passed >= self.age || !lease.lessee.is(charge, limit) {
            return None;
        }
        let (grant, used) = (&lease.grant, lease.grant.units - lease.left);
        let owed = grant.bucket.interval().saturating_mul(used.into());
        let debt = grant.debt.saturating_add(owed).saturating_sub(passed);
        let (decision, _) = grant.bucket.take(debt, 0, charge.cost);
        lease.left = left;
        Some(decision)
    }

    /// What to do for a charge, to a bucket that can be leased, that was not covered.
    pub(super) fn step(&self, charge: &Charge<'_>) -> Step {
        let tag = self.tag(charge.policy, charge.key);
        let Some(mut slot) = self.slot(tag) else {
            return Step::Alone;
        };
        let passed = charge.now.coarse().saturating_sub(slot.since);
        if slot.tag != tag {
            if passed < self.age {
                return Step::Alone;
            }
            (slot.tag, slot.since, slot.asks, slot.wanted) = (tag, charge.now.coarse(), 0, FIRST);
        } else if passed >= self.age {
            let is_still_hot = slot.asks >= HOT && passed < 2 * self.age;
            slot.asks = if is_still_hot { HOT } else { 0 };
            slot.since = charge.now.coarse();
        }
        slot.asks = slot.asks.saturating_add(1);
        if slot.asks < HOT || charge.cost == 0 {
            return Step::Alone;
        }
        let (told, tells) = oneshot::channel();
        if let Some(waiting) = &mut slot.waiting {
            waiting.push(told);
            return Step::Wait(tells);
        }
        slot.waiting = Some(vec![told]);
        if slot.lease.as_ref().is_some_and(|lease| lease.left == 0) {
            // It was used up before its time.
            slot.wanted = slot.wanted.saturating_mul(2);
        }
        Step::Lease(slot.wanted.max(FIRST), tells)
    }

    /// Who asks for a lease for such charges.
    pub(super) fn lessee(charge: &Charge<'_>) -> Option<Lessee> {
        let Limit::Bucket(limit) = charge.limit else {
            return None;
        };
        Some(Lessee {
            policy: charge.policy.clone(),
            key: charge.key.clone().into_owned(),
            limit: *limit,
            from: charge.now.coarse(),
        })
    }

    /// Notes what the server has granted, if it has, and wakes who waits. The place and the number
    /// are those of the new lease, for [`close`](Self::close); of the one before, what is left is to
    /// be given back.
    pub(super) fn note(
        &self,
        lessee: Lessee,
        grant: Option<Grant>,
    ) -> (Option<Place>, Option<Lease>) {
        let tag = self.tag(&lessee.policy, &lessee.key);
        let Some(mut slot) = self.slot(tag) else {
            return (None, None);
        };
        slot.waiting = None;
        let Some(grant) = grant.filter(|grant| grant.units > 0) else {
            // Not again at once.
            slot.asks = 0;
            return (None, None);
        };
        slot.leases += 1;
        let number = slot.leases;
        let left = grant.units;
        let before = slot.lease.replace(Lease {
            number,
            lessee,
            grant,
            left,
        });
        (Some(Place { tag, number }), before)
    }

    /// Ends the lease, if it has not ended; what is left of it is to be given back.
    pub(super) fn close(&self, place: &Place) -> Option<Lease> {
        let mut slot = self.slot(place.tag)?;
        let lease = slot.lease.take_if(|lease| lease.number == place.number)?;
        if slot.tag == place.tag {
            // So much was asked in its time, which says how much the next is for.
            let used = lease.grant.units - lease.left;
            (slot.since, slot.asks) = (lease.lessee.from, used);
            slot.wanted = slot.wanted.min(used.saturating_mul(2)).max(FIRST);
        }
        Some(lease)
    }

    #[inline]
    fn tag(&self, policy: &Policy, key: &Key<'_>) -> u64 {
        self.secret.of(policy.id(), key)
    }

    /// A panic cannot leave it in disorder: there is none while it is held.
    fn slot(&self, tag: u64) -> Option<MutexGuard<'_, Slot>> {
        let place = usize::try_from(tag).unwrap_or_default() % SLOTS;
        let slot = self.slots.get(place)?;
        Some(slot.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Where a lease is.
pub(super) struct Place {
    tag: u64,
    number: u64,
}

impl Lessee {
    fn is(&self, charge: &Charge<'_>, limit: &Bucket) -> bool {
        let (kind, realm, value) = self.key.parts();
        let (of_kind, of_realm, of_value) = charge.key.parts();
        self.limit == *limit
            && kind == of_kind
            && is_same(value, of_value)
            && is_same(realm, of_realm)
            && self.policy.id() == charge.policy.id()
            && self.policy.name() == charge.policy.name()
    }
}

/// To compare two empty slices, which point nowhere, costs some machines 100 nanoseconds.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && (one.is_empty() || one == other)
}
