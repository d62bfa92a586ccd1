//! What a caller may do, in the words of whoever vouches for them.

use std::fmt;

use thiserror::Error;

/// Permissions, roles or groups of a caller: a bounded set of names, compared whole and to the
/// letter. Names may have spaces (`Domain Admins`), so a list of them is never one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions(Box<[Box<str>]>);

/// More permissions, or a longer one, than [`Permissions`] holds.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error(
    "more than {} permissions, or one of more than {} bytes",
    Permissions::MAX,
    Permissions::MAX_LEN
)]
pub struct TooManyPermissions;

impl Permissions {
    /// The most names that a caller may have.
    pub const MAX: usize = 256;
    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 256;

    /// The permissions of these names. Untrusted names are fine; empty ones are left out.
    ///
    /// # Errors
    /// [`TooManyPermissions`] if there are more than [`MAX`](Self::MAX) names or one is longer than
    /// [`MAX_LEN`](Self::MAX_LEN). A cut list would not be what the issuer said, so none is made.
    pub fn of<N: AsRef<str>>(
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, TooManyPermissions> {
        let mut held: Vec<Box<str>> = Vec::new();
        for name in names {
            let name = name.as_ref();
            if name.is_empty() {
                continue;
            }
            if held.len() == Self::MAX || name.len() > Self::MAX_LEN {
                return Err(TooManyPermissions);
            }
            held.push(name.into());
        }
        held.sort_unstable();
        held.dedup();
        Ok(Self(held.into()))
    }

    /// The names, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `permission` is among them.
    #[must_use]
    pub fn contains(&self, permission: &str) -> bool {
        self.0
            .binary_search_by(|own| (**own).cmp(permission))
            .is_ok()
    }

    /// Whether each of `needed` is among them.
    #[must_use]
    pub fn contains_all(&self, needed: &Self) -> bool {
        needed.iter().all(|name| self.contains(name))
    }

    /// Whether one of `needed` is among them.
    #[must_use]
    pub fn contains_any(&self, needed: &Self) -> bool {
        needed.iter().any(|name| self.contains(name))
    }
}

/// The names, parted by commas, for people.
impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_compared_whole() {
        let held = Permissions::of(["Domain Admins", "billing", "billing", ""]).unwrap();
        assert_eq!(held.to_string(), "Domain Admins, billing");
        for (name, has) in [
            ("billing", true),
            ("Domain Admins", true),
            ("Admins", false),
            ("Domain", false),
            ("bill", false),
            ("Billing", false),
            ("", false),
        ] {
            assert_eq!(held.contains(name), has, "{name:?}");
        }
        let needed = |names: &[&str]| Permissions::of(names).unwrap();
        assert!(held.contains_all(&needed(&["billing", "Domain Admins"])));
        assert!(!held.contains_all(&needed(&["billing", "audit"])));
        assert!(held.contains_any(&needed(&["billing", "audit"])));
        assert!(!held.contains_any(&needed(&["audit"])));
        assert!(!held.contains_any(&needed(&[])));
    }

    #[test]
    fn what_is_too_much_is_not_cut_but_refused() {
        let names = |count: usize| (0..count).map(|n| n.to_string());
        assert!(Permissions::of(names(Permissions::MAX)).is_ok());
        assert_eq!(
            Permissions::of(names(Permissions::MAX + 1)),
            Err(TooManyPermissions)
        );
        assert!(Permissions::of(["a".repeat(Permissions::MAX_LEN)]).is_ok());
        assert!(Permissions::of(["a".repeat(Permissions::MAX_LEN + 1)]).is_err());
        assert!(Permissions::of(std::iter::repeat("endless")).is_err());
    }
}
