//! Whose quota it is.

use std::borrow::Cow;
use std::fmt;

use sha2::{Digest, Sha256};

/// Whose quota it is: a kind, a realm in which the value is unique, and a value. Keys of different
/// kinds never meet. Its `Debug` shows only the kind, since the rest may be personal data.
#[derive(Clone)]
pub struct Key<'a> {
    kind: KeyKind,
    realm: Cow<'a, str>,
    value: Value<'a>,
}

/// What a [`Key`] is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u8)]
pub enum KeyKind {
    /// The address of a client.
    Client,
    /// A caller.
    Principal,
    /// An API key.
    ApiKey,
    /// Something of the author's own.
    Own,
    /// A tenant.
    Tenant,
    /// A route, as it was written in the router.
    Route,
    /// What a header says.
    Header,
    /// Several keys together.
    Joined,
}

#[derive(Clone)]
enum Value<'a> {
    Word([u8; 8]),
    Pair([u8; 16]),
    Bytes(Cow<'a, [u8]>),
}

impl<'a> Key<'a> {
    /// The key of this `kind` with the value of `key`.
    #[must_use]
    pub fn of_kind(kind: KeyKind, key: impl Into<Key<'a>>) -> Self {
        Self { kind, ..key.into() }
    }

    /// Says in which realm the value is unique: the issuer of a subject.
    #[must_use]
    pub fn within(mut self, realm: &'a str) -> Self {
        self.realm = Cow::Borrowed(realm);
        self
    }

    /// The one key that stands for all of `keys` together, in this order: a digest (SHA-256, cut to
    /// 128 bits), so that it is short however long they are and nobody can make two lists meet.
    #[must_use]
    pub fn joined<'k>(keys: impl IntoIterator<Item = Key<'k>>) -> Self {
        let mut digest = Sha256::new();
        for key in keys {
            let (kind, realm, value) = key.parts();
            digest.update([kind as u8]);
            for bytes in [realm, value] {
                digest.update((bytes.len() as u64).to_be_bytes());
                digest.update(bytes);
            }
        }
        let digest: [u8; 32] = digest.finalize().into();
        let half = digest.first_chunk().copied().unwrap_or_default();
        Self::of_kind(KeyKind::Joined, Key::own(Value::Pair(half)))
    }

    /// The same key, which borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> Key<'static> {
        Key {
            kind: self.kind,
            realm: Cow::Owned(self.realm.into_owned()),
            value: match self.value {
                Value::Word(word) => Value::Word(word),
                Value::Pair(pair) => Value::Pair(pair),
                Value::Bytes(bytes) => Value::Bytes(Cow::Owned(bytes.into_owned())),
            },
        }
    }

    /// All that makes the key, for engines to hash: the kind, the realm and the value, of which the
    /// lengths belong to the key too.
    #[must_use]
    #[inline]
    pub fn parts(&self) -> (KeyKind, &[u8], &[u8]) {
        let value = match &self.value {
            Value::Word(bytes) => bytes.as_slice(),
            Value::Pair(bytes) => bytes,
            Value::Bytes(bytes) => bytes,
        };
        (self.kind, self.realm.as_bytes(), value)
    }

    fn own(value: Value<'a>) -> Self {
        Self {
            kind: KeyKind::Own,
            realm: Cow::Borrowed(""),
            value,
        }
    }
}

impl fmt::Debug for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?}, ..)", self.kind)
    }
}

impl<'a> From<&'a [u8]> for Key<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::own(Value::Bytes(Cow::Borrowed(bytes)))
    }
}

impl<'a> From<&'a str> for Key<'a> {
    fn from(text: &'a str) -> Self {
        text.as_bytes().into()
    }
}

impl From<String> for Key<'_> {
    fn from(text: String) -> Self {
        Self::own(Value::Bytes(Cow::Owned(text.into_bytes())))
    }
}

/// Sixteen bytes, such as those of a UUID.
impl From<[u8; 16]> for Key<'_> {
    fn from(bytes: [u8; 16]) -> Self {
        Self::own(Value::Pair(bytes))
    }
}

impl From<u64> for Key<'_> {
    fn from(number: u64) -> Self {
        Self::own(Value::Word(number.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_not_show_whose_it_is() {
        let key = Key::of_kind(KeyKind::Principal, "alice").within("https://a.example");
        assert_eq!(format!("{key:?}"), "Key(Principal, ..)");
        let parts = (KeyKind::Principal, &b"https://a.example"[..], &b"alice"[..]);
        assert_eq!(key.parts(), parts);
    }

    #[test]
    fn keys_that_are_joined_differ_if_any_part_or_their_order_does() {
        let joined = |keys: &[Key<'static>]| Key::joined(keys.iter().cloned()).parts().2.to_vec();
        let one = || Key::from("a").within("r");
        let all = [
            joined(&[one(), Key::from("b")]),
            joined(&[Key::from("b"), one()]),
            joined(&[Key::from("ab"), Key::from("")]),
            joined(&[Key::from("a"), Key::from("b")]),
            joined(&[Key::from("ra"), Key::from("b")]),
            joined(&[Key::of_kind(KeyKind::Route, "a"), Key::from("b")]),
            joined(&[one()]),
        ];
        for (i, key) in all.iter().enumerate() {
            assert!(!all[..i].contains(key), "{i}");
        }
        assert_eq!(all[0], joined(&[one().into_owned(), Key::from("b")]));
    }
}
