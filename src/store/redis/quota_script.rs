//! The one script that counts quotas, what it is told and what it answers.

use std::sync::LazyLock;

use redis::{Script, ScriptInvocation};

use super::counter_script;
use super::fault::Fault;
use crate::store::counter::Counter;
use crate::store::gcra::Bucket;
use crate::store::quota::Limit;
use crate::store::quotas::Decision;
use crate::store::window::Window;

/// Takes the charges of groups, each of them all or nothing, one after another.
///
/// The first argument is the moment in microseconds, or nothing: then the server's own clock
/// decides. Then each group says of how many charges it is, and each charge its kind, its cost, its
/// limit and (of windows, exact or counted) the span. All numbers are whole and below 2^53, where those of Lua are
/// exact. What is kept of a bucket is the moment at which it is full; of a window the moments at
/// which units were taken, eight bytes each, oldest first, and of those that have left it never
/// more than of those that are in it, and at its end how far it reaches, as in `store/reach.rs`. A
/// key goes by itself when it says no more than that nobody has used anything.
///
/// The clock of a server can be set back, and a replica that takes over can be behind: then a
/// bucket is at worst empty, and a window stands still until the moment of its last unit.
pub(super) static TAKE: LazyLock<Script> = LazyLock::new(|| {
    let script = [
        "local now, spare = tonumber(ARGV[1]), 60000
        if not now then
            local time = redis.call('TIME')
            now, spare = time[1] * 1000000 + time[2], 1
        end
        local reply, at, key = {}, 2, 0",
        counter_script::TAKE,
        "local function bucket(name, price, full)
            local kept = redis.call('GET', name)
            local debt = kept and math.max(tonumber(kept) - now, 0) or 0
            reply[#reply + 1] = debt
            if price > 0 and debt + price > full then return false end
            local owed = debt + price
            return true, price > 0 and function()
                redis.call('SET', name, now + owed, 'PX', math.ceil(owed / 1000) + spare)
            end
        end

        local function window(name, cost, units, span)
            local len = math.max((redis.call('STRLEN', name) - 32) / 8, 0)
            local last, longest, most, till, lost = now, span, units, 0, 0
            if len > 0 then
                local tail = redis.call('GETRANGE', name, -40, -1)
                last, longest, most, till, lost = struct.unpack('>ddddd', tail)
            end
            local function stamp(place)
                if place >= len then return now end
                local bytes = redis.call('GETRANGE', name, place * 8, place * 8 + 7)
                return (struct.unpack('>d', bytes))
            end
            local moment = math.max(now, last)
            local function gone(life)
                local low, high = 0, len
                while low < high do
                    local middle = math.floor((low + high) / 2)
                    if stamp(middle) + life <= moment then low = middle + 1 else high = middle end
                end
                return low
            end
            local life = math.min(span, longest)
            local past = gone(life)
            local used = len - past
            local needed = used + cost - units
            local fits = cost == 0 or needed <= 0
            local stays = fits and cost > 0 and span or life
            reply[#reply + 1] = used
            reply[#reply + 1] = stamp(past + math.max(used - units, 0)) + stays - now
            reply[#reply + 1] = stamp(past + math.max(needed - 1, 0)) + life - now
            return fits, fits and cost > 0 and function()
                local first, reaches_further = past, span > longest
                if last + longest <= moment or moment >= till then
                    longest, most, till, lost = span, units, moment + span, 0
                else
                    if span < longest then
                        first = gone(longest)
                    else
                        longest, till = span, moment + span
                    end
                    most = math.max(most, units)
                end
                if len + cost - first > most then first, lost = len + cost - most, 1 end
                local tail = struct.pack('>dddd', longest, most, till, lost)
                tail = string.rep(struct.pack('>d', moment), cost) .. tail
                local left = math.ceil((moment + longest - now) / 1000) + spare
                if first * 2 >= len or reaches_further then
                    if first < len then
                        tail = redis.call('GETRANGE', name, first * 8, len * 8 - 1) .. tail
                    end
                    redis.call('SET', name, tail, 'PX', left)
                else
                    redis.call('SETRANGE', name, len * 8, tail)
                    redis.call('PEXPIRE', name, left)
                end
            end
        end

        while ARGV[at] do
            local group, admitted, writes = tonumber(ARGV[at]), true, {}
            at = at + 1
            for _ = 1, group do
                key = key + 1
                local name, kind = KEYS[key], ARGV[at]
                local cost, limit = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
                local fits, write
                if kind == 'b' then
                    fits, write = bucket(name, cost, limit)
                    at = at + 3
                else
                    local span = tonumber(ARGV[at + 3])
                    if kind == 'w' then
                        fits, write = window(name, cost, limit, span)
                    else
                        fits, write = counter(name, cost, limit, span, kind == 's')
                    end
                    at = at + 4
                end
                admitted = admitted and fits
                if write then writes[#writes + 1] = write end
            end
            if admitted then
                for _, write in ipairs(writes) do write() end
            end
        end
        return reply",
    ];
    Script::new(&script.concat())
});

/// Gives back the units of one charge, which is told as to [`TAKE`]: of a window those that were
/// taken last. A bucket is never more than full, and a window never more than empty.
pub(super) static GIVE_BACK: LazyLock<Script> = LazyLock::new(|| {
    let script = [
        "local now, name, cost, spare = tonumber(ARGV[1]), KEYS[1], tonumber(ARGV[4]), 60000
        if not now then
            local time = redis.call('TIME')
            now, spare = time[1] * 1000000 + time[2], 1
        end",
        counter_script::GIVE_BACK,
        "if ARGV[3] == 'b' then
            local kept = redis.call('GET', name)
            if not kept then return 0 end
            local owed = tonumber(kept) - cost - now
            if owed > 0 then
                redis.call('SET', name, now + owed, 'PX', math.ceil(owed / 1000) + spare)
            else
                redis.call('DEL', name)
            end
        elseif ARGV[3] == 'w' then
            local left = redis.call('STRLEN', name) - 32 - cost * 8
            local tail = redis.call('GETRANGE', name, -32, -1)
            if tail == '' or select(4, struct.unpack('>dddd', tail)) == 1 then return 0 end
            if left > 0 then
                local kept = redis.call('GETRANGE', name, 0, left - 1)
                redis.call('SET', name, kept .. tail, 'KEEPTTL')
            else
                redis.call('DEL', name)
            end
        else
            uncount()
        end
        return 1",
    ];
    Script::new(&script.concat())
});

/// A charge in the terms of the scripts: whole microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Terms {
    Bucket { bucket: Bucket, cost: u32 },
    Window { window: Window, cost: u32 },
    Counter { counter: Counter, cost: u32 },
}

const NANOSECONDS: u64 = 1_000;

impl Terms {
    /// What `cost` units of `limit` are. Times are rounded up to whole microseconds, so that no
    /// more is admitted than the limit allows.
    pub(super) fn of(limit: &Limit, cost: u32) -> Self {
        let whole = |time: u64| time.div_ceil(NANOSECONDS).saturating_mul(NANOSECONDS);
        match limit {
            Limit::Bucket(bucket) => Self::Bucket {
                bucket: Bucket::new(whole(bucket.interval()), bucket.burst()),
                cost,
            },
            Limit::Window(window) => Self::Window {
                window: Window::new(window.units(), whole(window.span())),
                cost,
            },
            Limit::Counter(counter) => Self::Counter {
                counter: Counter::new(counter.units(), whole(counter.span()), counter.slides()),
                cost,
            },
        }
    }

    /// The kind, for the names of keys: they keep different things.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Bucket { .. } => "bucket",
            Self::Window { .. } => "window",
            Self::Counter { .. } => "counter",
        }
    }

    /// Of how many words the answer is.
    pub(super) fn words(&self) -> usize {
        match self {
            Self::Bucket { .. } => 1,
            Self::Window { .. } => 3,
            Self::Counter { .. } => counter_script::WORDS,
        }
    }

    /// Tells a script of the charge.
    pub(super) fn tell(&self, script: &mut ScriptInvocation<'_>) {
        match self {
            Self::Bucket { bucket, cost } => {
                let interval = bucket.interval() / NANOSECONDS;
                // What costs more than the whole bucket is refused whatever it costs.
                let units = u64::from(bucket.burst()) + 1;
                let price = interval.saturating_mul(u64::from(*cost).min(units));
                script.arg("b").arg(price);
                script.arg(bucket.tolerance() / NANOSECONDS);
            }
            Self::Window { window, cost } => {
                let cost = u64::from(*cost).min(u64::from(window.units()) + 1);
                script.arg("w").arg(cost).arg(window.units());
                script.arg(window.span() / NANOSECONDS);
            }
            Self::Counter { counter, cost } => {
                let cost = u64::from(*cost).min(u64::from(counter.units()) + 1);
                let kind = if counter.slides() { "s" } else { "f" };
                script.arg(kind).arg(cost).arg(counter.units());
                script.arg(counter.span() / NANOSECONDS);
            }
        }
    }

    /// What the next words of the reply mean for the charge.
    pub(super) fn decided(&self, reply: &mut impl Iterator<Item = i64>) -> Result<Decision, Fault> {
        let mut next = || {
            let word = reply.next().and_then(|word| u64::try_from(word).ok());
            word.ok_or(Fault::Field("reply"))
        };
        match self {
            Self::Bucket { bucket, cost } => {
                let debt = next()?.saturating_mul(NANOSECONDS);
                Ok(bucket.take(debt, 0, *cost).0)
            }
            Self::Counter { counter, cost } => {
                let (count, now) = counter_script::found(reply)?;
                Ok(counter.take(count, now, *cost).0)
            }
            Self::Window { window, cost } => {
                let (used, reset, retry) = (next()?, next()?, next()?);
                let free = u64::from(window.units()).saturating_sub(used);
                let wanted = u64::from(*cost);
                let admitted = wanted <= free;
                let taken = if admitted { wanted } else { 0 };
                let in_use = used > 0 || taken > 0;
                Ok(Decision {
                    admitted,
                    limit: window.units().into(),
                    remaining: free - taken,
                    reset_after: if in_use {
                        reset.saturating_mul(NANOSECONDS)
                    } else {
                        0
                    },
                    retry_after: (!admitted && *cost <= window.units())
                        .then(|| retry.saturating_mul(NANOSECONDS)),
                })
            }
        }
    }
}
