//! Keys that nobody has seen before, for tests.

use pem_rfc7468::LineEnding;
use rand::TryRng;
use rand::rngs::SysRng;
use zeroize::Zeroizing;

use super::algorithm::Algorithm;
use super::backend::{MacKey, Material, public_of_pkcs8};
use super::keys::{SigningKey, VerifyingKey};

/// A key for ES256 that was made just now.
#[derive(Clone, Debug)]
pub(crate) struct FreshKey {
    signing: SigningKey,
    /// The public point, uncompressed (SEC 1, section 2.3.3).
    pub(crate) point: Vec<u8>,
}

impl FreshKey {
    /// None if the system gives no random bytes.
    pub(crate) fn new(id: &str) -> Option<Self> {
        // A number of 32 random bytes is no key on P-256 once in 2^32 times.
        std::iter::repeat_with(|| Self::try_new(id))
            .take(3)
            .flatten()
            .next()
    }

    fn try_new(id: &str) -> Option<Self> {
        /// PKCS#8 (RFC 5958) around an `ECPrivateKey` (RFC 5915) that holds the number alone.
        const BEFORE: [u8; 35] = [
            0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
            0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27,
            0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20,
        ];
        let mut number = Zeroizing::new([0; 32]);
        SysRng.try_fill_bytes(&mut *number).ok()?;
        let der = Zeroizing::new([&BEFORE[..], &*number].concat());
        let Material::Point(point) = public_of_pkcs8(Algorithm::Es256, &der)? else {
            return None;
        };
        let pem = pem_rfc7468::encode_string("PRIVATE KEY", LineEnding::LF, &der).ok()?;
        let pem = Zeroizing::new(pem);
        let signing = SigningKey::from_pem(Algorithm::Es256, &pem)
            .ok()?
            .with_id(id);
        Some(Self { signing, point })
    }

    pub(crate) fn verifying_key(&self) -> VerifyingKey {
        self.signing.verifying_key()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.signing.sign(message)
    }
}

/// The HMAC of `message` by a secret of any length or kind, as an attacker would make it.
pub(crate) fn forged_mac(algorithm: Algorithm, secret: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    MacKey::new(algorithm, secret).map(|key| key.sign(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fresh_key_verifies_what_it_has_signed_and_no_other_does() {
        let (one, other) = (FreshKey::new("a").unwrap(), FreshKey::new("a").unwrap());
        let signature = one.sign(b"m").unwrap();
        assert!(one.verifying_key().verifies(b"m", &signature));
        assert!(!other.verifying_key().verifies(b"m", &signature));
        assert_eq!((one.point.len(), one.point[0]), (65, 4));
        assert_eq!(one.verifying_key().id(), Some("a"));
    }
}
