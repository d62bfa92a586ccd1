//! Whom the rules are put to.

use http::request::Parts;

use crate::identity::{Caller, Facts, Principal};
use crate::problem::{Challenge, Kind, Problem};

/// The caller. A stranger is refused with `ask`, which says how to come back; without an
/// authentication guard it is the application that is wrong, for the reason `misplaced`.
pub(super) fn known<'a>(
    head: &'a Parts,
    misplaced: &'static str,
    ask: impl FnOnce(Problem) -> Problem,
) -> Result<&'a Principal, Problem> {
    match Facts::caller(&head.extensions) {
        Caller::Known(principal) => Ok(principal),
        Caller::Anonymous => Err(ask(
            Problem::new(Kind::Unauthenticated).because("no_credential")
        )),
        Caller::Unasked => Err(Problem::new(Kind::Misconfigured).because(misplaced)),
    }
}

/// Asks a stranger for a token of any kind.
pub(super) fn ask_for_token(problem: Problem) -> Problem {
    problem.with_challenge(&Challenge::new("Bearer"))
}
