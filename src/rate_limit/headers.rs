//! The headers in which callers are told where they stand.

use http::header::HeaderName;

use super::label::seconds;
use super::rule::Asked;
use crate::field::{RATE_LIMIT, RATE_LIMIT_POLICY, Text};
use crate::guard::Pass;
use crate::store::Decision;

/// In which headers callers are told where they stand, on success and on refusal. `Retry-After`
/// stands on refusals whichever it is.
///
/// The drafts change, so this is a choice and not a type: an application that must go on speaking
/// an older form says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeaderDraft {
    /// `RateLimit-Policy` and `RateLimit` with an item for each quota, and the problem type
    /// `quota-exceeded` with `violated-policies` on refusals
    /// (draft-ietf-httpapi-ratelimit-headers-11).
    #[default]
    Draft11,
    /// `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` in seconds from now, of
    /// the one quota that has refused or has the least left.
    LegacyDelta,
    /// The same with `X-RateLimit-Reset` in seconds since the Unix epoch.
    LegacyEpoch,
    /// None.
    Silent,
}

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

impl HeaderDraft {
    /// Has the response tell `decisions`, one for each of `asked`. `wall` gives the time in seconds
    /// since the Unix epoch.
    pub(super) fn stamp(
        self,
        pass: &mut Pass,
        asked: &[Asked<'_>],
        decisions: &[Decision],
        wall: impl FnOnce() -> u64,
    ) {
        let base = match self {
            Self::Silent => return,
            Self::Draft11 => return draft_11(pass, asked, decisions),
            Self::LegacyDelta => 0,
            Self::LegacyEpoch => wall(),
        };
        if let Some(told) = decisions.iter().reduce(tighter) {
            let reset = base.saturating_add(seconds(told.reset_after));
            pass.stamp(LIMIT, told.limit.into());
            pass.stamp(REMAINING, told.remaining.into());
            pass.stamp(RESET, reset.into());
        }
    }
}

/// Whichever has refused, or else has less of it left.
fn tighter<'a>(one: &'a Decision, other: &'a Decision) -> &'a Decision {
    let left =
        |decision: &Decision, by: &Decision| u128::from(decision.remaining) * u128::from(by.limit);
    let is_other = match (one.admitted, other.admitted) {
        (false, true) => false,
        (true, false) => true,
        _ => left(other, one) < left(one, other),
    };
    if is_other { other } else { one }
}

fn draft_11(pass: &mut Pass, asked: &[Asked<'_>], decisions: &[Decision]) {
    let policies = match asked {
        [] => return,
        [only] => only.policy_item(),
        several => {
            let mut policies = Text::default();
            for asked in several {
                policies.next_item().push(asked.policy_item().as_bytes());
            }
            policies.value()
        }
    };
    let mut state = Text::default();
    for (asked, told) in asked.iter().zip(decisions) {
        state
            .next_item()
            .push(asked.rule.label.prefix())
            .push_number(told.remaining)
            .push(b";t=")
            .push_number(seconds(told.reset_after));
    }
    pass.add(RATE_LIMIT_POLICY, policies);
    pass.add(RATE_LIMIT, state.value());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quota_that_refused_is_told_before_one_that_has_less_left() {
        let decision = |admitted, limit, remaining| Decision {
            admitted,
            limit,
            remaining,
            ..Decision::default()
        };
        let (refused, little) = (decision(false, 10, 5), decision(true, 100, 1));
        let (half, full) = (decision(true, 2, 1), decision(true, 1_000, 1_000));
        for (one, other, expected) in [
            (refused, little, refused),
            (little, refused, refused),
            (little, half, little),
            (full, half, half),
            (half, half, half),
        ] {
            assert_eq!(*tighter(&one, &other), expected);
        }
    }
}
