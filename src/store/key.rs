//! Whose quota it is.

use std::borrow::Cow;
use std::fmt;

/// Whose quota it is: a kind, a realm in which the value is unique, and a value. Keys of different
/// kinds never meet. Its `Debug` shows only the kind, since the rest may be personal data.
#[derive(Clone)]
pub struct Key<'a> {
    kind: KeyKind,
    realm: &'a str,
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
        self.realm = realm;
        self
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
            realm: "",
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
}
