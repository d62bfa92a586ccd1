//! API keys, on Redis.
//!
//! One hash a key; for each owner a sorted set of the ids. The set is written first, so that a key
//! which is not in it is not there.
//!
//! A key and its successor lie in different slots of a cluster, so that no script can write both.
//! The successor is written first, with a field `pending` that names the old key: it is not there
//! until the old key names it as its successor. That is one write, and the one that decides.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use futures_util::future::try_join_all;
use redis::Script;

use super::fields::{Fields, INSERT, digest};
use super::key_record::{key_id, read, written};
use super::store::{RedisConnection, RedisStore, error};
use crate::store::{Answer, KEYS_A_PAGE, KeyHash, KeyId, KeyOwner, KeyRecord, KeyRing, StoreError};

static KEEP: LazyLock<Script> = LazyLock::new(|| Script::new(INSERT));

static REVOKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
        redis.call('HSETNX', KEYS[1], 'revoked_at', ARGV[1])
        return 1",
    )
});

static RETIRE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
        local ends = redis.call('HGET', KEYS[1], 'expires_at')
        if not ends or tonumber(ends) > tonumber(ARGV[1]) then
            redis.call('HSET', KEYS[1], 'expires_at', ARGV[1])
        end
        return 1",
    )
});

static SUPERSEDE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
        local is = redis.call('HMGET', KEYS[1], 'revoked_at', 'replaced_by', 'expires_at')
        if is[1] or is[2] then return 0 end
        if is[3] and tonumber(is[3]) <= tonumber(ARGV[3]) then return 0 end
        redis.call('HSET', KEYS[1], 'replaced_by', ARGV[1])
        if not is[3] or tonumber(is[3]) > tonumber(ARGV[2]) then
            redis.call('HSET', KEYS[1], 'expires_at', ARGV[2])
        end
        return 1",
    )
});

static DROP_IF_PENDING: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('HEXISTS', KEYS[1], 'pending') == 0 then return 0 end
        return redis.call('DEL', KEYS[1])",
    )
});

static REHASH: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local is = redis.call('HMGET', KEYS[1], 'hash', 'hash_rule')
        if is[1] ~= ARGV[1] or is[2] ~= ARGV[2] then return 0 end
        redis.call('HSET', KEYS[1], 'hash', ARGV[3], 'hash_rule', ARGV[4])
        return 1",
    )
});

static TOUCH: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
        local used = redis.call('HGET', KEYS[1], 'last_used_at')
        if not used or tonumber(used) < tonumber(ARGV[1]) then
            redis.call('HSET', KEYS[1], 'last_used_at', ARGV[1])
        end
        return 1",
    )
});

impl<C: RedisConnection> RedisStore<C> {
    fn key_name(&self, id: KeyId) -> String {
        self.name("key", id.as_str())
    }

    fn keys_of(&self, owner: KeyOwner<'_>) -> String {
        self.name("keys", &digest(&[Some(owner.subject()), owner.tenant()]))
    }

    async fn key(&self, id: KeyId) -> Result<Option<KeyRecord>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.key_name(id));
        let fields: HashMap<String, Vec<u8>> = self.query(&command).await?;
        if fields.is_empty() {
            return Ok(None);
        }
        let fields = Fields(fields);
        if let Some(old) = key_id(&fields, "pending").map_err(error)?
            && !self.has_replaced(id, old).await?
        {
            return Ok(None);
        }
        read(id, &fields).map(Some).map_err(error)
    }

    /// Whether the key `new`, which is pending, has taken the place of `old`.
    async fn has_replaced(&self, new: KeyId, old: KeyId) -> Result<bool, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.key_name(old)).arg("replaced_by");
        let successor: Option<String> = self.query(&command).await?;
        Ok(successor.as_deref() == Some(new.as_str()))
    }

    async fn insert_key(&self, record: &KeyRecord, pending: bool) -> Result<bool, StoreError> {
        let mut command = redis::cmd("ZADD");
        command.arg(self.keys_of(record.owner())).arg(0);
        command.arg(record.id().as_str());
        let _: u64 = self.query(&command).await?;
        let mut keep = KEEP.key(self.key_name(record.id()));
        let predecessor = record.supersedes().filter(|_| pending);
        keep.arg(""); // it never goes by itself
        written(record)
            .optional(predecessor, |all, old| all.text("pending", old.as_str()))
            .hand_to(&mut keep);
        self.invoke(&keep).await
    }

    async fn replace_key(
        &self,
        successor: &KeyRecord,
        old: KeyId,
        ends_at: u64,
    ) -> Result<bool, StoreError> {
        // The old key may itself be pending.
        if self.key(old).await?.is_none() || !self.insert_key(successor, true).await? {
            return Ok(false);
        }
        let mut supersede = SUPERSEDE.key(self.key_name(old));
        supersede.arg(successor.id().as_str()).arg(ends_at);
        supersede.arg(successor.created_at());
        let done: bool = self.invoke(&supersede).await?;
        let name = self.key_name(successor.id());
        // It is decided. That the field is still there would cost a look at the old key each time.
        if done {
            let mut settle = redis::cmd("HDEL");
            settle.arg(name).arg("pending");
            let _: Result<u64, _> = self.query(&settle).await;
        } else {
            let _: Result<u64, _> = self.invoke(&DROP_IF_PENDING.key(name)).await;
        }
        Ok(done)
    }

    async fn touch_key(&self, id: KeyId, at: u64) -> Result<bool, StoreError> {
        let mut script = TOUCH.key(self.key_name(id));
        self.invoke(script.arg(at)).await
    }

    async fn keys(
        &self,
        owner: KeyOwner<'_>,
        after: Option<KeyId>,
    ) -> Result<Vec<Arc<KeyRecord>>, StoreError> {
        let (mut after, mut page) = (after, Vec::new());
        loop {
            let start = after.map_or_else(|| "-".to_owned(), |id| format!("({id}"));
            let mut command = redis::cmd("ZRANGEBYLEX");
            command.arg(self.keys_of(owner)).arg(start).arg("+");
            command.arg("LIMIT").arg(0).arg(KEYS_A_PAGE);
            let ids: Vec<String> = self.query(&command).await?;
            for id in ids.iter().filter_map(|id| KeyId::parse(id)) {
                after = Some(id);
                // The set may name an id that has come to nothing, or is somebody else's key.
                let own = self.key(id).await?;
                page.extend(own.filter(|own| own.owner() == owner).map(Arc::new));
                if page.len() == KEYS_A_PAGE {
                    return Ok(page);
                }
            }
            if ids.len() < KEYS_A_PAGE {
                return Ok(page);
            }
        }
    }
}

impl<C: RedisConnection> KeyRing for RedisStore<C> {
    fn find(&self, id: KeyId) -> Answer<'_, Option<Arc<KeyRecord>>> {
        Answer::later(async move { Ok(self.key(id).await?.map(Arc::new)) })
    }

    fn insert(&self, record: Arc<KeyRecord>) -> Answer<'_, bool> {
        Answer::later(async move { self.insert_key(&record, false).await })
    }

    fn revoke(&self, id: KeyId, at: u64) -> Answer<'_, bool> {
        Answer::later(async move {
            let mut script = REVOKE.key(self.key_name(id));
            self.invoke(script.arg(at)).await
        })
    }

    fn retire(&self, id: KeyId, at: u64) -> Answer<'_, bool> {
        Answer::later(async move {
            let mut script = RETIRE.key(self.key_name(id));
            self.invoke(script.arg(at)).await
        })
    }

    fn replace(&self, successor: Arc<KeyRecord>, ends_at: u64) -> Answer<'_, bool> {
        let Some(old) = successor.supersedes() else {
            return Answer::ready(false);
        };
        Answer::later(async move { self.replace_key(&successor, old, ends_at).await })
    }

    fn rehash(&self, id: KeyId, from: KeyHash, to: KeyHash) -> Answer<'_, bool> {
        Answer::later(async move {
            let mut script = REHASH.key(self.key_name(id));
            script.arg(from.as_bytes()).arg(from.rule());
            self.invoke(script.arg(to.as_bytes()).arg(to.rule())).await
        })
    }

    /// Key by key, since they lie in many slots, but without a wait for each.
    fn touch<'a>(&'a self, uses: &'a [(KeyId, u64)]) -> Answer<'a, ()> {
        Answer::later(async move {
            try_join_all(uses.iter().map(|(id, at)| self.touch_key(*id, *at))).await?;
            Ok(())
        })
    }

    fn list<'a>(
        &'a self,
        owner: KeyOwner<'a>,
        after: Option<KeyId>,
    ) -> Answer<'a, Vec<Arc<KeyRecord>>> {
        Answer::later(self.keys(owner, after))
    }
}
