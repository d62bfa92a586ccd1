//! By which id a request is known, to its caller and in the log.

use std::fmt;

use http::{Extensions, HeaderValue};
use rand::TryRng;
use rand::rngs::SysRng;

use super::facts::Facts;

/// The id of a request: 128 random bits as 32 hexadecimal digits, unless a proxy gave it one.
///
/// It is no secret and proves nothing. It has no character that a log, a header or JSON would have
/// to escape. Its clones share one text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The most bytes of an id that somebody else gives: 64.
    pub const MAX_LENGTH: usize = 64;

    /// A new id. If the operating system gives no randomness it is all zeros: that is no reason to
    /// turn a request away.
    #[must_use]
    pub fn random() -> Self {
        let mut bytes = [0; 16];
        if SysRng.try_fill_bytes(&mut bytes).is_err() {
            bytes = [0; 16];
        }
        let digits = format!("{:032x}", u128::from_be_bytes(bytes));
        Self(HeaderValue::try_from(digits).unwrap_or(HeaderValue::from_static("0")))
    }

    /// The id that somebody else gave, if it is one: 1 to 64 letters, digits and `-._~:/=+@`.
    /// Untrusted bytes are fine.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let is_good = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:/=+@".contains(byte);
        let fits = (1..=Self::MAX_LENGTH).contains(&text.len()) && text.iter().all(is_good);
        let value = fits.then(|| HeaderValue::from_bytes(text))?;
        value.ok().map(Self)
    }

    /// The id of the request with these `extensions`, if it was given one.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        Facts::of(extensions)?.request_id.as_ref()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// The value of a header that names it.
    #[must_use]
    pub fn to_value(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_are_drawn_anew_and_can_be_read_again() {
        let ids: HashSet<_> = (0..1_000).map(|_| RequestId::random()).collect();
        assert_eq!(ids.len(), 1_000);
        for id in ids {
            assert_eq!(id.as_str().len(), 32);
            assert_eq!(RequestId::parse(id.as_str().as_bytes()), Some(id));
        }
    }

    #[test]
    fn an_id_is_short_and_of_harmless_characters() {
        let long = [b'a'; RequestId::MAX_LENGTH + 1];
        for (text, good) in [
            (&b"7f3a"[..], true),
            (b"Root=1-67891233-abc", true),
            (b"a:b/c+d=e@f~g.h_i-j", true),
            (&long[1..], true),
            (&long, false),
            (b"", false),
            (b" a", false),
            (b"a b", false),
            (b"a\"", false),
            (b"a\\", false),
            (b"a,b", false),
            (b"a;b", false),
            (b"a\n", false),
            (b"a\0", false),
            (b"<a>", false),
            ("\u{e9}".as_bytes(), false),
        ] {
            assert_eq!(RequestId::parse(text).is_some(), good, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_said_as_it_was(text in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Some(id) = RequestId::parse(&text) {
                prop_assert_eq!(id.as_str().as_bytes(), &text);
                let json = serde_json::json!(id.as_str()).to_string();
                prop_assert_eq!(json, format!("\"{id}\""));
            }
        }
    }
}
