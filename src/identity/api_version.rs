//! Which version of an interface a request is for.

use std::fmt;
use std::num::NonZeroU16;

use http::Extensions;

use super::facts::Facts;

/// A version of an interface, as it stands in the address: `v1`.
///
/// As an extractor it is the version that the request is for, which the guard of that version has
/// left; without one the answer is 500.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion(NonZeroU16);

impl ApiVersion {
    /// The version of this number; there is none of number 0.
    #[must_use]
    pub fn new(number: u16) -> Option<Self> {
        NonZeroU16::new(number).map(Self)
    }

    /// The version that a segment of a path names, to the letter: `v` and its number without leading
    /// zeros. Untrusted text is fine.
    #[must_use]
    pub fn parse(segment: &str) -> Option<Self> {
        let digits = segment.strip_prefix('v')?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number || digits.starts_with('0') {
            return None;
        }
        digits.parse().ok().map(Self)
    }

    /// The version that the request with these `extensions` is for, if a guard has left it.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<Self> {
        Facts::of(extensions)?.version
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> u16 {
        self.0.get()
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl fmt::Debug for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_version_has_one_name() {
        for (segment, number) in [
            ("v1", Some(1)),
            ("v10", Some(10)),
            ("v65535", Some(65_535)),
            ("v65536", None),
            ("v99999999999999999999", None),
            ("v0", None),
            ("v01", None),
            ("v+1", None),
            ("v-1", None),
            ("v 1", None),
            ("v1 ", None),
            ("v1.0", None),
            ("v1%2f", None),
            ("V1", None),
            ("v", None),
            ("1", None),
            ("", None),
            ("vv1", None),
            ("v\u{0661}", None), // an Arabic one
            ("v1/../v2", None),
        ] {
            let version = ApiVersion::parse(segment);
            assert_eq!(version.map(ApiVersion::number), number, "{segment}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_as_it_was(segment in "v?[0-9v+ ]{0,6}") {
            if let Some(version) = ApiVersion::parse(&segment) {
                prop_assert_eq!(version.to_string(), segment);
            }
        }
    }
}
