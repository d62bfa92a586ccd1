//! The public name of an API key.

use std::fmt;
use std::hash::{Hash, Hasher};

/// The public name of an API key: 16 letters and digits. It may be shown and logged.
///
/// Ids are ordered byte by byte, as ASCII is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId([u8; Self::LEN]);

impl KeyId {
    /// The length of an id in bytes.
    pub const LEN: usize = 16;

    /// The id that `text` is, if it is one. Untrusted text is fine.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; Self::LEN] = text.as_bytes().try_into().ok()?;
        is_alphanumeric(&bytes).then_some(Self(bytes))
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

/// In one piece: every id has the same length, which need not be told.
impl Hash for KeyId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.0);
    }
}

/// Whether all of `bytes` are ASCII letters and digits. All are looked at, which the machine does
/// sixteen at a time.
pub(crate) fn is_alphanumeric(bytes: &[u8]) -> bool {
    let bad = |byte: &u8| {
        let is_digit = byte.wrapping_sub(b'0') < 10;
        let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        u8::from(!(is_digit | is_letter))
    };
    bytes.iter().fold(0, |any, byte| any | bad(byte)) == 0
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_way_to_know_letters_and_digits_is_that_of_the_standard_library() {
        for byte in 0..=u8::MAX {
            let mut bytes = [b'a'; 43];
            bytes[usize::from(byte) % 43] = byte;
            assert_eq!(
                is_alphanumeric(&bytes),
                byte.is_ascii_alphanumeric(),
                "{byte}"
            );
        }
    }

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
}
