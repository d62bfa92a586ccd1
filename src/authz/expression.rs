//! Which scopes will do: all of, any of and none of, nested as needed.

use std::borrow::Cow;
use std::ops::{BitAnd, BitOr, Not};

use crate::config::ConfigError;
use crate::guard::Demand;
use crate::identity::{Scope, Scopes};

/// A rule over scopes, as a value that is told and tested apart from any request.
///
/// ```
/// use portcullis::authz::ScopeExpr;
/// use portcullis::identity::Scopes;
///
/// # fn main() -> Result<(), portcullis::config::ConfigError> {
/// let scope = ScopeExpr::scope;
/// let rule = scope("admin")? | (scope("orders:write")? & !scope("sandbox")?);
/// assert!(rule.is_met_by(&Scopes::parse("orders:write orders:read")));
/// assert!(!rule.is_met_by(&Scopes::parse("orders:write sandbox")));
/// # Ok(())
/// # }
/// ```
///
/// Scopes that are known when the program is written are better said with
/// [`scopes!`](crate::scopes), which checks them when it compiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeExpr(Node);

/// Lists are borrowed in constants and owned otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Scope(Cow<'static, str>),
    All(Cow<'static, [ScopeExpr]>),
    Any(Cow<'static, [ScopeExpr]>),
    None(Cow<'static, [ScopeExpr]>),
}

impl ScopeExpr {
    /// The scope `name`.
    ///
    /// # Errors
    /// [`ConfigError`] if `name` cannot be a scope.
    pub fn scope(name: &str) -> Result<Self, ConfigError> {
        let scope = Scope::new(name)?;
        Ok(Self(Node::Scope(Cow::Owned(scope.as_str().to_owned()))))
    }

    /// Every one of `rules`; met by everybody if there is none.
    #[must_use]
    pub fn all(rules: impl IntoIterator<Item = Self>) -> Self {
        Self(Node::All(rules.into_iter().collect()))
    }

    /// At least one of `rules`; met by nobody if there is none.
    #[must_use]
    pub fn any(rules: impl IntoIterator<Item = Self>) -> Self {
        Self(Node::Any(rules.into_iter().collect()))
    }

    /// Not one of `rules`; met by everybody if there is none.
    #[must_use]
    pub fn none(rules: impl IntoIterator<Item = Self>) -> Self {
        Self(Node::None(rules.into_iter().collect()))
    }

    /// Whether whoever holds `scopes` meets this rule.
    #[must_use]
    pub fn is_met_by(&self, scopes: &Scopes) -> bool {
        let met = |rule: &Self| rule.is_met_by(scopes);
        match &self.0 {
            Node::Scope(name) => scopes.contains(name),
            Node::All(rules) => rules.iter().all(met),
            Node::Any(rules) => rules.iter().any(met),
            Node::None(rules) => !rules.iter().any(met),
        }
    }

    /// What this rule demands, for audits and documents.
    #[must_use]
    pub fn describe(&self) -> Demand {
        let described = |rules: &[Self]| rules.iter().map(Self::describe).collect();
        match &self.0 {
            Node::Scope(name) => Demand::Scopes(Scopes::parse(name)),
            Node::All(rules) | Node::Any(rules) if rules.len() == 1 => {
                rules.first().map_or(Demand::Nothing, Self::describe)
            }
            Node::All(rules) => match names(rules) {
                Some(names) => Demand::Scopes(Scopes::parse(&names.join(" "))),
                None => Demand::All(described(rules)),
            },
            Node::Any(rules) => Demand::Any(described(rules)),
            Node::None(rules) => Demand::Other(match names(rules) {
                Some(names) => format!("none of the scopes {}", names.join(" ")).into(),
                None => format!("none of ({})", Demand::Any(described(rules))).into(),
            }),
        }
    }

    pub(super) fn node(&self) -> &Node {
        &self.0
    }
}

/// For constants; [`scopes!`](crate::scopes) writes them.
#[doc(hidden)]
impl ScopeExpr {
    /// # Panics
    /// If `name` cannot be a scope; in a constant that is an error of the compiler.
    #[must_use]
    pub const fn literal(name: &'static str) -> Self {
        assert!(
            is_scope(name),
            "not a scope: use printable ASCII without spaces, quotes and backslashes"
        );
        Self(Node::Scope(Cow::Borrowed(name)))
    }

    #[must_use]
    pub const fn all_of(rules: &'static [Self]) -> Self {
        Self(Node::All(Cow::Borrowed(rules)))
    }

    #[must_use]
    pub const fn any_of(rules: &'static [Self]) -> Self {
        Self(Node::Any(Cow::Borrowed(rules)))
    }

    #[must_use]
    pub const fn none_of(rules: &'static [Self]) -> Self {
        Self(Node::None(Cow::Borrowed(rules)))
    }
}

/// Both.
impl BitAnd for ScopeExpr {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self::all([self, other])
    }
}

/// Either.
impl BitOr for ScopeExpr {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self::any([self, other])
    }
}

/// Whatever does not meet the rule.
impl Not for ScopeExpr {
    type Output = Self;

    fn not(self) -> Self {
        Self::none([self])
    }
}

/// The names of `rules`, if each is a plain scope.
fn names(rules: &[ScopeExpr]) -> Option<Vec<&str>> {
    let name = |rule| match rule {
        &ScopeExpr(Node::Scope(ref name)) => Some(&**name),
        _ => None,
    };
    rules.iter().map(name).collect()
}

/// [`Scope::new`]'s rule, for constants.
const fn is_scope(name: &str) -> bool {
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        if !matches!(first, b'!' | b'#'..=b'[' | b']'..=b'~') {
            return false;
        }
        rest = tail;
    }
    !name.is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rule_reads_as_a_sentence() {
        let scope = |name| ScopeExpr::scope(name).unwrap();
        for (rule, sentence) in [
            (scope("a"), "scopes a"),
            (scope("a") & scope("b"), "scopes a b"),
            (scope("a") | scope("b"), "scopes a or scopes b"),
            (!scope("a"), "none of the scopes a"),
            (
                scope("a") | (scope("b") & !scope("c")),
                "scopes a or (scopes b, none of the scopes c)",
            ),
            (!(scope("a") & scope("b")), "none of (scopes a b)"),
        ] {
            assert_eq!(rule.describe().to_string(), sentence);
        }
    }

    proptest! {
        #[test]
        fn constants_and_values_agree_on_what_a_scope_is(name in "\\PC{0,3}|[ -~]{0,4}") {
            prop_assert_eq!(is_scope(&name), Scope::new(&name).is_ok());
        }
    }
}
