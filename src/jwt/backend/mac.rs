//! HMAC (RFC 2104), by the crates of the `RustCrypto` project with either backend: the keyed state
//! is made once and copied for each token, which costs less than a context of AWS-LC.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};

use crate::jwt::algorithm::Algorithm;

pub(in crate::jwt) enum MacKey {
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
}

impl MacKey {
    pub(in crate::jwt) fn new(algorithm: Algorithm, secret: &[u8]) -> Option<Self> {
        Some(match algorithm {
            Algorithm::Hs256 => Self::Sha256(Hmac::new_from_slice(secret).ok()?),
            Algorithm::Hs384 => Self::Sha384(Hmac::new_from_slice(secret).ok()?),
            Algorithm::Hs512 => Self::Sha512(Hmac::new_from_slice(secret).ok()?),
            _ => return None,
        })
    }

    pub(in crate::jwt) fn sign(&self, message: &[u8]) -> Vec<u8> {
        fn tag(key: &(impl Mac + Clone), message: &[u8]) -> Vec<u8> {
            key.clone()
                .chain_update(message)
                .finalize()
                .into_bytes()
                .to_vec()
        }
        match self {
            Self::Sha256(key) => tag(key, message),
            Self::Sha384(key) => tag(key, message),
            Self::Sha512(key) => tag(key, message),
        }
    }

    /// In constant time.
    pub(in crate::jwt) fn verify(&self, message: &[u8], tag: &[u8]) -> bool {
        fn fits(key: &(impl Mac + Clone), message: &[u8], tag: &[u8]) -> bool {
            key.clone().chain_update(message).verify_slice(tag).is_ok()
        }
        match self {
            Self::Sha256(key) => fits(key, message, tag),
            Self::Sha384(key) => fits(key, message, tag),
            Self::Sha512(key) => fits(key, message, tag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_that_of_the_standard_and_of_its_key_alone() {
        // RFC 4231, section 4.3 (test case 2), the beginnings.
        let (key, message) = (b"Jefe", b"what do ya want for nothing?");
        for (algorithm, begin) in [
            (Algorithm::Hs256, [0x5b, 0xdc, 0xc1, 0x46]),
            (Algorithm::Hs384, [0xaf, 0x45, 0xd2, 0xe3]),
            (Algorithm::Hs512, [0x16, 0x4b, 0x7a, 0x7b]),
        ] {
            let mac = MacKey::new(algorithm, key).unwrap();
            let tag = mac.sign(message);
            assert_eq!(tag[..4], begin, "{algorithm:?}");
            assert_eq!(tag.len(), algorithm.unit());
            assert!(mac.verify(message, &tag));
            assert!(!mac.verify(b"what do ya want for nothing!", &tag));
            for bad in [&tag[1..], &[], &vec![0; tag.len()][..]] {
                assert!(!mac.verify(message, bad), "{algorithm:?}");
            }
            assert!(
                !MacKey::new(algorithm, b"jefe")
                    .unwrap()
                    .verify(message, &tag)
            );
        }
        assert!(MacKey::new(Algorithm::Es256, key).is_none());
    }
}
