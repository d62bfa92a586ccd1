//! What was withdrawn, on Redis.

use std::sync::LazyLock;

use futures_util::future::try_join_all;
use redis::Script;

use super::fields::{FARTHEST, hex};
use super::store::{RedisConnection, RedisStore};
use crate::store::{Answer, RevocationMarks, SeenKey, StoreError};

/// Of both moments the later counts; what is over does not. Numbers are handed on as they were
/// written, since those of Lua are not exact beyond 2^53.
static REVOKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local is = redis.call('HMGET', KEYS[1], 'issued', 'until')
        local issued, till, left = ARGV[1], ARGV[2], tonumber(ARGV[4])
        if is[2] and tonumber(is[2]) > tonumber(ARGV[3]) then
            if tonumber(is[1]) > tonumber(issued) then issued = is[1] end
            if tonumber(is[2]) > tonumber(till) then till = is[2] end
            left = math.max(left, redis.call('TTL', KEYS[1]))
        end
        redis.call('HSET', KEYS[1], 'issued', issued, 'until', till)
        redis.call('EXPIRE', KEYS[1], string.format('%.0f', left))
        return 1",
    )
});

/// For how many seconds longer the server keeps what is over, so that it never forgets early.
const SPARE: u64 = 60;

impl<C: RedisConnection> RedisStore<C> {
    fn mark_name(&self, mark: &SeenKey) -> String {
        self.name("revoked", &hex(mark))
    }

    async fn issued(&self, mark: &SeenKey, now: u64) -> Result<Option<u64>, StoreError> {
        let mut command = redis::cmd("HMGET");
        command.arg(self.mark_name(mark)).arg("issued").arg("until");
        let (issued, until): (Option<u64>, Option<u64>) = self.query(&command).await?;
        Ok(issued.filter(|_| until.is_some_and(|until| until > now)))
    }
}

impl<C: RedisConnection> RevocationMarks for RedisStore<C> {
    fn revoke(&self, mark: SeenKey, issued: u64, until: u64, now: u64) -> Answer<'_, ()> {
        Answer::later(async move {
            let mut script = REVOKE.key(self.mark_name(&mark));
            let left = until.saturating_sub(now).saturating_add(SPARE);
            script.arg(issued).arg(until).arg(now);
            let _: bool = self.invoke(script.arg(left.min(FARTHEST))).await?;
            Ok(())
        })
    }

    fn latest<'a>(&'a self, marks: &'a [SeenKey], now: u64) -> Answer<'a, Option<u64>> {
        Answer::later(async move {
            let all = marks.iter().map(|mark| self.issued(mark, now));
            Ok(try_join_all(all).await?.into_iter().flatten().max())
        })
    }
}
