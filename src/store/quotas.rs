//! The store shape *count*: what is asked of it, and what it promises.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::answer::Answer;
use super::quota::Limit;

/// Counts what callers use of their quotas.
///
/// What an engine promises:
/// - **Atomic.** However many ask at once, for one key no more is admitted than its limit allows. An
///   engine that runs out of room may refuse too much; it never admits too much.
/// - **Refusals are free.** What is refused changes nothing, and neither does a cost of 0, which is
///   a look.
/// - **State belongs to policy and key**, never to the limit: who asks under another limit (a
///   changed plan) finds the units that were used, not a fresh quota.
/// - **It forgets by itself.** A key that has its whole quota again takes no room.
/// - **No personal data.** Of policy and key only a keyed hash is kept.
/// - An error means that nothing is known; whoever asked must not take it for a yes.
pub trait Quotas: fmt::Debug + Send + Sync + 'static {
    /// Takes the units of `charge`, if they are there.
    fn take<'a>(&'a self, charge: Charge<'a>) -> Answer<'a, Decision>;
}

/// Units to take from the quota of a key.
#[derive(Clone, Copy, Debug)]
pub struct Charge<'a> {
    /// The name of the policy: the same key has a quota under each policy.
    pub policy: &'a str,
    /// Whose quota it is.
    pub key: &'a Key<'a>,
    /// The quota.
    pub limit: &'a Limit,
    /// How many units to take; 0 is a look.
    pub cost: u32,
    /// The moment, in nanoseconds of a clock that never goes back; the same clock for all that is
    /// asked of one store. An engine that several processes share reads its own clock instead.
    pub now: u64,
}

/// What became of a [`Charge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether the units were taken.
    pub admitted: bool,
    /// How many units a rested caller can use at once.
    pub limit: u32,
    /// How many units are left.
    pub remaining: u32,
    /// Nanoseconds until there is at least one unit more than `remaining`; 0 if none is in use.
    pub reset_after: u64,
    /// Nanoseconds until the same charge would be admitted, if nobody else takes from the key.
    /// None if it was admitted, and if it never can be, since it costs more than the limit.
    pub retry_after: Option<u64>,
}

/// Whose quota it is: a kind, a realm in which the value is unique, and a value. Keys of different
/// kinds never meet. Its `Debug` shows only the kind, since the rest may be personal data.
#[derive(Clone)]
pub struct Key<'a> {
    kind: &'static str,
    realm: &'a str,
    value: Value<'a>,
}

#[derive(Clone)]
enum Value<'a> {
    Short([u8; 16]),
    Bytes(Cow<'a, [u8]>),
}

impl<'a> Key<'a> {
    /// The key of this `kind` (`client`, `principal`, ...) with the value of `key`.
    #[must_use]
    pub fn of_kind(kind: &'static str, key: impl Into<Key<'a>>) -> Self {
        Self { kind, ..key.into() }
    }

    /// Says in which realm the value is unique: the issuer of a subject.
    #[must_use]
    pub fn within(mut self, realm: &'a str) -> Self {
        self.realm = realm;
        self
    }

    /// All that makes the key, for engines to hash; part by part with their lengths, so that no two
    /// keys give the same bytes.
    #[must_use]
    pub fn parts(&self) -> [&[u8]; 3] {
        let value = match &self.value {
            Value::Short(bytes) => bytes.as_slice(),
            Value::Bytes(bytes) => bytes,
        };
        [self.kind.as_bytes(), self.realm.as_bytes(), value]
    }

    fn own(value: Value<'a>) -> Self {
        Self {
            kind: "own",
            realm: "",
            value,
        }
    }
}

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for part in self.parts() {
            part.hash(state);
        }
    }
}

impl fmt::Debug for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, ..)", self.kind)
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

/// Sixteen bytes, such as those of a UUID or an IPv6 address.
impl From<[u8; 16]> for Key<'_> {
    fn from(bytes: [u8; 16]) -> Self {
        Self::own(Value::Short(bytes))
    }
}

impl From<u64> for Key<'_> {
    fn from(number: u64) -> Self {
        u128::from(number).to_be_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_not_show_whose_it_is() {
        let key = Key::of_kind("principal", "alice").within("https://a.example");
        assert_eq!(format!("{key:?}"), "Key(principal, ..)");
        assert_eq!(
            key.parts(),
            [&b"principal"[..], b"https://a.example", b"alice"]
        );
    }
}
