//! Remember once, on Redis.

use std::sync::LazyLock;

use super::fields::{FARTHEST, hex};
use super::store::{RedisConnection, RedisStore};
use crate::store::{Answer, Seen, SeenKey, StoreError};
use redis::Script;

/// The moment until which a key counts is kept, and asked: the caller's clock decides, and the
/// server's only when the key goes.
static INSERT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local kept = redis.call('GET', KEYS[1])
        if kept and tonumber(kept) > tonumber(ARGV[2]) then return 0 end
        redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
        return 1",
    )
});

/// For how many seconds longer the server keeps what is over, so that it never forgets early.
const SPARE: u64 = 60;

impl<C: RedisConnection> RedisStore<C> {
    async fn first_seen(&self, key: SeenKey, until: u64, now: u64) -> Result<bool, StoreError> {
        let mut script = INSERT.key(self.name("seen", &hex(&key)));
        let left = until.saturating_sub(now).saturating_add(SPARE);
        script.arg(until).arg(now).arg(left.min(FARTHEST));
        self.invoke(&script).await
    }
}

impl<C: RedisConnection> Seen for RedisStore<C> {
    fn insert(&self, key: SeenKey, until: u64, now: u64) -> Answer<'_, bool> {
        Answer::later(self.first_seen(key, until, now))
    }
}
