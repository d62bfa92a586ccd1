//! Bytes that must not be seen: compared in constant time, wiped on drop, silent in `Debug`.
//!
//! ```
//! use portcullis::secret::Secret;
//!
//! let secret = Secret::new(String::from("correct horse"));
//! assert_eq!(format!("{secret:?}"), "Secret(..)");
//! assert!(secret.matches(b"correct horse"));
//! assert!(!secret.matches(b"correct house"));
//! ```

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A secret of type `T`.
///
/// It has no `Display`, `PartialEq`, `Serialize` or `Deref`: whoever reads it has to say
/// [`expose`](Self::expose), so that every place that does can be found.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes `inner` in; it is overwritten in memory when the secret is dropped.
    #[must_use]
    pub fn new(inner: T) -> Self {
        Self(Zeroizing::new(inner))
    }

    /// The bare secret.
    #[must_use]
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + AsRef<[u8]>> Secret<T> {
    /// Whether `candidate` is this secret, in a time that depends on its length alone.
    #[must_use]
    pub fn matches(&self, candidate: &[u8]) -> bool {
        let own: &[u8] = (*self.0).as_ref();
        own.ct_eq(candidate).into()
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(inner: T) -> Self {
        Self::new(inner)
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_matches_itself_and_nothing_else() {
        let secret = Secret::new(b"abc".to_vec());
        for (candidate, same) in [
            (&b"abc"[..], true),
            (b"abd", false),
            (b"ab", false),
            (b"abcd", false),
            (b"", false),
        ] {
            assert_eq!(secret.matches(candidate), same, "{candidate:?}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_the_inside() {
        assert_eq!(format!("{:?}", Secret::new(vec![7_u8; 3])), "Secret(..)");
    }
}
