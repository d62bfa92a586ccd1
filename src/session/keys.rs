//! The keys with which a server knows its own refresh tokens again.

use std::fmt;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::config::ConfigError;

/// The shortest key in bytes (RFC 2104, section 3: no shorter than the digest).
const MIN_KEY_LEN: usize = 32;
/// Each forgery is held against every key.
const MAX_KEYS: usize = 8;

/// The server's keys for refresh tokens: the first seals, all are known. A handle: clones share
/// them.
///
/// To change the key without ending a login, first have all instances know the new one (last in
/// the list), then have them seal with it (first), and drop the old one when no family that it has
/// sealed can be alive: after the absolute life, 30 days unless you changed it.
#[derive(Clone)]
pub struct RefreshKeys(Arc<[Hmac<Sha256>]>);

impl RefreshKeys {
    /// These keys: 1 to 8 of at least 32 random bytes, that serve for nothing else.
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, or too many, or one is too short.
    pub fn new<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> Result<Self, ConfigError> {
        let keys = keys.into_iter().map(|key| keyed(key.as_ref()));
        let keys: Arc<[_]> = keys.collect::<Result<_, _>>()?;
        if !(1..=MAX_KEYS).contains(&keys.len()) {
            return Err(ConfigError::new(
                "give 1 to 8 keys for refresh tokens: the first seals, the others are known",
            ));
        }
        Ok(Self(keys))
    }

    /// The seal of the first key on `message`.
    pub(super) fn seal(&self, message: &[&[u8]]) -> [u8; 32] {
        let seal = self.0.first().map(|key| mac(key, message).finalize());
        seal.map_or([0; 32], |seal| seal.into_bytes().into())
    }

    /// Whether one of the keys has made `seal`; a comparison takes the same time wherever the
    /// seals differ.
    pub(super) fn know(&self, message: &[&[u8]], seal: &[u8; 32]) -> bool {
        let made_by = |key| mac(key, message).verify_slice(seal).is_ok();
        self.0.iter().any(made_by)
    }
}

impl fmt::Debug for RefreshKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshKeys({} keys)", self.0.len())
    }
}

/// The label keeps a key that is used elsewhere as well from making refresh tokens there.
fn mac(key: &Hmac<Sha256>, message: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = key.clone().chain_update("portcullis refresh 1 seal ");
    for part in message {
        mac.update(part);
    }
    mac
}

fn keyed(key: &[u8]) -> Result<Hmac<Sha256>, ConfigError> {
    if key.len() < MIN_KEY_LEN {
        return Err(ConfigError::new(format!(
            "a key for refresh tokens must have at least {MIN_KEY_LEN} bytes; draw them at random"
        )));
    }
    Hmac::new_from_slice(key)
        .map_err(|_| ConfigError::new("a key for refresh tokens cannot have this length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_key_and_each_is_long_enough() {
        for (keys, builds) in [
            (&[][..], false),
            (&[vec![7; 32]], true),
            (&[vec![7; 31]], false),
            (&[vec![7; 200], vec![8; 32]], true),
            (&[vec![7; 32], vec![8; 31]], false),
            (&vec![vec![7; 32]; 8], true),
            (&vec![vec![7; 32]; 9], false),
        ] {
            assert_eq!(RefreshKeys::new(keys).is_ok(), builds, "{}", keys.len());
        }
    }

    #[test]
    fn the_first_key_seals_and_all_are_known() {
        let (old, new) = ([1_u8; 32], [2_u8; 32]);
        let before = RefreshKeys::new([old]).unwrap();
        let between = RefreshKeys::new([new, old]).unwrap();
        let after = RefreshKeys::new([new]).unwrap();
        let message = [&b"a"[..], b"b"];
        for (sealing, knowing, known) in [
            (&before, &between, true),
            (&between, &between, true),
            (&between, &after, true),
            (&between, &before, false),
            (&before, &after, false),
        ] {
            assert_eq!(knowing.know(&message, &sealing.seal(&message)), known);
        }
        assert!(!before.know(&[b"b"], &before.seal(&message)));
        assert_eq!(format!("{between:?}"), "RefreshKeys(2 keys)");
    }
}
