//! What is kept of an API key's text.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A hash of a whole API key, and by which rule it was made; all that is kept of the key.
///
/// The rule is a number: 0 is the plain SHA-256 of the key; any other number is that of a pepper,
/// a secret of the server, under which the key was hashed. A key has 256 bits of its own, so that
/// a slow hash would add nothing but a way to wear the server out.
///
/// It has no `PartialEq`: it is compared in constant time, by [`matches`](Self::matches).
#[derive(Clone, Copy)]
pub struct KeyHash {
    rule: u32,
    bytes: [u8; 32],
}

impl KeyHash {
    /// The plain hash of `key`: its SHA-256.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self::from(<[u8; 32]>::from(Sha256::digest(key.as_bytes())))
    }

    /// The hash `bytes`, made by the rule with the number `rule`.
    #[must_use]
    pub fn made_by(rule: u32, bytes: [u8; 32]) -> Self {
        Self { rule, bytes }
    }

    /// Whether this is the hash `other`, made by the same rule. The bytes are compared in constant
    /// time.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        let same: bool = words(&self.bytes).ct_eq(&words(&other.bytes)).into();
        same && self.rule == other.rule
    }

    /// The number of the rule by which the hash was made; 0 is plain SHA-256.
    #[must_use]
    pub fn rule(&self) -> u32 {
        self.rule
    }

    /// The bytes, for engines to store beside the [`rule`](Self::rule).
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

/// Comparing words in constant time takes an eighth of the steps that bytes take.
fn words(bytes: &[u8; 32]) -> [u64; 4] {
    let mut words = [0; 4];
    let (chunks, _) = bytes.as_chunks::<8>();
    for (word, chunk) in words.iter_mut().zip(chunks) {
        *word = u64::from_ne_bytes(*chunk);
    }
    words
}

/// A plain hash that an engine has stored.
impl From<[u8; 32]> for KeyHash {
    fn from(stored: [u8; 32]) -> Self {
        Self::made_by(0, stored)
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hash_of_a_key_is_kept_and_it_is_not_shown() {
        let abc = KeyHash::of("abc"); // FIPS 180-2, appendix B.1
        assert_eq!(abc.as_bytes()[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert!(abc.matches(&KeyHash::from(*abc.as_bytes())));
        let mut last = *abc.as_bytes();
        last[31] ^= 1;
        assert!(!abc.matches(&KeyHash::from(last)));
        assert!(!abc.matches(&KeyHash::made_by(1, *abc.as_bytes())));
        assert_eq!(format!("{abc:?}"), "KeyHash(..)");
    }
}
