//! Several keys of one issuer.

use std::sync::Arc;

use super::algorithm::{Algorithm, Family};
use super::fault::Fault;
use super::jwk;
use super::keys::VerifyingKey;
use crate::config::ConfigError;

/// The keys of an issuer, of which each token finds exactly one or none: by its `kid`, else by its
/// algorithm alone.
#[derive(Clone, Debug)]
pub struct KeySet(Arc<[VerifyingKey]>);

impl KeySet {
    /// A set of these keys.
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, if two could not be told apart (same algorithm, and same
    /// name or no name), or if secrets stand beside public keys.
    pub fn new(keys: impl IntoIterator<Item = VerifyingKey>) -> Result<Self, ConfigError> {
        let keys: Vec<_> = keys.into_iter().collect();
        if keys.is_empty() {
            return Err(ConfigError::new("no key: without one no token can be good"));
        }
        let secrets = keys.iter().filter(|key| is_secret(key)).count();
        if secrets != 0 && secrets != keys.len() {
            return Err(ConfigError::new(
                "a set holds either secrets or public keys: what holds both is easily published",
            ));
        }
        let mut rest = keys.iter();
        while let Some(key) = rest.next() {
            let same = |other: &VerifyingKey| {
                (other.algorithm(), other.id()) == (key.algorithm(), key.id())
            };
            if rest.clone().any(same) {
                return Err(ConfigError::new(format!(
                    "two keys for {} cannot be told apart: give each a name of its own",
                    key.algorithm().name()
                )));
            }
        }
        Ok(Self(keys.into()))
    }

    /// The keys of a JWK Set (RFC 7517, section 5), all of which must be good; see
    /// [`VerifyingKey::from_jwk`].
    ///
    /// # Errors
    /// As of [`KeySet::new`] and [`VerifyingKey::from_jwk`], and if there are more than 100 keys.
    pub fn from_jwks(json: &str) -> Result<Self, ConfigError> {
        Self::new(jwk::read_set(json)?)
    }

    /// Keys of somebody else's set, in which two that cannot be told apart serve no token at all.
    #[cfg(feature = "remote")]
    pub(super) fn of_others(keys: Vec<VerifyingKey>) -> Self {
        Self(keys.into())
    }

    /// The keys.
    pub fn iter(&self) -> impl Iterator<Item = &VerifyingKey> {
        self.0.iter()
    }

    /// Whether this is the very set `other`, and not one that only looks the same.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The algorithm that goes by `name`, if a key here has it.
    pub(super) fn algorithm(&self, name: &str) -> Result<Algorithm, Fault> {
        Algorithm::named(name)
            .filter(|known| self.0.iter().any(|key| key.algorithm() == *known))
            .ok_or(Fault::WRONG_ALGORITHM)
    }

    /// The one key that a token is to be verified with.
    pub(super) fn find(
        &self,
        algorithm: Algorithm,
        id: Option<&str>,
    ) -> Result<&VerifyingKey, Fault> {
        let of = || {
            self.0
                .iter()
                .filter(move |key| key.algorithm() == algorithm)
        };
        let named = |id| of().filter(move |key| key.id() == id);
        match id {
            None => only(of()),
            // If two bear the name, no third key makes up for it.
            Some(_) if named(id).next().is_some() => only(named(id)),
            Some(_) => only(named(None)),
        }
        .map_err(|()| Fault::UNKNOWN_KEY)
    }
}

impl From<VerifyingKey> for KeySet {
    fn from(key: VerifyingKey) -> Self {
        Self(Arc::new([key]))
    }
}

fn is_secret(key: &VerifyingKey) -> bool {
    key.algorithm().family() == Family::Hmac
}

/// The only item; none and several are the same here.
fn only<T>(mut items: impl Iterator<Item = T>) -> Result<T, ()> {
    match (items.next(), items.next()) {
        (Some(item), None) => Ok(item),
        _ => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hs256(byte: u8) -> VerifyingKey {
        VerifyingKey::hs256([byte; 32]).unwrap()
    }

    #[test]
    fn a_token_finds_exactly_one_key_or_none() {
        let set = KeySet::new([
            hs256(1).with_id("a"),
            hs256(2).with_id("b"),
            VerifyingKey::hs384([3; 48]).unwrap().with_id("a"),
            VerifyingKey::hs512([4; 64]).unwrap(),
        ])
        .unwrap();
        for (algorithm, id, found) in [
            (Algorithm::Hs256, Some("a"), true),
            (Algorithm::Hs256, Some("b"), true),
            (Algorithm::Hs256, Some("c"), false),
            (Algorithm::Hs256, Some(""), false),
            (Algorithm::Hs256, None, false), // two would do
            (Algorithm::Hs384, Some("a"), true),
            (Algorithm::Hs384, Some("b"), false),
            (Algorithm::Hs384, None, true),
            (Algorithm::Hs512, Some("whatever"), true),
            (Algorithm::Hs512, None, true),
            (Algorithm::Rs256, None, false),
        ] {
            let key = set.find(algorithm, id);
            assert_eq!(key.is_ok(), found, "{algorithm:?} {id:?}");
            if let Ok(key) = key {
                assert_eq!(key.algorithm(), algorithm);
                assert!(key.id().is_none() || id.is_none() || key.id() == id);
            }
        }
    }

    #[test]
    fn only_the_algorithms_of_the_keys_are_spoken() {
        let set = KeySet::from(hs256(1));
        assert_eq!(set.algorithm("HS256"), Ok(Algorithm::Hs256));
        for name in ["HS384", "RS256", "none", "", "hs256"] {
            assert_eq!(set.algorithm(name), Err(Fault::WRONG_ALGORITHM), "{name}");
        }
    }

    #[test]
    fn keys_that_cannot_be_told_apart_are_no_set() {
        assert!(KeySet::new([]).is_err());
        assert!(KeySet::new([hs256(1), hs256(2)]).is_err());
        assert!(KeySet::new([hs256(1).with_id("a"), hs256(2).with_id("a")]).is_err());
        assert!(KeySet::new([hs256(1).with_id("a"), hs256(2)]).is_ok());
    }
}
