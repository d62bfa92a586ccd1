//! The script that counts all kinds of quotas, and that which gives back.

use std::sync::LazyLock;

use redis::Script;

use super::counter_script;

/// Takes the charges of groups, each of them all or nothing, one after another.
///
/// The first argument is the moment in microseconds, or nothing: then the server's own clock
/// decides. Then each group says of how many charges it is, and each charge its kind, its cost, its
/// limit and (of windows, exact or counted) the span. All numbers are whole and below 2^53, where
/// those of Lua are exact. What is kept of a bucket is the moment at which it is full, in eight
/// bytes; of a window the moments at which units were taken, eight bytes each, oldest first, and of
/// those that have left it never more than of those that are in it, and at its end how far it
/// reaches, as in `store/reach.rs`. A key goes by itself when it says no more than that nobody has
/// used anything.
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
            local debt = kept and math.max(struct.unpack('>d', kept) - now, 0) or 0
            reply[#reply + 1] = debt
            if price > 0 and debt + price > full then return false end
            local owed = debt + price
            return true, price > 0 and function()
                local full_at = struct.pack('>d', now + owed)
                redis.call('SET', name, full_at, 'PX', math.ceil(owed / 1000) + spare)
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
        reply[#reply + 1] = now
        return reply",
    ];
    Script::new(&script.concat())
});

/// Gives back the units of one charge, which is told as to [`TAKE`], with the moment at which they
/// were taken as the last argument. A bucket is never more than full, and a window never more than
/// empty; what has left its window is not there to be given back.
///
/// They stand in the window at that moment or, if the clock of the server was set back, after it:
/// the first units from then on are theirs, or older ones that leave the window sooner.
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
            local owed = struct.unpack('>d', kept) - cost - now
            if owed > 0 then
                local full_at = struct.pack('>d', now + owed)
                redis.call('SET', name, full_at, 'PX', math.ceil(owed / 1000) + spare)
            else
                redis.call('DEL', name)
            end
            return 1
        end
        local span, moment = tonumber(ARGV[6]), tonumber(ARGV[7])
        if ARGV[3] ~= 'w' then return uncount(span, moment) end
        local len = (redis.call('STRLEN', name) - 32) / 8
        if len < 0 or moment + span <= now then return 0 end
        local tail = redis.call('GETRANGE', name, -32, -1)
        if select(4, struct.unpack('>dddd', tail)) == 1 then return 0 end
        local low, high = 0, len
        while low < high do
            local middle = math.floor((low + high) / 2)
            local bytes = redis.call('GETRANGE', name, middle * 8, middle * 8 + 7)
            if struct.unpack('>d', bytes) < moment then low = middle + 1 else high = middle end
        end
        local kept = redis.call('GETRANGE', name, math.min(low + cost, len) * 8, -1)
        if low > 0 then kept = redis.call('GETRANGE', name, 0, low * 8 - 1) .. kept end
        if #kept > 32 then
            redis.call('SET', name, kept, 'KEEPTTL')
        else
            redis.call('DEL', name)
        end
        return 1",
    ];
    Script::new(&script.concat())
});
