//! How keys are hashed.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::config::ConfigError;
use crate::store::KeyHash;

/// A secret of the server under which keys are hashed (HMAC-SHA-256, RFC 2104), so that whoever
/// can read or write the ring's store, and not the pepper, can forge no key.
///
/// Keep it where the store is not: in the environment, or in a vault. Whoever loses it has lost
/// every key that was hashed with it.
#[derive(Clone)]
pub struct Pepper {
    number: u32,
    keyed: Hmac<Sha256>,
}

/// The shortest secret in bytes: as long as the hash.
const SHORTEST: usize = 32;
/// Engines keep the number in 32 bits, of which some need one for the sign.
const LAST_NUMBER: u32 = i32::MAX as u32;

impl Pepper {
    /// The pepper with this number, which is kept with each hash. Give each secret a number of its
    /// own, from 1, and never give a number twice.
    ///
    /// # Errors
    /// [`ConfigError`] if `secret` has less than 32 bytes (random ones, please), or the number is
    /// 0 or more than 2 147 483 647.
    pub fn new(number: u32, secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let secret = secret.as_ref();
        if !(1..=LAST_NUMBER).contains(&number) {
            return Err(ConfigError::new(
                "the number of a pepper is 1 to 2147483647: 0 means that there is none",
            ));
        }
        if secret.len() < SHORTEST {
            return Err(ConfigError::new(
                "a pepper must have at least 32 bytes, drawn at random",
            ));
        }
        let keyed = Hmac::new_from_slice(secret)
            .map_err(|_| ConfigError::new("this cannot be the key of an HMAC"))?;
        Ok(Self { number, keyed })
    }

    fn hash(&self, key: &str) -> KeyHash {
        let digest = self.keyed.clone().chain_update(key).finalize();
        KeyHash::made_by(self.number, digest.into_bytes().into())
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pepper({})", self.number)
    }
}

/// How keys are hashed, and whose hashes are known: by default plain SHA-256.
///
/// No slow hash (Argon2, bcrypt) is to be had: those make guesses of weak passwords dear, and a key
/// has 256 random bits, which nobody guesses. At the door they would only be a way for strangers to
/// wear the server out. A [`Pepper`] costs no more than the plain hash, twice.
///
/// ```
/// use portcullis::api_key::{KeyHasher, Pepper};
///
/// # fn main() -> Result<(), portcullis::config::ConfigError> {
/// # let (last_years, this_years) = ([1; 32], [2; 32]);
/// // Keys that were hashed with the first are good, and hashed anew when they are next used.
/// let hasher = KeyHasher::peppered(Pepper::new(2, this_years)?)
///     .with_former(Pepper::new(1, last_years)?)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct KeyHasher {
    current: Option<Pepper>,
    former: Vec<Pepper>,
    plain_too: Option<PlainToo>,
}

#[derive(Clone, Copy, Debug)]
struct PlainToo;

/// What came of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// It is the key of which the hash is kept.
    Same,
    /// It is another.
    Different,
    /// The hash was made with a pepper that is not known, or with none where one is demanded.
    UnknownRule,
}

impl KeyHasher {
    /// Hashes keys with `pepper`, and refuses those that were hashed without one.
    #[must_use]
    pub fn peppered(pepper: Pepper) -> Self {
        Self {
            current: Some(pepper),
            former: Vec::new(),
            plain_too: None,
        }
    }

    /// Knows the hashes that were made with `pepper` as well. Drop it once no record has its
    /// number any more; keys that were never used in between are refused then.
    ///
    /// # Errors
    /// [`ConfigError`] if there is a pepper of the same number already, or no current one.
    pub fn with_former(mut self, pepper: Pepper) -> Result<Self, ConfigError> {
        if self.current.is_none() {
            return Err(ConfigError::new(
                "a former pepper needs a current one: begin with KeyHasher::peppered",
            ));
        }
        if self.with_number(pepper.number).is_some() {
            return Err(ConfigError::new(format!(
                "there are two peppers with the number {}",
                pepper.number
            )));
        }
        self.former.push(pepper);
        Ok(self)
    }

    /// Accepts keys that were hashed without a pepper too, until each of them has been used and
    /// hashed anew. For as long as this stands, whoever can write to the store can forge a key.
    #[must_use]
    pub fn dangerous_accept_plain(mut self) -> Self {
        self.plain_too = Some(PlainToo);
        self
    }

    /// The hash that is kept of a new key.
    pub(super) fn hash(&self, key: &str) -> KeyHash {
        counted();
        match &self.current {
            Some(pepper) => pepper.hash(key),
            None => KeyHash::of(key),
        }
    }

    /// Whether `key` is the one of which `kept` is kept, if anything is. One hash is taken
    /// whatever is kept, so that all cases cost the same.
    pub(super) fn compare(&self, kept: Option<&KeyHash>, key: &str) -> Proof {
        let known = kept.filter(|kept| self.knows(kept.rule()));
        let taken = match known.and_then(|kept| self.with_number(kept.rule())) {
            Some(pepper) => {
                counted();
                pepper.hash(key)
            }
            None if known.is_some() => {
                counted();
                KeyHash::of(key)
            }
            None => self.hash(key),
        };
        let none = KeyHash::from([0; 32]);
        let same = known.unwrap_or(&none).matches(&taken);
        match (kept, known) {
            (Some(_), None) => Proof::UnknownRule,
            (Some(_), Some(_)) if same => Proof::Same,
            _ => Proof::Different,
        }
    }

    /// Whether `kept` is made by a rule that is not the current one.
    pub(super) fn is_outdated(&self, kept: &KeyHash) -> bool {
        kept.rule() != self.current.as_ref().map_or(0, |pepper| pepper.number)
    }

    fn knows(&self, rule: u32) -> bool {
        match rule {
            0 => self.current.is_none() || self.plain_too.is_some(),
            number => self.with_number(number).is_some(),
        }
    }

    fn with_number(&self, number: u32) -> Option<&Pepper> {
        let all = self.current.iter().chain(&self.former);
        all.into_iter().find(|pepper| pepper.number == number)
    }
}

#[cfg(not(test))]
fn counted() {}

#[cfg(test)]
use tests::counted;

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local!(static HASHES: Cell<u32> = const { Cell::new(0) });

    pub(super) fn counted() {
        HASHES.set(HASHES.get() + 1);
    }

    fn pepper(number: u32) -> Pepper {
        Pepper::new(number, [u8::try_from(number).unwrap(); 32]).unwrap()
    }

    #[test]
    fn a_pepper_has_a_number_and_a_whole_secret() {
        for (number, length, fits) in [
            (1, 32, true),
            (1, 31, false),
            (1, 1_000, true),
            (0, 32, false),
            (LAST_NUMBER, 32, true),
            (LAST_NUMBER + 1, 32, false),
        ] {
            let pepper = Pepper::new(number, vec![7; length]);
            assert_eq!(pepper.is_ok(), fits, "{number} {length}");
        }
        let hasher = KeyHasher::peppered(pepper(1));
        assert!(hasher.clone().with_former(pepper(1)).is_err());
        let two = hasher.with_former(pepper(2)).unwrap();
        assert!(two.with_former(pepper(2)).is_err());
        assert!(KeyHasher::default().with_former(pepper(1)).is_err());
        assert_eq!(format!("{:?}", pepper(9)), "Pepper(9)");
    }

    #[test]
    fn a_peppered_hash_is_the_hmac_of_the_standard() {
        // RFC 4231, test case 6, whose key is longer than a block.
        let pepper = Pepper::new(1, [0xaa; 131]).unwrap();
        let hash = pepper.hash("Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hash.as_bytes()[..4], [0x60, 0xe4, 0x31, 0x59]);
        assert_eq!(hash.rule(), 1);
    }

    #[test]
    fn each_hash_is_compared_by_its_own_rule_and_each_costs_one_hash() {
        let plain = KeyHasher::default();
        let (one, two) = (
            KeyHasher::peppered(pepper(1)),
            KeyHasher::peppered(pepper(2)),
        );
        let both = two.clone().with_former(pepper(1)).unwrap();
        let moving = one.clone().dangerous_accept_plain();
        for (hasher, kept, proof) in [
            (&plain, Some(plain.hash("k")), Proof::Same),
            (&plain, Some(plain.hash("x")), Proof::Different),
            (&plain, Some(one.hash("k")), Proof::UnknownRule),
            (&plain, None, Proof::Different),
            (&one, Some(one.hash("k")), Proof::Same),
            (&one, Some(one.hash("x")), Proof::Different),
            (&one, Some(plain.hash("k")), Proof::UnknownRule),
            (&one, Some(two.hash("k")), Proof::UnknownRule),
            (&one, None, Proof::Different),
            (&both, Some(one.hash("k")), Proof::Same),
            (&both, Some(two.hash("k")), Proof::Same),
            (&both, Some(two.hash("x")), Proof::Different),
            (&both, Some(plain.hash("k")), Proof::UnknownRule),
            (&moving, Some(plain.hash("k")), Proof::Same),
            (&moving, Some(plain.hash("x")), Proof::Different),
            (&moving, Some(one.hash("k")), Proof::Same),
            (&one, Some(KeyHash::from([0; 32])), Proof::UnknownRule),
        ] {
            HASHES.set(0);
            assert_eq!(hasher.compare(kept.as_ref(), "k"), proof, "{hasher:?}");
            assert_eq!(HASHES.get(), 1, "{hasher:?}");
        }
        assert!(both.is_outdated(&one.hash("k")) && !both.is_outdated(&two.hash("k")));
        assert!(moving.is_outdated(&plain.hash("k")) && !plain.is_outdated(&plain.hash("k")));
    }
}
