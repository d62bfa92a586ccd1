//! `aws-lc-rs`.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{self as sig, KeyPair, ParsedPublicKey, VerificationAlgorithm};
use aws_lc_rs::signature::{EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair};
use aws_lc_rs::signature::{
    RsaKeyPair, RsaParameters, RsaPublicKeyComponents, RsaSubjectPublicKey,
};

use super::material::Material;
use crate::jwt::algorithm::{Algorithm, Family};

pub(in crate::jwt) struct PublicKey(ParsedPublicKey);

impl PublicKey {
    pub(in crate::jwt) fn new(algorithm: Algorithm, material: &Material) -> Option<Self> {
        let parsed = match material {
            Material::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.to_parsed_public_key(rsa_check(algorithm)?)
            }
            Material::Point(point) => ParsedPublicKey::new(plain_check(algorithm)?, point),
            Material::Edwards(key) => ParsedPublicKey::new(plain_check(algorithm)?, key),
        };
        parsed.ok().map(Self)
    }

    pub(in crate::jwt) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

/// Reads a `SubjectPublicKeyInfo` (RFC 5280), or an `RSAPublicKey` (RFC 8017) for RSA.
pub(in crate::jwt) fn read_public_der(algorithm: Algorithm, der: &[u8]) -> Option<Material> {
    if algorithm.family() == Family::Rsa {
        let key = RsaSubjectPublicKey::from_der(der).ok()?;
        return Some(rsa_material(&key));
    }
    let parsed = ParsedPublicKey::new(plain_check(algorithm)?, der).ok()?;
    // The key is the end of the canonical form, whatever form was given.
    let canonical = parsed.as_der().ok()?;
    material(algorithm, canonical.as_ref())
}

fn rsa_material(key: &RsaSubjectPublicKey) -> Material {
    let (n, e) = (key.modulus(), key.exponent());
    Material::Rsa {
        n: n.big_endian_without_leading_zero().to_vec(),
        e: e.big_endian_without_leading_zero().to_vec(),
    }
}

fn material(algorithm: Algorithm, end: &[u8]) -> Option<Material> {
    Some(match algorithm.family() {
        Family::Ec => {
            let start = end.len().checked_sub(1 + 2 * algorithm.unit())?;
            Material::Point(end.get(start..)?.to_vec())
        }
        Family::Edwards => Material::Edwards(*end.last_chunk()?),
        Family::Hmac | Family::Rsa => return None,
    })
}

/// The public half of a private key in PKCS#8 (RFC 5958).
pub(in crate::jwt) fn public_of_pkcs8(algorithm: Algorithm, der: &[u8]) -> Option<Material> {
    match algorithm.family() {
        Family::Hmac => None,
        Family::Rsa => Some(rsa_material(RsaKeyPair::from_pkcs8(der).ok()?.public_key())),
        Family::Ec => {
            let key = EcdsaKeyPair::from_pkcs8(ec_encoding(algorithm)?, der).ok()?;
            material(algorithm, key.public_key().as_ref())
        }
        // Version 1 of the form, which tools write, bears no public key to check against.
        Family::Edwards => {
            let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok()?;
            material(algorithm, key.public_key().as_ref())
        }
    }
}

/// The public half of a private key in PKCS#1 (RFC 8017, appendix A.1.2).
pub(in crate::jwt) fn public_of_pkcs1(der: &[u8]) -> Option<Material> {
    Some(rsa_material(RsaKeyPair::from_der(der).ok()?.public_key()))
}

fn rsa_check(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        Algorithm::Rs256 => &sig::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &sig::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &sig::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps256 => &sig::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &sig::RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &sig::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

fn plain_check(algorithm: Algorithm) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match algorithm {
        Algorithm::Es256 => &sig::ECDSA_P256_SHA256_FIXED,
        Algorithm::Es384 => &sig::ECDSA_P384_SHA384_FIXED,
        Algorithm::Es512 => &sig::ECDSA_P521_SHA512_FIXED,
        Algorithm::Ed25519 => &sig::ED25519,
        _ => return None,
    })
}

fn ec_encoding(algorithm: Algorithm) -> Option<&'static EcdsaSigningAlgorithm> {
    Some(match algorithm {
        Algorithm::Es256 => &sig::ECDSA_P256_SHA256_FIXED_SIGNING,
        Algorithm::Es384 => &sig::ECDSA_P384_SHA384_FIXED_SIGNING,
        Algorithm::Es512 => &sig::ECDSA_P521_SHA512_FIXED_SIGNING,
        _ => return None,
    })
}
