//! Scopes as types.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use http::request::Parts;

use super::caller;
use super::expression::ScopeExpr;
use super::rule::{self, Verdict};
use crate::identity::{Facts, Principal, Scopes};
use crate::problem::{Challenge, Kind, Problem};

/// A rule over scopes that has a name in the program. [`scopes!`](crate::scopes) declares them.
pub trait ScopeDemand: Send + Sync + 'static {
    /// The rule.
    const EXPRESSION: &'static ScopeExpr;
}

/// A caller who meets the rule `D`: a handler that takes one cannot run without it.
///
/// As an extractor it answers 403 `insufficient_scope` to a caller whose scopes do not meet the
/// rule (RFC 6750, section 3.1), 401 to a stranger, and 500 if no authentication guard stands
/// before the handler. It reads like the [`Principal`] that it is.
pub struct Scoped<D> {
    principal: Principal,
    demand: PhantomData<fn() -> D>,
}

impl<D: ScopeDemand> Scoped<D> {
    /// The proof that `principal` meets the rule, if so; for decisions within a handler.
    #[must_use]
    pub fn of(principal: Principal) -> Option<Self> {
        let met = D::EXPRESSION.is_met_by(principal.scopes());
        met.then(|| Self::proved(principal))
    }

    /// The caller.
    #[must_use]
    pub fn into_principal(self) -> Principal {
        self.principal
    }

    pub(super) fn of_caller(head: &Parts) -> Result<Self, Problem> {
        let principal = admitted(head, D::EXPRESSION, "handler_without_authentication")?;
        Ok(Self::proved(principal.clone()))
    }
}

impl<D> Scoped<D> {
    fn proved(principal: Principal) -> Self {
        Self {
            principal,
            demand: PhantomData,
        }
    }
}

/// The caller, if their scopes meet `rule`.
pub(super) fn admitted<'a>(
    head: &'a Parts,
    rule: &ScopeExpr,
    misplaced: &'static str,
) -> Result<&'a Principal, Problem> {
    let principal = caller::known(head, misplaced, |problem| {
        match rule::sufficient(rule).as_slice() {
            [] => caller::ask_for_token(problem),
            ways => ways.iter().fold(problem, |problem, way| {
                problem.with_challenge(&Challenge::new("Bearer").with("scope", &way.to_string()))
            }),
        }
    })?;
    match rule::judge(rule, principal.scopes()) {
        Verdict::Met => Ok(principal),
        Verdict::Missing(ways) => Err(lacking(Facts::scheme(&head.extensions), &ways)),
        Verdict::Excluded => Err(Problem::new(Kind::Forbidden).because("scope_excluded")),
    }
}

/// One challenge for each way, since a challenge lists scopes that would suffice together.
fn lacking(scheme: &'static str, ways: &[Scopes]) -> Problem {
    let refusal = Problem::new(Kind::InsufficientScope);
    ways.iter().fold(refusal, |problem, way| {
        let challenge = Challenge::new(scheme)
            .with("error", "insufficient_scope")
            .with("scope", &way.to_string());
        problem.with_challenge(&challenge)
    })
}

impl<D> Deref for Scoped<D> {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.principal
    }
}

impl<D> Clone for Scoped<D> {
    fn clone(&self) -> Self {
        Self::proved(self.principal.clone())
    }
}

impl<D> fmt::Debug for Scoped<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scoped").field(&self.principal).finish()
    }
}

/// Declares rules over scopes as types, for [`Scoped`](crate::authz::Scoped) and
/// [`RequireScopes::demanding`](crate::authz::RequireScopes::demanding).
///
/// A rule is made of scopes in quotes, `&` (both), `|` (either), `!` (not) and parentheses; as in
/// Rust, `!` binds before `&`, and `&` before `|`.
///
/// ```
/// use portcullis::authz::Scoped;
///
/// portcullis::scopes! {
///     /// May look at orders.
///     pub ReadOrders = "orders:read";
///     pub ManageOrders = "admin" | "orders:write" & "orders:delete" & !"sandbox";
/// }
///
/// async fn list(caller: Scoped<ReadOrders>) -> String {
///     format!("the orders of {}", caller.subject())
/// }
/// ```
///
/// A text that cannot be a scope does not compile:
///
/// ```compile_fail,E0080
/// portcullis::scopes! { Spaced = "orders read"; }
/// ```
#[macro_export]
macro_rules! scopes {
    () => {};

    // A rule is read operand by operand. `$or` are its finished alternatives, `$and` the operands
    // of the one at hand; `$to` is what becomes of it at the end.
    (@operand $to:tt [$($or:tt)*] [$($and:tt)*] ! ! $($rest:tt)+) => {
        $crate::scopes! { @operand $to [$($or)*] [$($and)*] $($rest)+ }
    };
    (@operand $to:tt [$($or:tt)*] [$($and:tt)*] ! $name:literal $($rest:tt)*) => {
        $crate::scopes! { @operator $to [$($or)*] [$($and)* $crate::authz::ScopeExpr::none_of(
            const { &[$crate::authz::ScopeExpr::literal($name)] }
        ),] $($rest)* }
    };
    (@operand $to:tt [$($or:tt)*] [$($and:tt)*] ! ($($inner:tt)+) $($rest:tt)*) => {
        $crate::scopes! { @operator $to [$($or)*] [$($and)* $crate::authz::ScopeExpr::none_of(
            const { &[$crate::scopes! { @operand value [] [] $($inner)+ }] }
        ),] $($rest)* }
    };
    (@operand $to:tt [$($or:tt)*] [$($and:tt)*] $name:literal $($rest:tt)*) => {
        $crate::scopes! { @operator $to [$($or)*] [$($and)*
            $crate::authz::ScopeExpr::literal($name),
        ] $($rest)* }
    };
    (@operand $to:tt [$($or:tt)*] [$($and:tt)*] ($($inner:tt)+) $($rest:tt)*) => {
        $crate::scopes! { @operator $to [$($or)*] [$($and)*
            $crate::scopes! { @operand value [] [] $($inner)+ },
        ] $($rest)* }
    };

    (@operator $to:tt [$($or:tt)*] [$($and:tt)*] & $($rest:tt)+) => {
        $crate::scopes! { @operand $to [$($or)*] [$($and)*] $($rest)+ }
    };
    (@operator $to:tt [$($or:tt)*] [$($and:tt)*] | $($rest:tt)+) => {
        $crate::scopes! { @operand $to [$($or)*
            $crate::authz::ScopeExpr::all_of(const { &[$($and)*] }),
        ] [] $($rest)+ }
    };
    (@operator value [$($or:tt)*] [$($and:tt)*]) => {
        $crate::authz::ScopeExpr::any_of(const { &[
            $($or)* $crate::authz::ScopeExpr::all_of(const { &[$($and)*] }),
        ] })
    };
    (@operator [$(#[$meta:meta])* $vis:vis $name:ident] [$($or:tt)*] [$($and:tt)*] ; $($rest:tt)*) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        $vis struct $name;

        impl $crate::authz::ScopeDemand for $name {
            const EXPRESSION: &'static $crate::authz::ScopeExpr =
                &$crate::scopes! { @operator value [$($or)*] [$($and)*] };
        }

        $crate::scopes! { $($rest)* }
    };

    ($(#[$meta:meta])* $vis:vis $name:ident = $($rest:tt)+) => {
        $crate::scopes! { @operand [$(#[$meta])* $vis $name] [] [] $($rest)+ }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::scopes! {
        One = "a";
        pub(super) Mixed = "a" | "b" & !"c" & ("d" | !("e" & "f"));
        Twice = !!"a";
        Neither = !("a" | "b");
    }

    fn meets<D: ScopeDemand>(held: &str) -> bool {
        Scoped::<D>::of(Principal::new("alice").with_scopes(Scopes::parse(held))).is_some()
    }

    #[test]
    fn a_declared_rule_means_what_it_says() {
        for (held, one, mixed, neither) in [
            ("", false, false, true),
            ("a", true, true, false),
            ("b", false, true, false),
            ("b c", false, false, false),
            ("b e", false, true, false),
            ("b e f", false, false, false),
            ("b d e f", false, true, false),
            ("d", false, false, true),
        ] {
            assert_eq!(meets::<One>(held), one, "{held}");
            assert_eq!(meets::<Twice>(held), one, "{held}");
            assert_eq!(meets::<Mixed>(held), mixed, "{held}");
            assert_eq!(meets::<Neither>(held), neither, "{held}");
        }
    }
}
