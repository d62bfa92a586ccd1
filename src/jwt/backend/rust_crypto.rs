//! The crates of the `RustCrypto` project: no C code.

use ed25519_dalek as ed;
use p256::elliptic_curve::sec1::ToSec1Point;
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey};
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use rsa::signature::Verifier;
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, pkcs1v15, pss};
use sha2::{Sha256, Sha384, Sha512};

use super::material::Material;
use crate::jwt::algorithm::{Algorithm, Family};

type Check = Box<dyn Fn(&[u8], &[u8]) -> bool + Send + Sync>;

pub(in crate::jwt) struct PublicKey(Check);

impl PublicKey {
    pub(in crate::jwt) fn new(algorithm: Algorithm, material: &Material) -> Option<Self> {
        let check: Check = match material {
            Material::Rsa { n, e } => {
                let number = |bytes| Some(BoxedUint::from_be_slice_vartime(bytes));
                rsa_check(algorithm, rsa::PublicKey::new(number(n)?, number(e)?).ok()?)?
            }
            Material::Point(point) => point_check(algorithm, point)?,
            Material::Edwards(key) => {
                let key = ed::VerifyingKey::from_bytes(key).ok()?;
                Box::new(move |message, signature| {
                    ed::Signature::from_slice(signature)
                        .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
                })
            }
        };
        Some(Self(check))
    }

    pub(in crate::jwt) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        (self.0)(message, signature)
    }
}

fn rsa_check(algorithm: Algorithm, key: rsa::PublicKey) -> Option<Check> {
    macro_rules! check {
        ($scheme:ident, $hash:ty) => {{
            let key = $scheme::VerifyingKey::<$hash>::new(key);
            Box::new(move |message, signature| {
                $scheme::Signature::try_from(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            })
        }};
    }
    Some(match algorithm {
        Algorithm::Rs256 => check!(pkcs1v15, Sha256),
        Algorithm::Rs384 => check!(pkcs1v15, Sha384),
        Algorithm::Rs512 => check!(pkcs1v15, Sha512),
        Algorithm::Ps256 => check!(pss, Sha256),
        Algorithm::Ps384 => check!(pss, Sha384),
        Algorithm::Ps512 => check!(pss, Sha512),
        _ => return None,
    })
}

fn point_check(algorithm: Algorithm, point: &[u8]) -> Option<Check> {
    macro_rules! check {
        ($curve:ident) => {{
            let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?;
            Box::new(move |message, signature| {
                $curve::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            })
        }};
    }
    Some(match algorithm {
        Algorithm::Es256 => check!(p256),
        Algorithm::Es384 => check!(p384),
        Algorithm::Es512 => check!(p521),
        _ => return None,
    })
}

/// Reads a `SubjectPublicKeyInfo` (RFC 5280), or an `RSAPublicKey` (RFC 8017) for RSA.
pub(in crate::jwt) fn read_public_der(algorithm: Algorithm, der: &[u8]) -> Option<Material> {
    macro_rules! point {
        ($curve:ident) => {{
            let key = $curve::PublicKey::from_public_key_der(der).ok()?;
            Some(Material::Point(
                key.to_sec1_point(false).as_bytes().to_vec(),
            ))
        }};
    }
    match algorithm {
        Algorithm::Es256 => point!(p256),
        Algorithm::Es384 => point!(p384),
        Algorithm::Es512 => point!(p521),
        Algorithm::Ed25519 => {
            let key = ed::VerifyingKey::from_public_key_der(der).ok()?;
            Some(Material::Edwards(key.to_bytes()))
        }
        _ if algorithm.family() == Family::Rsa => {
            let spki = rsa::PublicKey::from_public_key_der(der).ok();
            Some(rsa_material(
                &spki.or_else(|| rsa::PublicKey::from_pkcs1_der(der).ok())?,
            ))
        }
        _ => None,
    }
}

fn rsa_material(key: &impl PublicKeyParts) -> Material {
    let trimmed = |number: &[u8]| {
        number
            .iter()
            .copied()
            .skip_while(|byte| *byte == 0)
            .collect()
    };
    Material::Rsa {
        n: trimmed(&key.n_bytes()),
        e: trimmed(&key.e_bytes()),
    }
}

/// The public half of a private key in PKCS#8 (RFC 5958).
pub(in crate::jwt) fn public_of_pkcs8(algorithm: Algorithm, der: &[u8]) -> Option<Material> {
    macro_rules! point {
        ($curve:ident) => {{
            let key = $curve::ecdsa::SigningKey::from_pkcs8_der(der).ok()?;
            let point = key.verifying_key().to_sec1_point(false);
            Some(Material::Point(point.as_bytes().to_vec()))
        }};
    }
    match algorithm {
        Algorithm::Es256 => point!(p256),
        Algorithm::Es384 => point!(p384),
        Algorithm::Es512 => point!(p521),
        Algorithm::Ed25519 => {
            let key = ed::SigningKey::from_pkcs8_der(der).ok()?;
            Some(Material::Edwards(key.verifying_key().to_bytes()))
        }
        _ if algorithm.family() == Family::Rsa => {
            Some(rsa_material(&rsa::PrivateKey::from_pkcs8_der(der).ok()?))
        }
        _ => None,
    }
}

/// The public half of a private key in PKCS#1 (RFC 8017, appendix A.1.2).
pub(in crate::jwt) fn public_of_pkcs1(der: &[u8]) -> Option<Material> {
    Some(rsa_material(&rsa::PrivateKey::from_pkcs1_der(der).ok()?))
}
