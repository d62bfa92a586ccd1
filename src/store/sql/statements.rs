//! The text of every statement, spelt once for a prefix and a dialect.

use std::sync::Arc;

use super::migration::Plan;

#[derive(Debug)]
pub(super) struct Statements {
    pub(super) seen_insert: Arc<str>,
    pub(super) seen_purge: Arc<str>,
}

impl Statements {
    pub(super) fn new(plan: &Plan) -> Self {
        let spelt = |text: &str| plan.spelt(text).into();
        Self {
            seen_insert: spelt(SEEN_INSERT),
            seen_purge: spelt(SEEN_PURGE),
        }
    }
}

/// A row comes back if the key was not there, or its time was over.
const SEEN_INSERT: &str = "INSERT INTO {p}seen (digest, until) VALUES ($1, $2)
    ON CONFLICT (digest) DO UPDATE SET until = excluded.until WHERE {p}seen.until <= $3
    RETURNING until";

const SEEN_PURGE: &str = "DELETE FROM {p}seen WHERE digest IN (
    SELECT digest FROM {p}seen WHERE until <= $1 ORDER BY until LIMIT $2 {skip})";
