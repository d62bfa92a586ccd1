//! The keyed hash by which quotas are filed: `SipHash`-1-3, over whole words.
//!
//! It is that of the standard library, which takes its input in pieces and is several times slower
//! for it; a decision of a rate limit is little more than this hash.

use std::hash::{BuildHasher, RandomState};

use crate::store::key::Key;

/// A secret of this process, so that nobody can aim for the place of somebody else's key.
#[derive(Clone, Copy)]
pub(crate) struct SecretHash(u64, u64);

impl SecretHash {
    pub(crate) fn new() -> Self {
        let secret = RandomState::new();
        Self(secret.hash_one(0), secret.hash_one(1))
    }

    /// The hash of `key` under the policy with the id `policy`.
    #[inline]
    pub(crate) fn of(self, policy: u64, key: &Key<'_>) -> u64 {
        let (kind, realm, value) = key.parts();
        // With the kind and both lengths told, no two keys of a policy are the same words.
        let form = kind as u64 | (realm.len() as u64) << 8 | (value.len() as u64) << 32;
        let mut state = Sip::new(self.0 ^ policy, self.1 ^ form);
        state.bytes(realm);
        state.bytes(value);
        state.finish()
    }
}

struct Sip([u64; 4]);

impl Sip {
    fn new(one: u64, two: u64) -> Self {
        Self([
            one ^ 0x736f_6d65_7073_6575,
            two ^ 0x646f_7261_6e64_6f6d,
            one ^ 0x6c79_6765_6e65_7261,
            two ^ 0x7465_6462_7974_6573,
        ])
    }

    #[inline]
    fn round(&mut self) {
        let [a, b, c, d] = &mut self.0;
        *a = a.wrapping_add(*b);
        *c = c.wrapping_add(*d);
        *b = b.rotate_left(13) ^ *a;
        *d = d.rotate_left(16) ^ *c;
        *a = a.rotate_left(32).wrapping_add(*d);
        *c = c.wrapping_add(*b);
        *d = d.rotate_left(21) ^ *a;
        *b = b.rotate_left(17) ^ *c;
        *c = c.rotate_left(32);
    }

    #[inline]
    fn word(&mut self, word: u64) {
        self.0[3] ^= word;
        self.round();
        self.0[0] ^= word;
    }

    /// Bytes, the last word filled up with zeros.
    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let last = rest
                .iter()
                .rev()
                .fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.word(last);
        }
    }

    #[inline]
    fn finish(mut self) -> u64 {
        self.0[2] ^= 0xff;
        for _ in 0..3 {
            self.round();
        }
        self.0.iter().fold(0, |hash, part| hash ^ part)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{DefaultHasher, Hasher};

    use proptest::prelude::*;

    use super::*;
    use crate::store::key::KeyKind;

    proptest! {
        /// The standard library's hash of whole words ends with a word that holds the number of
        /// bytes in its highest byte.
        #[test]
        fn it_is_the_hash_of_the_standard_library(words in prop::collection::vec(any::<u64>(), 0..9)) {
            let (mut theirs, mut ours) = (DefaultHasher::new(), Sip::new(0, 0));
            for word in &words {
                theirs.write(&word.to_le_bytes());
                ours.bytes(&word.to_le_bytes());
            }
            ours.word((words.len() as u64 * 8) << 56);
            prop_assert_eq!(ours.finish(), theirs.finish());
        }
    }

    #[test]
    fn no_two_keys_have_the_same_hash_and_no_two_secrets_agree() {
        let secret = SecretHash::new();
        let mut hashes = Vec::new();
        for policy in [1, 2] {
            for kind in [KeyKind::Client, KeyKind::Own] {
                for (realm, value) in [
                    ("", ""),
                    ("", "a"),
                    ("a", ""),
                    ("", "a\0"),
                    ("a\0", ""),
                    ("aa", ""),
                ] {
                    let key = Key::of_kind(kind, value).within(realm);
                    hashes.push(secret.of(policy, &key));
                    hashes.push(SecretHash::new().of(policy, &key));
                }
            }
        }
        let count = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), count);
    }
}
