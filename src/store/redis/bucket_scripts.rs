//! The scripts for what is asked most: token buckets, each by itself.
//!
//! They decide as that of [`quota_script`](super::quota_script) does, which knows all kinds and
//! takes from several together, and keep the same state.

use std::sync::LazyLock;

use redis::{Cmd, Script};

use super::asked::Asked;
use super::terms::{Price, Terms};

/// Takes from one bucket: told its price, its size and, unless the server's clock decides, the
/// moment. It answers with what was owed before.
pub(super) static TAKE_BUCKET: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local call, name, struct, now, spare = redis.call, KEYS[1], struct, ARGV[3], 60000
        if now then
            now = now + 0
        else
            local time = call('TIME')
            now, spare = time[1] * 1000000 + time[2], 1
        end
        local price, kept, debt = ARGV[1] + 0, call('GET', name), 0
        if kept then
            debt = struct.unpack('>d', kept) - now
            if debt < 0 then debt = 0 end
        end
        local owed = debt + price
        if owed <= ARGV[2] + 0 and price > 0 then
            call('SET', name, struct.pack('>d', now + owed), 'PX', (owed + -owed % 1000) / 1000 + spare)
        end
        return debt",
    )
});

/// Takes from many buckets, one after another. The first argument is the moment or nothing, then
/// follow the terms, each with the number of the keys that they are those of. It answers with what
/// each bucket owed before. All are read at once, and each is written at most once, at the end.
pub(super) static TAKE_BUCKETS: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local call, pack, unpack, now, spare = redis.call, struct.pack, struct.unpack, ARGV[1], 60000
        if now ~= '' then
            now = now + 0
        else
            local time = call('TIME')
            now, spare = time[1] * 1000000 + time[2], 1
        end
        local reply, owing, key, names = {}, {}, 0, KEYS
        local kept = call('MGET', _G.unpack(names))
        for run = 2, #ARGV, 3 do
            local price, full = ARGV[run + 1] + 0, ARGV[run + 2] + 0
            for place = key + 1, key + ARGV[run] do
                local name = names[place]
                local debt = owing[name]
                if not debt then
                    debt = kept[place]
                    debt = debt and unpack('>d', debt) - now or 0
                    if debt < 0 then debt = 0 end
                end
                reply[place] = debt
                local owed = debt + price
                if owed <= full and price > 0 then owing[name] = owed end
            end
            key = key + ARGV[run]
        end
        for name, owed in pairs(owing) do
            call('SET', name, pack('>d', now + owed), 'PX', (owed + -owed % 1000) / 1000 + spare)
        end
        return reply",
    )
});

/// A call of [`TAKE_BUCKET`] at `moment`.
pub(super) fn take_bucket(asked: &Asked, price: Price, prefix: &str, moment: Option<u64>) -> Cmd {
    let mut call = called(&TAKE_BUCKET, 1, 6);
    call.arg(&*asked.name.after(prefix));
    call.arg(price.price).arg(price.full);
    if let Some(moment) = moment {
        call.arg(moment);
    }
    call
}

/// A call of [`TAKE_BUCKETS`] at `moment`. What is not a bucket is left out.
pub(super) fn take_buckets(asked: &[&Asked], prefix: &str, moment: Option<u64>) -> Cmd {
    let mut call = called(&TAKE_BUCKETS, asked.len(), 4);
    for asked in asked {
        call.arg(&*asked.name.after(prefix));
    }
    match moment {
        Some(moment) => call.arg(moment),
        None => call.arg(""),
    };
    let mut told = |count: usize, price: Price| {
        if count > 0 {
            call.arg(count).arg(price.price).arg(price.full);
        }
    };
    let (mut count, mut last) = (0, Price::default());
    for price in asked.iter().filter_map(|asked| asked.terms.price()) {
        if price != last {
            told(count, last);
            (count, last) = (0, price);
        }
        count += 1;
    }
    told(count, last);
    call
}

/// A call of `script` that is about so many `keys`, which come first.
pub(super) fn called(script: &Script, keys: usize, further: usize) -> Cmd {
    const BYTES_A_KEY: usize = 64;
    let mut call = Cmd::with_capacity(3 + keys + further, 128 + keys * BYTES_A_KEY);
    call.arg("EVALSHA").arg(script.get_hash()).arg(keys);
    call
}

/// Whether the scripts here can take it.
pub(super) fn is_bucket(group: &[Asked]) -> bool {
    matches!(
        group,
        [Asked {
            terms: Terms::Bucket { .. },
            ..
        }]
    )
}
