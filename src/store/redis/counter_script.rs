//! What the scripts of quotas know of counted windows, whose key keeps five numbers however large
//! the quota is.

use super::fault::Fault;
use crate::store::counter::Count;

const NANOSECONDS: u64 = 1_000;
/// A moment from which there is as far to the first as to the last.
const NOW: u64 = u64::MAX / 2;

/// How many words tell of a counter.
pub(super) const WORDS: usize = 5;

/// Takes from a counter. What is kept, and what becomes of it, is that of `store/counter.rs`: the
/// start and the length of the window that runs, the longest that was asked for in it, the units of
/// the one before and its own. A clock that is set back is at worst before the window: then no part
/// of it has passed.
///
/// It is a part of a script that has `now`, `spare` and `reply`.
pub(super) const TAKE: &str = "
        -- The units that weigh in a window of which so much is left, rounded up. What is too large
        -- for one multiplication is multiplied bit by bit, and divided on the way.
        local function weight(units, left, span)
            if units * left < 9007199254740992 then return math.ceil(units * left / span) end
            local whole, rest = 0, 0
            for place = 31, 0, -1 do
                whole, rest = whole * 2, rest * 2
                if rest >= span then whole, rest = whole + 1, rest - span end
                if math.floor(units / 2 ^ place) % 2 == 1 then rest = rest + left end
                if rest >= span then whole, rest = whole + 1, rest - span end
            end
            return rest > 0 and whole + 1 or whole
        end

        local function counter(name, cost, units, span, slides)
            local kept = redis.call('GET', name)
            local start, long, widest, before, used = now, span, span, 0, 0
            if kept then start, long, widest, before, used = struct.unpack('>ddddd', kept) end
            for _, word in ipairs({now - start, long, widest, before, used}) do
                reply[#reply + 1] = word
            end
            local is_forgotten = now >= start + long + math.max(long, widest)
            long, widest = math.max(long, span), math.max(widest, span)
            local over = now - start - long
            if is_forgotten then
                start, long, widest, before, used = now, span, span, 0, 0
            elseif over >= 0 and slides and used > 0 and over < widest then
                start, long, widest, before, used = start + long, widest, span, used, 0
            elseif over >= 0 then
                start, long, widest, before, used = now, span, span, 0, 0
            end
            local heavy = slides and weight(before, long - math.max(now - start, 0), long) or before
            if cost > 0 and used + heavy + cost > units then return false end
            return true, cost > 0 and function()
                local count = struct.pack('>ddddd', start, long, widest, before, used + cost)
                local left = start + long + math.max(long, widest) - now
                redis.call('SET', name, count, 'PX', math.ceil(left / 1000) + spare)
            end
        end
";

/// Gives back to the window in which it was taken.
///
/// It is a part of a script that has `name` and `cost`.
pub(super) const GIVE_BACK: &str = "
        local function uncount(span, moment)
            local kept = redis.call('GET', name)
            if not kept then return 0 end
            local start, long, widest, before, used = struct.unpack('>ddddd', kept)
            if moment >= start then
                used = math.max(used - cost, 0)
            elseif moment >= start - span then
                before = math.max(before - cost, 0)
            else
                return 0
            end
            if before + used > 0 then
                kept = struct.pack('>ddddd', start, long, widest, before, used)
                redis.call('SET', name, kept, 'KEEPTTL')
            else
                redis.call('DEL', name)
            end
            return 1
        end
";

/// What was kept of a counter when it was asked, and when that was by the clock of what was kept.
pub(super) fn found(reply: &mut impl Iterator<Item = i64>) -> Result<(Count, u64), Fault> {
    let mut next = || reply.next().ok_or(Fault::Field("reply"));
    let passed = next()?.saturating_mul(NANOSECONDS.cast_signed());
    let start = NOW.saturating_add_signed(passed.saturating_neg());
    let mut unsigned = || u64::try_from(next()?).map_err(|_| Fault::Field("reply"));
    let span = unsigned()?.saturating_mul(NANOSECONDS);
    let widest = unsigned()?.saturating_mul(NANOSECONDS);
    let mut units = || u32::try_from(unsigned()?).map_err(|_| Fault::Field("reply"));
    Ok((Count::new(start, [span, widest], [units()?, units()?]), NOW))
}
