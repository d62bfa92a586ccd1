//! The name of a family of refresh tokens.

use std::fmt;

use crate::alphabet::unhex;

/// The name of a family of refresh tokens: 16 random bytes. Every token of the family bears it, so
/// it may be shown and logged: whoever knows it can do nothing with it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FamilyId([u8; Self::LEN]);

impl FamilyId {
    /// The length of an id in bytes.
    pub const LEN: usize = 16;
    /// The length of an id as text.
    pub const TEXT_LEN: usize = 2 * Self::LEN;

    /// The id that `text` is, if it is one: 32 hexadecimal digits, in lower case alone, so that no
    /// two texts are one id. Untrusted text is fine.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        unhex(text).map(Self)
    }

    /// The bytes, for engines to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

/// The id that these random bytes, or those that an engine has stored, are.
impl From<[u8; 16]> for FamilyId {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for FamilyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for FamilyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FamilyId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_text_alone() {
        let id = FamilyId::from([0xab; 16]);
        for (text, is_id) in [
            ("abababababababababababababababab", true),
            ("ABababababababababababababababab", false),
            ("ababababababababababababababab", false),
            ("ababababababababababababababababab", false),
            ("abababababababababababababababag", false),
            ("ababababababababababababababab\u{e9}", false), // 32 bytes
            ("", false),
        ] {
            assert_eq!(FamilyId::parse(text), is_id.then_some(id), "{text:?}");
        }
        let counted = FamilyId::from(std::array::from_fn(|at| u8::try_from(at * 17).unwrap()));
        assert_eq!(FamilyId::parse(&counted.to_string()), Some(counted));
    }
}
