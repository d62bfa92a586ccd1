//! What a guard demands, told to people and documents.

use std::borrow::Cow;
use std::fmt;

use crate::identity::Scopes;

/// What a guard demands of a request. Its `Display` is the line that an audit prints.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Demand {
    /// Nothing.
    Nothing,
    /// Each of these.
    All(Vec<Demand>),
    /// One of these.
    Any(Vec<Demand>),
    /// This, or no credential at all.
    Optional(Box<Demand>),
    /// A credential of this kind: `JWT`, `API key`.
    Credential(Cow<'static, str>),
    /// Each of these scopes.
    Scopes(Scopes),
    /// A login that is at most this many seconds old.
    FreshLogin {
        /// The greatest age of the login, in seconds.
        max_age: u64,
    },
    /// To stay within this quota, in words.
    Quota(Cow<'static, str>),
    /// Something else, in words.
    Other(Cow<'static, str>),
}

impl Demand {
    /// Both of two demands, as flat a list as can be.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, demand) | (demand, Self::Nothing) => demand,
            (Self::All(mut all), Self::All(more)) => {
                all.extend(more);
                Self::All(all)
            }
            (Self::All(mut all), demand) => {
                all.push(demand);
                Self::All(all)
            }
            (demand, Self::All(more)) => Self::All(std::iter::once(demand).chain(more).collect()),
            (one, two) => Self::All(vec![one, two]),
        }
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, demands: &[Self], word: &str| {
            for (i, demand) in demands.iter().enumerate() {
                if i > 0 {
                    f.write_str(word)?;
                }
                match demand {
                    Self::All(_) | Self::Any(_) => write!(f, "({demand})")?,
                    plain => write!(f, "{plain}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::All(demands) => list(f, demands, ", "),
            Self::Any(demands) => list(f, demands, " or "),
            Self::Optional(demand) => write!(f, "optionally {demand}"),
            Self::Credential(kind) => f.write_str(kind),
            Self::Scopes(scopes) => write!(f, "scopes {scopes}"),
            Self::FreshLogin { max_age } => write!(f, "a login at most {max_age} s old"),
            Self::Quota(words) | Self::Other(words) => f.write_str(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demands_read_as_a_sentence() {
        let credential = Demand::Any(vec![
            Demand::Credential("JWT".into()),
            Demand::Credential("API key".into()),
        ]);
        let all = Demand::Nothing
            .and(credential)
            .and(Demand::Scopes(Scopes::parse("a b")))
            .and(Demand::Quota("100 a minute".into()));
        assert_eq!(
            all.to_string(),
            "(JWT or API key), scopes a b, 100 a minute"
        );
    }
}
