//! Signatures, made by `jsonwebtoken`.
//!
//! Its signers can neither be shared between threads nor be wiped, so that one is made for each
//! signature, from a key that is kept here and wiped on drop. Nothing is installed process-wide.

use jsonwebtoken::crypto::CryptoProvider;
use jsonwebtoken::{Algorithm as Jose, EncodingKey};
use zeroize::Zeroizing;

use super::algorithm::{Algorithm, Family};

#[cfg(feature = "aws-lc-rs")]
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
#[cfg(all(feature = "rust-crypto", not(feature = "aws-lc-rs")))]
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;

/// A private key, and the algorithm that it signs with.
pub(super) struct Signer {
    algorithm: Jose,
    family: Family,
    /// The secret itself for HMAC, a PEM file for the rest.
    key: Zeroizing<Vec<u8>>,
}

impl Signer {
    /// None if `algorithm` is one that is verified, but not signed with.
    pub(super) fn new(algorithm: Algorithm, key: &[u8]) -> Option<Self> {
        Some(Self {
            algorithm: jose(algorithm)?,
            family: algorithm.family(),
            key: Zeroizing::new(key.to_vec()),
        })
    }

    /// None if the key is none for the algorithm.
    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.sign_by(&DEFAULT_PROVIDER, message)
    }

    pub(super) fn sign_by(&self, provider: &CryptoProvider, message: &[u8]) -> Option<Vec<u8>> {
        let key = match self.family {
            Family::Hmac => EncodingKey::from_secret(&self.key),
            Family::Rsa => EncodingKey::from_rsa_pem(&self.key).ok()?,
            Family::Ec => EncodingKey::from_ec_pem(&self.key).ok()?,
            Family::Edwards => EncodingKey::from_ed_pem(&self.key).ok()?,
        };
        let signer = (provider.signer_factory)(&self.algorithm, &key).ok()?;
        signer.try_sign(message).ok()
    }
}

fn jose(algorithm: Algorithm) -> Option<Jose> {
    Some(match algorithm {
        Algorithm::Hs256 => Jose::HS256,
        Algorithm::Hs384 => Jose::HS384,
        Algorithm::Hs512 => Jose::HS512,
        Algorithm::Rs256 => Jose::RS256,
        Algorithm::Rs384 => Jose::RS384,
        Algorithm::Rs512 => Jose::RS512,
        Algorithm::Ps256 => Jose::PS256,
        Algorithm::Ps384 => Jose::PS384,
        Algorithm::Ps512 => Jose::PS512,
        Algorithm::Es256 => Jose::ES256,
        Algorithm::Es384 => Jose::ES384,
        Algorithm::Ed25519 => Jose::EdDSA,
        Algorithm::Es512 => return None,
    })
}
