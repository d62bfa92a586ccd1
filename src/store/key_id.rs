//! The public name of an API key.

use std::fmt;

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
}
