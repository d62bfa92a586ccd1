//! A record as the fields of a hash, and back.

use std::collections::HashMap;
use std::fmt::Write;

use redis::ScriptInvocation;

use super::fault::Fault;
use crate::identity::Scopes;

/// The farthest moment, and the longest time in seconds, that the server is told: in 3000 years.
pub(super) const FARTHEST: u64 = 100_000_000_000;

/// Keeps a record if there is none, and has it go at a moment if one is named.
pub(super) const INSERT: &str = "
    if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
    redis.call('HSET', KEYS[1], unpack(ARGV, 2))
    if ARGV[1] ~= '' then redis.call('EXPIREAT', KEYS[1], ARGV[1]) end
    return 1";

/// What is written: names and values.
#[derive(Default)]
pub(super) struct Written(Vec<(&'static str, Vec<u8>)>);

impl Written {
    pub(super) fn bytes(mut self, name: &'static str, value: &[u8]) -> Self {
        self.0.push((name, value.to_vec()));
        self
    }

    pub(super) fn text(self, name: &'static str, value: &str) -> Self {
        self.bytes(name, value.as_bytes())
    }

    pub(super) fn number(self, name: &'static str, value: impl Into<u64>) -> Self {
        self.text(name, &value.into().to_string())
    }

    /// Nothing, if there is no value.
    pub(super) fn optional<T>(self, value: Option<T>, write: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => write(self, value),
            None => self,
        }
    }

    /// Adds the fields to the arguments of a script.
    pub(super) fn hand_to(self, script: &mut ScriptInvocation<'_>) {
        for (name, value) in self.0 {
            script.arg(name).arg(value);
        }
    }
}

/// What was read.
pub(super) struct Fields(pub(super) HashMap<String, Vec<u8>>);

impl Fields {
    pub(super) fn optional_text(&self, name: &'static str) -> Result<Option<&str>, Fault> {
        let text = self.0.get(name).map(|bytes| str::from_utf8(bytes));
        text.transpose().map_err(|_| Fault::Field(name))
    }

    pub(super) fn text(&self, name: &'static str) -> Result<&str, Fault> {
        self.optional_text(name)?.ok_or(Fault::Field(name))
    }

    pub(super) fn optional_number(&self, name: &'static str) -> Result<Option<u64>, Fault> {
        let number = self.optional_text(name)?.map(str::parse);
        number.transpose().map_err(|_| Fault::Field(name))
    }

    pub(super) fn number(&self, name: &'static str) -> Result<u64, Fault> {
        self.optional_number(name)?.ok_or(Fault::Field(name))
    }

    pub(super) fn small_number(&self, name: &'static str) -> Result<u32, Fault> {
        u32::try_from(self.number(name)?).map_err(|_| Fault::Field(name))
    }

    pub(super) fn optional_bytes<const N: usize>(
        &self,
        name: &'static str,
    ) -> Result<Option<[u8; N]>, Fault> {
        let bytes = self.0.get(name).map(|bytes| bytes.as_slice().try_into());
        bytes.transpose().map_err(|_| Fault::Field(name))
    }

    pub(super) fn bytes<const N: usize>(&self, name: &'static str) -> Result<[u8; N], Fault> {
        self.optional_bytes(name)?.ok_or(Fault::Field(name))
    }

    pub(super) fn scopes(&self, name: &'static str) -> Result<Scopes, Fault> {
        Ok(Scopes::parse(self.text(name)?))
    }
}

/// `bytes` in hexadecimal digits, for the names of keys.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// One word for several texts, such that no two lists of texts have the same. It tells nobody what
/// they were.
pub(super) fn digest(parts: &[Option<&str>]) -> String {
    use sha2::{Digest, Sha256};

    let mut hash = Sha256::new();
    for part in parts {
        let length = part.map_or(u64::MAX, |part| part.len() as u64);
        hash.update(length.to_be_bytes());
        hash.update(part.unwrap_or_default());
    }
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_owners_have_one_word() {
        let owners = [
            [Some("a"), None],
            [Some("a"), Some("")],
            [Some("a"), Some("b")],
            [Some("ab"), Some("")],
            [Some(""), Some("ab")],
        ];
        let words: std::collections::HashSet<_> = owners.iter().map(|own| digest(own)).collect();
        assert_eq!(words.len(), owners.len());
    }

    #[test]
    fn a_field_that_does_not_hold_what_belongs_there_is_a_fault() {
        let fields = [("n", &b"12x"[..]), ("b", b"short"), ("t", &[0xff])];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_vec()));
        let fields = Fields(HashMap::from(fields));
        assert!(matches!(fields.number("n"), Err(Fault::Field("n"))));
        assert!(matches!(fields.bytes::<32>("b"), Err(Fault::Field("b"))));
        assert!(matches!(fields.text("t"), Err(Fault::Field("t"))));
        assert!(matches!(fields.text("none"), Err(Fault::Field("none"))));
        assert!(matches!(fields.optional_text("none"), Ok(None)));
    }
}
