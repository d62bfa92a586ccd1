//! Remember once, on Redis.

use std::fmt::Write;
use std::sync::LazyLock;

use redis::Script;
use redis::aio::ConnectionLike;

use super::store::RedisStore;
use crate::store::{Answer, Seen, SeenKey, StoreError};

/// The moment until which a key counts is kept, and asked: the caller's clock decides, and the
/// server's only when the key goes.
static INSERT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local until = redis.call('GET', KEYS[1])
        if until and tonumber(until) > tonumber(ARGV[2]) then return 0 end
        redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
        return 1",
    )
});

/// For how many seconds longer the server keeps what is over, so that it never forgets early.
const SPARE: u64 = 60;
/// The longest time that the server is asked to keep anything: 3000 years.
const LONGEST: u64 = 100_000_000_000;

impl<C: ConnectionLike + Clone + Send + Sync + 'static> RedisStore<C> {
    async fn first_seen(&self, key: SeenKey, until: u64, now: u64) -> Result<bool, StoreError> {
        let digest = key.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        let mut script = INSERT.key(self.name("seen", &digest));
        let left = until.saturating_sub(now).saturating_add(SPARE);
        script.arg(until).arg(now).arg(left.min(LONGEST));
        self.invoke(&script).await
    }
}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> Seen for RedisStore<C> {
    fn insert(&self, key: SeenKey, until: u64, now: u64) -> Answer<'_, bool> {
        Answer::later(self.first_seen(key, until, now))
    }
}
