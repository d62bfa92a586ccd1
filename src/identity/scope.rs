//! What a credential may be used for (RFC 6749, section 3.3).

use std::fmt;

use crate::config::ConfigError;

/// One scope: printable ASCII without space, `"` and `\`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope(Box<str>);

impl Scope {
    /// The scope `name`.
    ///
    /// # Errors
    /// [`ConfigError`] if `name` is empty or has a character that no scope may have.
    pub fn new(name: &str) -> Result<Self, ConfigError> {
        let allowed = |c| matches!(c, '!' | '#'..='[' | ']'..='~');
        if name.is_empty() || !name.chars().all(allowed) {
            return Err(ConfigError::new(format!(
                "{name:?} is not a scope: use printable ASCII without spaces, quotes and backslashes"
            )));
        }
        Ok(Self(name.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The scopes of a credential, or those that a route needs. They are compared whole and to the
/// letter: `items:read` is not in `items:readonly`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Box<str>);

impl Scopes {
    /// Reads scopes parted by spaces, as tokens carry them. Untrusted text is fine.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(text.into())
    }

    /// The scopes of these names.
    ///
    /// # Errors
    /// [`ConfigError`] if one of them is no [`Scope`].
    pub fn of<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        let mut text = String::new();
        for name in names {
            let scope = Scope::new(name.as_ref())?;
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(scope.as_str());
        }
        Ok(Self(text.into()))
    }

    /// The names, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|name| !name.is_empty())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Whether `scope` is among them.
    #[must_use]
    pub fn contains(&self, scope: &str) -> bool {
        self.iter().any(|own| own == scope)
    }

    /// Whether each of `needed` is among them.
    #[must_use]
    pub fn contains_all(&self, needed: &Self) -> bool {
        needed.iter().all(|scope| self.contains(scope))
    }
}

/// The names, parted by spaces, as a challenge or a token carries them.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_compared_whole() {
        let held = Scopes::parse("items:readonly items:write");
        for (needed, enough) in [
            (vec![], true),
            (vec!["items:write"], true),
            (vec!["items:write", "items:readonly"], true),
            (vec!["items:read"], false),
            (vec!["items:write", "items:read"], false),
            (vec!["items"], false),
        ] {
            assert_eq!(
                held.contains_all(&Scopes::of(&needed).unwrap()),
                enough,
                "{needed:?}"
            );
        }
    }

    #[test]
    fn odd_spacing_makes_no_scope() {
        for text in ["", " ", "   "] {
            assert!(Scopes::parse(text).is_empty());
            assert!(!Scopes::parse(text).contains(""));
        }
        assert!(Scopes::parse(" a  b ").contains("b"));
        assert!(!Scopes::parse("a\tb").contains("b"));
    }

    #[test]
    fn a_scope_that_a_challenge_cannot_bear_is_refused() {
        for name in ["", "a b", "a\"b", "a\\b", "a\n", "\u{e9}"] {
            assert!(Scope::new(name).is_err(), "{name:?}");
        }
        assert!(Scope::new("https://example.com/!#[]~").is_ok());
    }
}
