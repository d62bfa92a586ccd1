//! The tables, and how they came to be.

use super::fault::Fault;

/// Each version of the schema, as the statements that lead to it from the one before. What was
/// released is never changed: a change is a new version.
const VERSIONS: &[&[&str]] = &[&[
    "CREATE TABLE {p}seen (
        digest {bytes} NOT NULL PRIMARY KEY,
        until {int} NOT NULL
    ){table}",
    "CREATE INDEX {p}seen_until ON {p}seen (until)",
    "CREATE TABLE {p}revocations (
        mark {bytes} NOT NULL PRIMARY KEY,
        issued {int} NOT NULL,
        until {int} NOT NULL
    ){table}",
    "CREATE INDEX {p}revocations_until ON {p}revocations (until)",
    "CREATE TABLE {p}families (
        id {bytes} NOT NULL PRIMARY KEY,
        salt {bytes} NOT NULL,
        issuer {text} NOT NULL,
        subject {text} NOT NULL,
        client {text} NOT NULL,
        scopes {text} NOT NULL,
        bound_key {bytes},
        details {text} NOT NULL,
        generation {int} NOT NULL,
        created_at {int} NOT NULL,
        rotated_at {int} NOT NULL,
        idle_ends_at {int} NOT NULL,
        ends_at {int} NOT NULL,
        revoked_at {int},
        dead_at {int} NOT NULL
    ){table}",
    "CREATE INDEX {p}families_owner ON {p}families (issuer, subject, id)",
    "CREATE INDEX {p}families_dead_at ON {p}families (dead_at)",
    "CREATE TABLE {p}keys (
        id {text} NOT NULL PRIMARY KEY,
        hash {bytes} NOT NULL,
        hash_rule {int} NOT NULL,
        subject {text} NOT NULL,
        tenant {text},
        prefix {text} NOT NULL,
        label {text},
        scopes {text} NOT NULL,
        networks {text} NOT NULL,
        allowance_units {int},
        allowance_seconds {int},
        created_at {int} NOT NULL,
        not_before {int},
        expires_at {int},
        revoked_at {int},
        last_used_at {int},
        supersedes {text},
        replaced_by {text}
    ){table}",
    "CREATE INDEX {p}keys_owner ON {p}keys (subject, id)",
]];

/// How the tables of one prefix are brought up to date. In the texts `{p}` stands for the prefix.
#[derive(Debug)]
pub struct Plan {
    prefix: Box<str>,
    words: &'static [(&'static str, &'static str)],
}

impl Plan {
    pub(super) fn new(prefix: &str, words: &'static [(&'static str, &'static str)]) -> Self {
        Self {
            prefix: prefix.into(),
            words,
        }
    }

    /// `text` with the prefix and in the words of the dialect.
    pub(super) fn spelt(&self, text: &str) -> String {
        let text = text.replace("{p}", &self.prefix);
        self.words
            .iter()
            .fold(text, |text, (word, own)| text.replace(word, own))
    }

    /// The name of the table that tells which version the others have.
    pub(super) fn schema_table(&self) -> String {
        self.spelt("{p}schema")
    }

    /// A number for this prefix, by which those who migrate wait for each other.
    #[cfg(feature = "postgres")]
    pub(super) fn lock(&self) -> i64 {
        // FNV-1a, begun with a number of our own: locks are shared with the author's.
        let start = 0x706f_7274_6375_6c6c_u64;
        let hash = self.prefix.bytes().fold(start, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        i64::from_ne_bytes(hash.to_ne_bytes())
    }

    /// What is to be run on tables of the version `found` (`None`: there are none), in order.
    pub(super) fn steps(&self, found: Option<i64>) -> Result<Vec<String>, Fault> {
        let known = i64::try_from(VERSIONS.len()).unwrap_or(i64::MAX);
        let from = found.unwrap_or_default();
        if from > known {
            return Err(Fault::Later { found: from, known });
        }
        let mut steps = Vec::new();
        if found.is_none() {
            steps.push("CREATE TABLE {p}schema (version {int} NOT NULL){table}".to_owned());
            steps.push("INSERT INTO {p}schema (version) VALUES (0)".to_owned());
        }
        let missing = VERSIONS
            .iter()
            .skip(usize::try_from(from).unwrap_or_default());
        for (version, statements) in (from + 1..).zip(missing) {
            steps.extend(statements.iter().map(|step| (*step).to_owned()));
            steps.push(format!("UPDATE {{p}}schema SET version = {version}"));
        }
        Ok(steps.iter().map(|step| self.spelt(step)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_run_and_a_later_schema_is_left_alone() {
        let known = i64::try_from(VERSIONS.len()).unwrap();
        let plan = Plan::new("acme_", &[("{int}", "BIGINT"), ("{bytes}", "BYTEA")]);
        let all = plan.steps(None).unwrap();
        assert!(all[0].starts_with("CREATE TABLE acme_schema (version BIGINT"));
        assert!(all.iter().all(|step| !step.contains("{int}")));
        assert_eq!(plan.steps(Some(0)).unwrap(), all[2..]);
        assert!(plan.steps(Some(known)).unwrap().is_empty());
        let later = plan.steps(Some(known + 1)).unwrap_err();
        assert!(matches!(later, Fault::Later { .. }), "{later}");
    }
}
