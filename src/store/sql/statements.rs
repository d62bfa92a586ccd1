//! The text of every statement, spelt once for a prefix and a dialect.
//!
//! The dialects agree on all that is here but for the few words in braces.

use std::sync::Arc;

use super::migration::Plan;

#[derive(Debug)]
pub(super) struct Statements {
    pub(super) seen: Seen,
    pub(super) revocations: Revocations,
    pub(super) families: Families,
    pub(super) keys: Keys,
}

#[derive(Debug)]
pub(super) struct Seen {
    pub(super) insert: Arc<str>,
    pub(super) purge: Arc<str>,
}

#[derive(Debug)]
pub(super) struct Revocations {
    pub(super) revoke: Arc<str>,
    pub(super) latest: Arc<str>,
    pub(super) purge: Arc<str>,
}

#[derive(Debug)]
pub(super) struct Families {
    pub(super) insert: Arc<str>,
    pub(super) find: Arc<str>,
    pub(super) advance: Arc<str>,
    pub(super) revoke: Arc<str>,
    pub(super) revoke_owner: Arc<str>,
    pub(super) list: Arc<str>,
    pub(super) purge: Arc<str>,
}

#[derive(Debug)]
pub(super) struct Keys {
    pub(super) insert: Arc<str>,
    pub(super) find: Arc<str>,
    pub(super) revoke: Arc<str>,
    pub(super) retire: Arc<str>,
    pub(super) supersede: Arc<str>,
    pub(super) rehash: Arc<str>,
    pub(super) touch: Arc<str>,
    pub(super) list: Arc<str>,
}

impl Statements {
    pub(super) fn new(plan: &Plan) -> Self {
        let spelt = |text: &str| -> Arc<str> { plan.spelt(text).into() };
        Self {
            seen: Seen {
                insert: spelt(SEEN_INSERT),
                purge: spelt(SEEN_PURGE),
            },
            revocations: Revocations {
                revoke: spelt(REVOCATION_REVOKE),
                latest: spelt(REVOCATIONS_LATEST),
                purge: spelt(REVOCATIONS_PURGE),
            },
            families: Families {
                insert: spelt(FAMILY_INSERT),
                find: spelt(FAMILY_FIND),
                advance: spelt(FAMILY_ADVANCE),
                revoke: spelt(FAMILY_REVOKE),
                revoke_owner: spelt(FAMILIES_REVOKE_OWNER),
                list: spelt(FAMILIES_LIST),
                purge: spelt(FAMILIES_PURGE),
            },
            keys: Keys {
                insert: spelt(KEY_INSERT),
                find: spelt(KEY_FIND),
                revoke: spelt(KEY_REVOKE),
                retire: spelt(KEY_RETIRE),
                supersede: spelt(KEY_SUPERSEDE),
                rehash: spelt(KEY_REHASH),
                touch: spelt(KEYS_TOUCH),
                list: spelt(KEYS_LIST),
            },
        }
    }
}

/// A row comes back if the digest was not there, or its time was over.
const SEEN_INSERT: &str = "INSERT INTO {p}seen (digest, until) VALUES ($1, $2)
    ON CONFLICT (digest) DO UPDATE SET until = excluded.until WHERE {p}seen.until <= $3
    RETURNING until";

/// `MATERIALIZED`: the limit counts once, however the statement is planned.
const SEEN_PURGE: &str = "WITH over AS MATERIALIZED (
        SELECT digest FROM {p}seen WHERE until <= $1 ORDER BY until LIMIT $2 {skip_locked}
    )
    DELETE FROM {p}seen WHERE digest IN (SELECT digest FROM over)";

/// What is over does not count, even if it is still there.
const REVOCATION_REVOKE: &str = "INSERT INTO {p}revocations (mark, issued, until)
    VALUES ($1, $2, $3)
    ON CONFLICT (mark) DO UPDATE SET
        issued = CASE
            WHEN {p}revocations.until > $4 AND {p}revocations.issued > excluded.issued
            THEN {p}revocations.issued ELSE excluded.issued END,
        until = CASE
            WHEN {p}revocations.until > excluded.until
            THEN {p}revocations.until ELSE excluded.until END";

/// Of four marks at once; where there are less, one is named again.
const REVOCATIONS_LATEST: &str = "SELECT MAX(issued) FROM {p}revocations
    WHERE until > $1 AND mark IN ($2, $3, $4, $5)";

const REVOCATIONS_PURGE: &str = "WITH over AS MATERIALIZED (
        SELECT mark FROM {p}revocations WHERE until <= $1 ORDER BY until LIMIT $2 {skip_locked}
    )
    DELETE FROM {p}revocations WHERE mark IN (SELECT mark FROM over)";

const FAMILY_INSERT: &str = "INSERT INTO {p}families
    (id, salt, issuer, subject, client, scopes, bound_key, details, generation,
     created_at, rotated_at, idle_ends_at, ends_at, revoked_at, dead_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
    ON CONFLICT (id) DO NOTHING RETURNING generation";

const FAMILY_FIND: &str = "SELECT id, salt, issuer, subject, client, scopes, bound_key, details,
    generation, created_at, rotated_at, idle_ends_at, ends_at, revoked_at
    FROM {p}families WHERE id = $1";

/// 4294967295 is the last generation.
const FAMILY_ADVANCE: &str = "UPDATE {p}families
    SET generation = generation + 1, rotated_at = $3, idle_ends_at = $4,
        dead_at = CASE WHEN ends_at < $4 THEN ends_at ELSE $4 END
    WHERE id = $1 AND generation = $2 AND generation < 4294967295
        AND revoked_at IS NULL AND idle_ends_at > $3 AND ends_at > $3
    RETURNING generation";

const FAMILY_REVOKE: &str = "UPDATE {p}families
    SET revoked_at = $2, dead_at = CASE WHEN dead_at < $2 THEN dead_at ELSE $2 END
    WHERE id = $1 AND revoked_at IS NULL
    RETURNING generation";

/// The rows are locked in the order of their ids, so that two of these do not wait for each other.
const FAMILIES_REVOKE_OWNER: &str = "WITH own AS MATERIALIZED (
        SELECT id FROM {p}families WHERE issuer = $1 AND subject = $2 AND revoked_at IS NULL
        ORDER BY id {lock}
    )
    UPDATE {p}families
    SET revoked_at = $3, dead_at = CASE WHEN dead_at < $3 THEN dead_at ELSE $3 END
    WHERE id IN (SELECT id FROM own) AND revoked_at IS NULL
    RETURNING generation";

const FAMILIES_LIST: &str = "SELECT id, salt, issuer, subject, client, scopes, bound_key, details,
    generation, created_at, rotated_at, idle_ends_at, ends_at, revoked_at
    FROM {p}families WHERE issuer = $1 AND subject = $2 AND id > $3
    ORDER BY id LIMIT $4";

const FAMILIES_PURGE: &str = "WITH over AS MATERIALIZED (
        SELECT id FROM {p}families WHERE dead_at <= $1 ORDER BY dead_at LIMIT $2 {skip_locked}
    )
    DELETE FROM {p}families WHERE id IN (SELECT id FROM over) RETURNING generation";

const KEY_INSERT: &str = "INSERT INTO {p}keys
    (id, hash, hash_rule, subject, tenant, prefix, label, scopes, networks,
     allowance_units, allowance_seconds, created_at, not_before, expires_at, revoked_at,
     last_used_at, supersedes, replaced_by)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
    ON CONFLICT (id) DO NOTHING RETURNING created_at";

const KEY_FIND: &str = "SELECT id, hash, hash_rule, subject, tenant, prefix, label, scopes,
    networks, allowance_units, allowance_seconds, created_at, not_before, expires_at, revoked_at,
    last_used_at, supersedes, replaced_by
    FROM {p}keys WHERE id = $1";

const KEY_REVOKE: &str = "UPDATE {p}keys SET revoked_at = COALESCE(revoked_at, $2)
    WHERE id = $1 RETURNING created_at";

const KEY_RETIRE: &str = "UPDATE {p}keys
    SET expires_at = CASE WHEN expires_at < $2 THEN expires_at ELSE $2 END
    WHERE id = $1 RETURNING created_at";

const KEY_SUPERSEDE: &str = "UPDATE {p}keys
    SET replaced_by = $2, expires_at = CASE WHEN expires_at < $3 THEN expires_at ELSE $3 END
    WHERE id = $1 AND revoked_at IS NULL AND replaced_by IS NULL
        AND (expires_at IS NULL OR expires_at > $4)
    RETURNING created_at";

const KEY_REHASH: &str = "UPDATE {p}keys SET hash = $4, hash_rule = $5
    WHERE id = $1 AND hash = $2 AND hash_rule = $3 RETURNING created_at";

/// The uses are one JSON object. The rows are locked in the order of their ids, so that two of
/// these do not wait for each other.
const KEYS_TOUCH: &str = "WITH used AS MATERIALIZED (
        SELECT k.id, CAST(u.value AS BIGINT) AS at FROM {p}keys AS k
        JOIN {json_each}(CAST($1 AS {json})) AS u ON u.key = k.id
        ORDER BY k.id {lock_k}
    )
    UPDATE {p}keys SET last_used_at = used.at FROM used
    WHERE {p}keys.id = used.id AND (last_used_at IS NULL OR last_used_at < used.at)";

const KEYS_LIST: &str = "SELECT id, hash, hash_rule, subject, tenant, prefix, label, scopes,
    networks, allowance_units, allowance_seconds, created_at, not_before, expires_at, revoked_at,
    last_used_at, supersedes, replaced_by
    FROM {p}keys WHERE subject = $1 AND tenant IS NOT DISTINCT FROM $2 AND id > $3
    ORDER BY id LIMIT $4";
