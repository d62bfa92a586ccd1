//! From keys of rows to public ids, and back.

use std::fmt;
use std::sync::Arc;

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit as _};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::db_id::DbId;
use super::entity::{Entity, prefix};
use super::id::PublicId;
use crate::config::ConfigError;

/// The shortest key in bytes (RFC 2104, section 3: no shorter than the digest).
const MIN_KEY_LEN: usize = 32;

/// How many keys may be known beside the one that seals: each is a chance more for a guess.
const MAX_FURTHER: usize = 7;

/// What must come out beside the key of the row.
const REDUNDANCY: [u8; 8] = [0; 8];

/// The keys by which a server turns [`DbId`]s into [`PublicId`]s and knows them again. A handle:
/// clones share them. They belong into the router's state.
///
/// An id is one block of AES-256 (FIPS 197) over the row's key and 64 zero bits, under a key that
/// HMAC-SHA-256 derives for the entity. The same row has the same id, so that links stay good; an id
/// that nobody sealed is taken for one with a chance of 2^-64 for each key that is known.
#[derive(Clone)]
pub struct IdKeys(Arc<Keys>);

#[derive(Clone)]
struct Keys {
    own: Hmac<Sha256>,
    further: Vec<Hmac<Sha256>>,
}

impl IdKeys {
    /// Seals with `key`, at least 32 random bytes that serve for nothing else.
    ///
    /// # Errors
    /// [`ConfigError`] if the key is too short.
    pub fn new(key: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Ok(Self(Arc::new(Keys {
            own: keyed(key.as_ref())?,
            further: Vec::new(),
        })))
    }

    /// Knows what `key` has sealed, too, so that keys can be changed without a break: first have
    /// all instances know the new key, then have them seal with it.
    ///
    /// # Errors
    /// [`ConfigError`] if the key is shorter than 32 bytes, or more than 7 are known beside the one
    /// that seals.
    pub fn with_further_key(mut self, key: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let keys = Arc::make_mut(&mut self.0);
        if keys.further.len() == MAX_FURTHER {
            return Err(ConfigError::new(format!(
                "at most {MAX_FURTHER} keys for ids can be known beside the one that seals; \
                 forget the oldest"
            )));
        }
        keys.further.push(keyed(key.as_ref())?);
        Ok(self)
    }

    /// The public id of a row.
    #[must_use]
    pub fn seal<E: Entity>(&self, id: DbId<E>) -> PublicId<E> {
        let mut block = [0; 16];
        let (row, redundancy) = block.split_at_mut(8);
        row.copy_from_slice(&id.get().to_be_bytes());
        redundancy.copy_from_slice(&REDUNDANCY);
        let mut block = block.into();
        cipher::<E>(&self.0.own).encrypt_block(&mut block);
        PublicId::from_bytes(block.into())
    }

    /// The row of a public id, if one of the keys has sealed it.
    #[must_use]
    pub fn open<E: Entity>(&self, id: PublicId<E>) -> Option<DbId<E>> {
        let keys = std::iter::once(&self.0.own).chain(&self.0.further);
        keys.map(cipher::<E>).find_map(|cipher| {
            let mut block = id.to_bytes().into();
            cipher.decrypt_block(&mut block);
            let block: [u8; 16] = block.into();
            let (row, redundancy) = block.split_first_chunk::<8>()?;
            let is_sealed: bool = redundancy.ct_eq(&REDUNDANCY).into();
            is_sealed.then(|| DbId::new(i64::from_be_bytes(*row)))
        })
    }
}

impl fmt::Debug for IdKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdKeys(..)")
    }
}

fn keyed(key: &[u8]) -> Result<Hmac<Sha256>, ConfigError> {
    if key.len() < MIN_KEY_LEN {
        return Err(ConfigError::new(format!(
            "a key for ids must have at least {MIN_KEY_LEN} bytes; draw them at random"
        )));
    }
    Hmac::new_from_slice(key).map_err(|_| ConfigError::new("a key for ids cannot have this length"))
}

/// The cipher of `E`. Without a key of its own, the id of one entity would be one of another.
fn cipher<E: Entity>(key: &Hmac<Sha256>) -> Aes256 {
    let derived = key
        .clone()
        .chain_update("portcullis public id 1 ")
        .chain_update(prefix::<E>())
        .finalize()
        .into_bytes();
    let derived = Zeroizing::new(<[u8; 32]>::from(derived));
    Aes256::new(&(*derived).into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Article;
    impl Entity for Article {
        const PREFIX: &'static str = "article";
    }

    struct Order;
    impl Entity for Order {
        const PREFIX: &'static str = "order";
    }

    fn keys(fill: u8) -> IdKeys {
        IdKeys::new([fill; 32]).unwrap()
    }

    fn article(key: i64) -> DbId<Article> {
        DbId::new(key)
    }

    #[test]
    fn short_keys_and_too_many_do_not_build() {
        assert!(IdKeys::new([7; 31]).is_err());
        assert!(IdKeys::new([7; 200]).is_ok());
        assert!(keys(1).with_further_key([7; 31]).is_err());
        let mut many = keys(0);
        for fill in 1..=7 {
            many = many.with_further_key([fill; 32]).unwrap();
        }
        assert!(many.with_further_key([8; 32]).is_err());
    }

    #[test]
    fn an_id_is_opened_by_the_key_that_sealed_it_and_by_those_who_know_it() {
        let old = keys(1).seal(article(42));
        let changed = keys(2).with_further_key([1; 32]).unwrap();
        let new = changed.seal(article(42));
        assert_ne!(old, new);
        for (keys, id, opened) in [
            (&keys(1), old, true),
            (&keys(2), old, false),
            (&changed, old, true),
            (&changed, new, true),
            (&keys(1), new, false), // not yet told of the new key
            (&keys(2), new, true),
        ] {
            assert_eq!(keys.open(id), opened.then(|| article(42)));
        }
    }

    #[test]
    fn each_entity_has_ids_of_its_own() {
        let keys = keys(1);
        let id = keys.seal(article(42));
        assert_eq!(
            keys.open(PublicId::<Order>::from_bytes(id.to_bytes())),
            None
        );
        let order = keys.seal(DbId::<Order>::new(42));
        assert_ne!(id.to_bytes(), order.to_bytes());
    }

    /// The id was worked out by OpenSSL. One that a release has given out must never change.
    #[test]
    fn ids_stay_what_they_are() {
        let id = keys(7).seal(article(42));
        assert_eq!(id.to_string(), "article_1rd3a4n64a7bryr8c96gwx3n6r");
        assert_eq!(format!("{:?}", keys(7)), "IdKeys(..)");
    }

    proptest! {
        #[test]
        fn every_row_has_an_id_that_leads_back(key: i64) {
            let keys = keys(3);
            let id = keys.seal(article(key));
            prop_assert_eq!(keys.open(id), Some(article(key)));
            prop_assert_eq!(keys.seal(article(key)), id);
        }

        #[test]
        fn neighbours_have_nothing_in_common(key in any::<i64>().prop_filter("has a next", |key| *key < i64::MAX)) {
            let keys = keys(3);
            let bits = |key| u128::from_be_bytes(keys.seal(article(key)).to_bytes());
            let differing = (bits(key) ^ bits(key + 1)).count_ones();
            prop_assert!((24..=104).contains(&differing), "{differing}");
        }

        #[test]
        fn no_bytes_are_taken_for_an_id_and_one_changed_bit_breaks_it(bytes: [u8; 16], key: i64, bit in 0..128_u32) {
            let keys = keys(3).with_further_key([4; 32]).unwrap();
            prop_assert_eq!(keys.open(PublicId::<Article>::from_bytes(bytes)), None);
            let sealed = u128::from_be_bytes(keys.seal(article(key)).to_bytes());
            let changed = PublicId::<Article>::from_bytes((sealed ^ 1 << bit).to_be_bytes());
            prop_assert_eq!(keys.open(changed), None);
        }
    }
}
