//! The keys that tokens are signed and verified with.

use std::fmt;
use std::sync::Arc;

use super::algorithm::{Algorithm, Family};
use super::backend::{
    MacKey, Material, PublicKey, public_of_pkcs1, public_of_pkcs8, read_public_der,
};
use super::signer::Signer;
use super::{jwk, pem};
use crate::config::ConfigError;

/// What a new signing key signs first, to see that it works.
const TRIAL: &[u8] = b"header.payload";

/// A key that verifies tokens, bound to one algorithm. It is parsed once; clones share it.
#[derive(Clone)]
pub struct VerifyingKey {
    algorithm: Algorithm,
    id: Option<Arc<str>>,
    check: Arc<Check>,
}

enum Check {
    Mac(Box<MacKey>),
    Public(PublicKey),
}

impl VerifyingKey {
    /// A secret for HMAC with SHA-256 (`HS256`).
    ///
    /// # Errors
    /// [`ConfigError`] if `secret` is shorter than 32 bytes (RFC 7518, section 3.2) or is a key
    /// file.
    pub fn hs256(secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Self::from_secret(Algorithm::Hs256, secret.as_ref())
    }

    /// A secret for HMAC with SHA-384 (`HS384`).
    ///
    /// # Errors
    /// [`ConfigError`] if `secret` is shorter than 48 bytes (RFC 7518, section 3.2) or is a key
    /// file.
    pub fn hs384(secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Self::from_secret(Algorithm::Hs384, secret.as_ref())
    }

    /// A secret for HMAC with SHA-512 (`HS512`).
    ///
    /// # Errors
    /// [`ConfigError`] if `secret` is shorter than 64 bytes (RFC 7518, section 3.2) or is a key
    /// file.
    pub fn hs512(secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Self::from_secret(Algorithm::Hs512, secret.as_ref())
    }

    /// A public key in a PEM file: `PUBLIC KEY`, or `RSA PUBLIC KEY` as well for RSA.
    ///
    /// # Errors
    /// [`ConfigError`] if `text` is something else, or a key that is too weak or not one for
    /// `algorithm`: RSA takes 2048 to 8192 bits and an exponent from 65537 on.
    pub fn from_pem(algorithm: Algorithm, text: &str) -> Result<Self, ConfigError> {
        let (label, der) = pem::decode(text)?;
        let known = match label {
            "PUBLIC KEY" => true,
            "RSA PUBLIC KEY" => algorithm.family() == Family::Rsa,
            _ => false,
        };
        if !known {
            return Err(ConfigError::new(format!(
                "a PEM block {label:?} does not verify {}: give the public key alone, as PUBLIC KEY",
                algorithm.name(),
            )));
        }
        let material = read_public_der(algorithm, &der).ok_or_else(|| unreadable(algorithm))?;
        Self::from_material(algorithm, &material)
    }

    /// A key as JSON (RFC 7517). Its `alg` fixes the algorithm; without one that is `RS256` for an
    /// RSA key and the algorithm of its curve for any other.
    ///
    /// # Errors
    /// [`ConfigError`] if `json` is no such key, holds a private one, is meant for something other
    /// than verifying (`use`, `key_ops`), or is too weak.
    pub fn from_jwk(json: &str) -> Result<Self, ConfigError> {
        jwk::read_key(json)
    }

    pub(super) fn from_secret(algorithm: Algorithm, secret: &[u8]) -> Result<Self, ConfigError> {
        let key = Arc::new(Check::Mac(Box::new(mac(algorithm, secret)?)));
        Ok(Self::new(algorithm, key))
    }

    pub(super) fn from_material(
        algorithm: Algorithm,
        material: &Material,
    ) -> Result<Self, ConfigError> {
        if let Some(weakness) = material.weakness(algorithm) {
            return Err(ConfigError::new(format!(
                "a key for {} {weakness}: make a new one",
                algorithm.name()
            )));
        }
        let key = PublicKey::new(algorithm, material).ok_or_else(|| unreadable(algorithm))?;
        Ok(Self::new(algorithm, Arc::new(Check::Public(key))))
    }

    fn new(algorithm: Algorithm, check: Arc<Check>) -> Self {
        Self {
            algorithm,
            id: None,
            check,
        }
    }

    /// Names the key, so that a token that bears this name in `kid` is verified with it. A key
    /// without a name serves every token of its algorithm that no named key is meant for.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The one algorithm of this key.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The name of this key, if it has one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &*self.check {
            Check::Mac(key) => key.verify(message, signature),
            Check::Public(key) => key.verify(message, signature),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "VerifyingKey", self.algorithm, self.id())
    }
}

/// A key that signs tokens, bound to one algorithm. Clones share it.
#[derive(Clone)]
pub struct SigningKey {
    verifying: VerifyingKey,
    signer: Arc<Signer>,
}

impl SigningKey {
    /// A secret for HMAC with SHA-256 (`HS256`); whoever verifies with it can also sign.
    ///
    /// # Errors
    /// [`ConfigError`] if `secret` is shorter than 32 bytes (RFC 7518, section 3.2) or is a key
    /// file.
    pub fn hs256(secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Self::tried(VerifyingKey::hs256(&secret)?, secret.as_ref())
    }

    /// A secret for HMAC with SHA-384 (`HS384`); whoever verifies with it can also sign.
    ///
    /// # Errors
    /// [`ConfigError`] if `secret` is shorter than 48 bytes (RFC 7518, section 3.2) or is a key
    /// file.
    pub fn hs384(secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Self::tried(VerifyingKey::hs384(&secret)?, secret.as_ref())
    }

    /// A secret for HMAC with SHA-512 (`HS512`); whoever verifies with it can also sign.
    ///
    /// # Errors
    /// [`ConfigError`] if `secret` is shorter than 64 bytes (RFC 7518, section 3.2) or is a key
    /// file.
    pub fn hs512(secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Self::tried(VerifyingKey::hs512(&secret)?, secret.as_ref())
    }

    /// A private key in an unencrypted PEM file: `PRIVATE KEY` (PKCS#8), or `RSA PRIVATE KEY`
    /// (PKCS#1) as well for RSA.
    ///
    /// # Errors
    /// [`ConfigError`] if `text` is something else, or a key that is too weak or not one for
    /// `algorithm` (see [`VerifyingKey::from_pem`]), or if `algorithm` is ES512, which is verified,
    /// but not signed with.
    pub fn from_pem(algorithm: Algorithm, text: &str) -> Result<Self, ConfigError> {
        let (label, der) = pem::decode(text)?;
        let public = match (label, algorithm.family()) {
            ("PRIVATE KEY", _) => public_of_pkcs8(algorithm, &der),
            ("RSA PRIVATE KEY", Family::Rsa) => public_of_pkcs1(&der),
            _ => {
                return Err(ConfigError::new(format!(
                    "a PEM block {label:?} does not sign {}: give a PRIVATE KEY, as `openssl pkcs8 \
                     -topk8 -nocrypt` writes it",
                    algorithm.name(),
                )));
            }
        };
        let public = public.ok_or_else(|| unreadable(algorithm))?;
        let verifying = VerifyingKey::from_material(algorithm, &public)?;
        Self::tried(verifying, text.trim_ascii().as_bytes())
    }

    /// A key that was seen to sign what its public half verifies.
    fn tried(verifying: VerifyingKey, key: &[u8]) -> Result<Self, ConfigError> {
        let algorithm = verifying.algorithm;
        let signer = Signer::new(algorithm, key).ok_or_else(|| {
            ConfigError::new(format!(
                "{} is verified, but not signed with: use ES256 or ES384",
                algorithm.name()
            ))
        })?;
        let signature = signer.sign(TRIAL).ok_or_else(|| unreadable(algorithm))?;
        if !verifying.verifies(TRIAL, &signature) {
            return Err(unreadable(algorithm));
        }
        Ok(Self {
            verifying,
            signer: Arc::new(signer),
        })
    }

    /// Names the key: its tokens bear the name in `kid`.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        self.verifying = self.verifying.with_id(id);
        self
    }

    /// The one algorithm of this key.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.verifying.algorithm
    }

    /// The name of this key, if it has one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.verifying.id()
    }

    /// The key that verifies what this one signs.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        self.verifying.clone()
    }

    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.signer.sign(message)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "SigningKey", self.algorithm(), self.id())
    }
}

fn mac(algorithm: Algorithm, secret: &[u8]) -> Result<MacKey, ConfigError> {
    if secret.len() < algorithm.unit() {
        return Err(ConfigError::new(format!(
            "the secret for {} is {} bytes long: use {} random bytes or more",
            algorithm.name(),
            secret.len(),
            algorithm.unit(),
        )));
    }
    if pem::is_key_file(secret) {
        return Err(ConfigError::new(
            "the secret is a key file: for a key pair use from_pem or from_jwk, for a secret use \
             random bytes",
        ));
    }
    MacKey::new(algorithm, secret).ok_or_else(|| unreadable(algorithm))
}

fn unreadable(algorithm: Algorithm) -> ConfigError {
    ConfigError::new(format!("this is not a key for {}", algorithm.name()))
}

/// Nothing of the key itself.
fn debug(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    algorithm: Algorithm,
    id: Option<&str>,
) -> fmt::Result {
    f.debug_struct(name)
        .field("algorithm", &algorithm)
        .field("id", &id)
        .finish_non_exhaustive()
}
