//! How leases are taken on the server, and given back.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use redis::Script;
use tokio::time::Instant;

use super::asked::{Asked, Name};
use super::batches::Line;
use super::bucket_scripts::called;
use super::leases::{Grant, Lease, Leases, Lessee, Step};
use super::store::RedisConnection;
use super::terms::{NANOSECONDS, Terms};
use crate::clock::nanoseconds;
use crate::store::gcra::Bucket;
use crate::store::quotas::{Charge, Decision};

/// Of what a bucket still holds a lease takes at most one part of so many, so that other nodes find
/// something too.
const SHARES: u64 = 8;
/// Fewer units are not worth a lease.
const FEWEST: u64 = 8;

/// Takes a lease from one bucket: told the interval, the size, the number of units wanted and,
/// unless the server's clock decides, the moment. It answers with what was owed before, how many
/// units were taken, and when.
static LEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(&format!(
        "local name, interval, full, now, spare = KEYS[1], ARGV[1] + 0, ARGV[2] + 0, ARGV[4], 60000
        if now then
            now = now + 0
        else
            local time = redis.call('TIME')
            now, spare = time[1] * 1000000 + time[2], 1
        end
        local kept = redis.call('GET', name)
        local debt = kept and math.max(struct.unpack('>d', kept) - now, 0) or 0
        local units = math.min(ARGV[3] + 0, math.floor((full - debt) / interval / {SHARES}))
        if units < {FEWEST} then return {{debt, 0, now}} end
        local owed = debt + units * interval
        local full_at = struct.pack('>d', now + owed)
        redis.call('SET', name, full_at, 'PX', math.ceil(owed / 1000) + spare)
        return {{debt, units, now}}"
    ))
});

/// Gives back what is left of a lease: told the price of that, when the lease was taken and, unless
/// the server's clock decides, the moment.
///
/// Had the units not been taken, the bucket might have been full for some of the time since, in
/// which nothing flows back. What flowed back in that time is therefore not given back a second
/// time: the bucket then never owes less than if they had not been taken.
pub(super) static RETURN: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local name, now, spare = KEYS[1], ARGV[3], 60000
        if now then
            now = now + 0
        else
            local time = redis.call('TIME')
            now, spare = time[1] * 1000000 + time[2], 1
        end
        local back = ARGV[1] - math.max(now - ARGV[2], 0)
        local kept = redis.call('GET', name)
        if back <= 0 or not kept then return 0 end
        local owed = struct.unpack('>d', kept) - back - now
        if owed > 0 then
            local full_at = struct.pack('>d', now + owed)
            redis.call('SET', name, full_at, 'PX', math.ceil(owed / 1000) + spare)
        else
            redis.call('DEL', name)
        end
        return 1",
    )
});

/// Takes the charge from a lease, for which it may ask first, or wait until another has.
pub(super) async fn take<C: RedisConnection>(
    leases: &Arc<Leases>,
    line: &Line<C>,
    charge: &Charge<'_>,
    asked: &Asked,
) -> Option<Decision> {
    let Terms::Bucket { bucket, .. } = asked.terms else {
        return None;
    };
    let (start, asked_at) = (Instant::now(), charge.now.ticks());
    let told = match leases.step(charge) {
        Step::Alone => return None,
        Step::Wait(told) => told,
        Step::Lease(units, told) => {
            let request = Request {
                leases: Arc::clone(leases),
                line: line.clone(),
                name: asked.name,
                lessee: Some(Leases::lessee(charge)?),
            };
            // A task of its own, since any caller may go away while others wait.
            tokio::spawn(request.carry_out(bucket, units));
            told
        }
    };
    // It ends without a word.
    let _ = told.await;
    // The lease may have grown old meanwhile.
    let waited = nanoseconds(start.elapsed());
    let now = asked_at.saturating_add(waited).into();
    leases.take(&Charge { now, ..*charge })
}

/// A lease that is asked for. However it ends, those who wait are woken.
struct Request<C> {
    leases: Arc<Leases>,
    line: Line<C>,
    name: Name,
    lessee: Option<Lessee>,
}

impl<C> Drop for Request<C> {
    fn drop(&mut self) {
        if let Some(lessee) = self.lessee.take() {
            self.leases.note(lessee, None);
        }
    }
}

impl<C: RedisConnection> Request<C> {
    async fn carry_out(mut self, bucket: Bucket, units: u32) {
        let grant = self.ask(bucket, units).await;
        let Some(lessee) = self.lessee.take() else {
            return;
        };
        let (place, before) = self.leases.note(lessee, grant);
        if let Some(before) = before {
            self.give_back(&before).await;
        }
        if let Some(place) = place {
            tokio::time::sleep(Duration::from_nanos(self.leases.age())).await;
            if let Some(lease) = self.leases.close(&place) {
                self.give_back(&lease).await;
            }
        }
    }

    async fn ask(&self, bucket: Bucket, units: u32) -> Option<Grant> {
        let mut call = called(&LEASE, 1, 4);
        call.arg(&*self.name.after(self.line.store.prefix()));
        call.arg(bucket.interval() / NANOSECONDS);
        call.arg(bucket.tolerance() / NANOSECONDS).arg(units);
        if let Some(moment) = self.line.moment() {
            call.arg(moment);
        }
        let reply = self.line.store.call(&LEASE, &call).await;
        let (debt, units, taken): (u64, u32, u64) = reply.ok()?;
        Some(Grant {
            name: self.name,
            units,
            bucket,
            taken,
            debt: debt.saturating_mul(NANOSECONDS),
        })
    }

    /// If it fails, the units stay taken: too much is refused, never too little.
    async fn give_back(&self, lease: &Lease) {
        if lease.left == 0 {
            return;
        }
        let interval = lease.grant.bucket.interval() / NANOSECONDS;
        let mut call = called(&RETURN, 1, 3);
        // That before may have been of another key, of which the place was the same.
        call.arg(&*lease.grant.name.after(self.line.store.prefix()));
        call.arg(interval.saturating_mul(lease.left.into()));
        call.arg(lease.grant.taken);
        if let Some(moment) = self.line.moment() {
            call.arg(moment);
        }
        let _: Result<i64, _> = self.line.store.call(&RETURN, &call).await;
    }
}
