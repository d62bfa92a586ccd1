//! Ed25519 (RFC 8032), strictly: no weak keys, and one form of each signature.

use ed25519_dalek::{Signature, VerifyingKey};

#[derive(Clone)]
pub(super) struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The key with these bytes, unless it is none or a weak one.
    pub(super) fn new(bytes: &[u8; 32]) -> Option<Self> {
        let key = VerifyingKey::from_bytes(bytes).ok()?;
        (!key.is_weak()).then_some(Self(key))
    }

    pub(super) fn verifies(&self, signed: &[u8], signature: &[u8; 64]) -> bool {
        let signature = Signature::from_bytes(signature);
        self.0.verify_strict(signed, &signature).is_ok()
    }
}
