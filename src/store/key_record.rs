//! What is kept of an API key: never the key itself.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::key_ring::KeyOwner;
use crate::identity::{Credential, Principal, Scopes};

/// The public name of an API key: 16 letters and digits. It may be shown and logged.
///
/// Ids are ordered byte by byte, as ASCII is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; Self::LEN]);

impl KeyId {
    /// The length of an id in bytes.
    pub const LEN: usize = 16;

    /// The id that `text` is, if it is one. Untrusted text is fine.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; Self::LEN] = text.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(u8::is_ascii_alphanumeric)
            .then_some(Self(bytes))
    }

    /// The id of these characters, drawn from the letters and digits.
    pub(crate) fn drawn(characters: [u8; Self::LEN]) -> Self {
        Self(characters)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Every byte is an ASCII letter or digit.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// The SHA-256 of a whole API key; all that is kept of it. A key has 256 bits of its own, so that
/// a slow hash would add nothing but a way to wear the server out.
///
/// It has no `PartialEq`: it is compared in constant time, by [`matches`](Self::matches).
#[derive(Clone, Copy)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of `key`.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }

    /// Whether this is the hash `other`, in constant time.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// The bytes, for engines to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The hash that an engine has stored.
impl From<[u8; 32]> for KeyHash {
    fn from(stored: [u8; 32]) -> Self {
        Self(stored)
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(..)")
    }
}

/// One API key, as a [`KeyRing`](super::KeyRing) keeps it. Moments are seconds since the Unix
/// epoch.
#[derive(Clone, Debug)]
pub struct KeyRecord {
    id: KeyId,
    hash: KeyHash,
    principal: Principal,
    label: Option<Box<str>>,
    created_at: u64,
    expires_at: Option<u64>,
    revoked_at: Option<u64>,
}

impl KeyRecord {
    /// The key `id` of the caller `owner`, of which `hash` is kept. From `expires_at` on it is
    /// refused; `None` says never.
    #[must_use]
    pub fn new(
        id: KeyId,
        hash: KeyHash,
        owner: impl Into<Box<str>>,
        created_at: u64,
        expires_at: Option<u64>,
    ) -> Self {
        let credential = Credential::ApiKey {
            id: id.as_str().into(),
        };
        Self {
            id,
            hash,
            principal: Principal::new(owner).with_credential(credential),
            label: None,
            created_at,
            expires_at,
            revoked_at: None,
        }
    }

    /// Names the customer on whose behalf the key acts.
    #[must_use]
    pub fn with_tenant(mut self, tenant: impl Into<Box<str>>) -> Self {
        self.principal = self.principal.with_tenant(tenant);
        self
    }

    /// Grants scopes to the key.
    #[must_use]
    pub fn with_scopes(mut self, scopes: Scopes) -> Self {
        self.principal = self.principal.with_scopes(scopes);
        self
    }

    /// Says what the key is for, in its owner's words.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<Box<str>>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Withdraws the key; a moment that stands already stays.
    #[must_use]
    pub fn with_revocation(mut self, at: u64) -> Self {
        self.revoked_at.get_or_insert(at);
        self
    }

    /// The public id of the key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What is kept of the key.
    #[must_use]
    pub fn hash(&self) -> &KeyHash {
        &self.hash
    }

    /// The caller that this key proves, ready to be handed on: cloning it costs no allocation.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Whose key it is.
    #[must_use]
    pub fn owner(&self) -> KeyOwner<'_> {
        KeyOwner::of(&self.principal)
    }

    /// What the key may be used for.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        self.principal.scopes()
    }

    /// What the key is for, in its owner's words.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// When the key was issued.
    #[must_use]
    pub fn created_at(&self) -> u64 {
        self.created_at
    }

    /// The first moment at which the key is refused; `None` if there is none.
    #[must_use]
    pub fn expires_at(&self) -> Option<u64> {
        self.expires_at
    }

    /// When the key was withdrawn, if it was.
    #[must_use]
    pub fn revoked_at(&self) -> Option<u64> {
        self.revoked_at
    }

    /// Whether the key was withdrawn, at whatever moment.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.revoked_at.is_some()
    }

    /// Whether the key has expired at the moment `now`.
    #[must_use]
    pub fn is_expired(&self, now: u64) -> bool {
        self.expires_at.is_some_and(|end| now >= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_sixteen_letters_and_digits() {
        for (text, is_id) in [
            ("0123456789abcXYZ", true),
            ("0123456789abcXY", false),
            ("0123456789abcXYZ0", false),
            ("0123456789abc_YZ", false),
            ("0123456789abc\u{e9}Y", false), // sixteen bytes, not sixteen letters
            ("", false),
        ] {
            let id = KeyId::parse(text);
            assert_eq!(id.is_some(), is_id, "{text:?}");
            assert_eq!(id.as_ref().map(KeyId::as_str), is_id.then_some(text));
        }
    }

    #[test]
    fn only_the_hash_of_a_key_is_kept_and_it_is_not_shown() {
        let abc = KeyHash::of("abc"); // FIPS 180-2, appendix B.1
        assert_eq!(abc.as_bytes()[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert!(abc.matches(&KeyHash::from(*abc.as_bytes())));
        let mut last = *abc.as_bytes();
        last[31] ^= 1;
        assert!(!abc.matches(&KeyHash::from(last)));
        assert_eq!(format!("{abc:?}"), "KeyHash(..)");
    }

    #[test]
    fn the_first_revocation_stands() {
        let id = KeyId::parse("0123456789abcXYZ").unwrap();
        let record = KeyRecord::new(id, KeyHash::of("abc"), "alice", 10, None);
        let record = record.with_revocation(20).with_revocation(30);
        assert_eq!(record.revoked_at(), Some(20));
    }
}
