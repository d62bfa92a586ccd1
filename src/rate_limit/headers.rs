//! The headers in which callers are told where they stand.

use http::header::{HeaderName, HeaderValue};
use smallvec::SmallVec;

use super::label::seconds;
use super::rule::Asked;
use crate::field::{Decimal, RATE_LIMIT, RATE_LIMIT_POLICY, joined};
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

pub(super) type Stamps = SmallVec<[(HeaderName, HeaderValue); 3]>;

impl HeaderDraft {
    /// The headers that tell `decisions`, one for each of `asked`. `wall` gives the time in seconds
    /// since the Unix epoch.
    pub(super) fn stamps(
        self,
        asked: &[Asked<'_>],
        decisions: &[Decision],
        wall: impl FnOnce() -> u64,
    ) -> Stamps {
        let base = match self {
            Self::Silent => return Stamps::new(),
            Self::Draft11 => return draft_11(asked, decisions),
            Self::LegacyDelta => 0,
            Self::LegacyEpoch => wall(),
        };
        let Some(told) = decisions.iter().reduce(tighter) else {
            return Stamps::new();
        };
        let reset = base.saturating_add(seconds(told.reset_after));
        Stamps::from([
            (LIMIT, told.limit.into()),
            (REMAINING, told.remaining.into()),
            (RESET, reset.into()),
        ])
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

fn draft_11(asked: &[Asked<'_>], decisions: &[Decision]) -> Stamps {
    let policies: SmallVec<[HeaderValue; 2]> = asked
        .iter()
        .map(|asked| {
            let planned = asked.planned.map(|quota| (quota, &asked.limit));
            asked.rule.label.policy_item(planned)
        })
        .collect();
    let numbers: SmallVec<[(Decimal, Decimal); 2]> = decisions
        .iter()
        .map(|told| {
            let reset = Decimal::new(seconds(told.reset_after));
            (Decimal::new(told.remaining), reset)
        })
        .collect();
    let mut state = SmallVec::<[&[u8]; 10]>::new();
    for (asked, (left, reset)) in asked.iter().zip(&numbers) {
        if !state.is_empty() {
            state.push(b", ");
        }
        state.extend([
            asked.rule.label.prefix(),
            left.as_bytes(),
            b";t=",
            reset.as_bytes(),
        ]);
    }
    let policies = match policies.as_slice() {
        [] => return Stamps::new(),
        [only] => only.clone(),
        several => {
            let mut parts = SmallVec::<[&[u8]; 4]>::new();
            for policy in several {
                if !parts.is_empty() {
                    parts.push(b", ");
                }
                parts.push(policy.as_bytes());
            }
            joined(&parts)
        }
    };
    Stamps::from_iter([(RATE_LIMIT_POLICY, policies), (RATE_LIMIT, joined(&state))])
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
