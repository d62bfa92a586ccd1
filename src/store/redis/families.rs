//! Families of refresh tokens, on Redis.
//!
//! One hash a family; for each owner a sorted set of the ids, by the end of each. The set is
//! written first, so that a family which is not in it is not there.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use redis::Script;

use super::family_record::{read, written};
use super::fields::{FARTHEST, Fields, INSERT, digest};
use super::store::{RedisConnection, RedisStore, error};
use crate::store::{
    Answer, FAMILIES_A_PAGE, FAMILIES_A_PURGE, Family, FamilyId, FamilyOwner, RefreshFamilies,
    StoreError,
};

/// For how many seconds after its end the server keeps a family: more than clocks differ.
const SPARE: u64 = 86_400;

static KEEP: LazyLock<Script> = LazyLock::new(|| Script::new(INSERT));

/// Adds the family to the set of its owner, and drops from it those that have long ended.
static ENLIST: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[3])
        redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
        local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
        redis.call('EXPIREAT', KEYS[1], string.format('%.0f', tonumber(last) + ARGV[4]))
        return 1",
    )
});

static ADVANCE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local is = redis.call('HMGET', KEYS[1], 'generation', 'revoked_at', 'idle_ends_at', 'ends_at')
        if is[1] ~= ARGV[1] or is[2] then return 0 end
        local now = tonumber(ARGV[3])
        if tonumber(is[3]) <= now or tonumber(is[4]) <= now then return 0 end
        redis.call('HSET', KEYS[1], 'generation', ARGV[2], 'rotated_at', ARGV[3], 'idle_ends_at', ARGV[4])
        local dead = math.min(tonumber(ARGV[4]), tonumber(is[4]), tonumber(ARGV[6]))
        redis.call('EXPIREAT', KEYS[1], string.format('%.0f', dead + ARGV[5]))
        return 1",
    )
});

static REVOKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
        return redis.call('HSETNX', KEYS[1], 'revoked_at', ARGV[1])",
    )
});

static DROP_IF_DEAD: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "for _, at in ipairs(redis.call('HMGET', KEYS[1], 'revoked_at', 'idle_ends_at', 'ends_at')) do
            if at and tonumber(at) <= tonumber(ARGV[1]) then return redis.call('DEL', KEYS[1]) end
        end
        return 0",
    )
});

impl<C: RedisConnection> RedisStore<C> {
    fn family_name(&self, id: FamilyId) -> String {
        self.name("family", &id.to_string())
    }

    fn families_of(&self, owner: FamilyOwner<'_>) -> String {
        let word = digest(&[Some(owner.issuer()), Some(owner.subject())]);
        self.name("families", &word)
    }

    async fn insert_family(&self, family: &Family) -> Result<bool, StoreError> {
        let mut enlist = ENLIST.key(self.families_of(family.owner()));
        enlist.arg(family.id().to_string());
        enlist.arg(family.ends_at().min(FARTHEST));
        enlist
            .arg(family.created_at().saturating_sub(SPARE))
            .arg(SPARE);
        let _: bool = self.invoke(&enlist).await?;
        let end = family.idle_ends_at().min(family.ends_at()).min(FARTHEST);
        let mut keep = KEEP.key(self.family_name(family.id()));
        keep.arg(end + SPARE);
        written(family).hand_to(&mut keep);
        self.invoke(&keep).await
    }

    async fn family(&self, id: FamilyId) -> Result<Option<Family>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.family_name(id));
        let fields: HashMap<String, Vec<u8>> = self.query(&command).await?;
        if fields.is_empty() {
            return Ok(None);
        }
        read(id, &Fields(fields)).map(Some).map_err(error)
    }

    /// The ids of the families that `owner` has or had, in order.
    async fn ids_of(&self, owner: FamilyOwner<'_>) -> Result<Vec<FamilyId>, StoreError> {
        let mut command = redis::cmd("ZRANGE");
        command.arg(self.families_of(owner)).arg(0).arg(-1);
        let ids: Vec<String> = self.query(&command).await?;
        let mut ids: Vec<_> = ids.iter().filter_map(|id| FamilyId::parse(id)).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    async fn revoke_family(&self, id: FamilyId, at: u64) -> Result<bool, StoreError> {
        let mut script = REVOKE.key(self.family_name(id));
        script.arg(at);
        self.invoke(&script).await
    }

    async fn revoke_all(&self, owner: FamilyOwner<'_>, at: u64) -> Result<u64, StoreError> {
        let mut count = 0;
        for id in self.ids_of(owner).await? {
            // The set may name an id that somebody else's family has.
            let own = self.family(id).await?;
            if own.is_some_and(|family| family.owner() == owner) {
                count += u64::from(self.revoke_family(id, at).await?);
            }
        }
        Ok(count)
    }

    async fn page(
        &self,
        owner: FamilyOwner<'_>,
        after: Option<FamilyId>,
    ) -> Result<Vec<Arc<Family>>, StoreError> {
        let mut page = Vec::new();
        for id in self.ids_of(owner).await? {
            if after.is_some_and(|after| id <= after) {
                continue;
            }
            let own = self.family(id).await?;
            page.extend(own.filter(|own| own.owner() == owner).map(Arc::new));
            if page.len() == FAMILIES_A_PAGE {
                break;
            }
        }
        Ok(page)
    }

    async fn drop_dead(&self, before: u64) -> Result<u64, StoreError> {
        let (mut count, mut cursor) = (0, 0_u64);
        loop {
            let mut command = redis::cmd("SCAN");
            command.arg(cursor).arg("MATCH").arg(self.pattern("family"));
            command.arg("COUNT").arg(FAMILIES_A_PURGE);
            let (next, names): (u64, Vec<String>) = self.query(&command).await?;
            for name in names {
                if count == FAMILIES_A_PURGE as u64 {
                    return Ok(count);
                }
                let mut script = DROP_IF_DEAD.key(name);
                script.arg(before);
                count += self.invoke::<u64>(&script).await?;
            }
            if next == 0 {
                return Ok(count);
            }
            cursor = next;
        }
    }
}

impl<C: RedisConnection> RefreshFamilies for RedisStore<C> {
    fn insert(&self, family: Arc<Family>) -> Answer<'_, bool> {
        Answer::later(async move { self.insert_family(&family).await })
    }

    fn find(&self, id: FamilyId) -> Answer<'_, Option<Arc<Family>>> {
        Answer::later(async move { Ok(self.family(id).await?.map(Arc::new)) })
    }

    fn advance(&self, id: FamilyId, from: u32, now: u64, idle_ends_at: u64) -> Answer<'_, bool> {
        let Some(next) = from.checked_add(1) else {
            return Answer::ready(false);
        };
        Answer::later(async move {
            let mut script = ADVANCE.key(self.family_name(id));
            script.arg(from).arg(next).arg(now).arg(idle_ends_at);
            script.arg(SPARE).arg(FARTHEST);
            self.invoke(&script).await
        })
    }

    fn revoke(&self, id: FamilyId, at: u64) -> Answer<'_, bool> {
        Answer::later(self.revoke_family(id, at))
    }

    /// Family by family, since they lie in many slots. After an error, ask again: those that were
    /// withdrawn stay so.
    fn revoke_owner<'a>(&'a self, owner: FamilyOwner<'a>, at: u64) -> Answer<'a, u64> {
        Answer::later(self.revoke_all(owner, at))
    }

    fn list<'a>(
        &'a self,
        owner: FamilyOwner<'a>,
        after: Option<FamilyId>,
    ) -> Answer<'a, Vec<Arc<Family>>> {
        Answer::later(self.page(owner, after))
    }

    /// The server drops families a day after their end by itself. This looks through all keys of
    /// one server, so that there is seldom a reason for it.
    fn purge(&self, before: u64) -> Answer<'_, u64> {
        Answer::later(self.drop_dead(before))
    }
}
