//! When a token is good.

use super::claims::{Payload, date};
use super::fault::Fault;
use super::rule::{Policy, Profile};

/// The seconds at which a token is good, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    first: u64,
    last: u64,
}

impl Span {
    pub(super) const fn contains(self, now: u64) -> bool {
        self.first <= now && now <= self.last
    }

    #[cfg(test)]
    pub(super) fn of_test() -> Self {
        Self {
            first: 0,
            last: u64::MAX,
        }
    }
}

impl Policy {
    /// Whether the dates are those of a token that is good at `now`, and when else it is.
    // Dates are far below 2^52, from where on this loses precision.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn judge_dates(&self, claims: &Payload<'_>, now: u64) -> Result<Span, Fault> {
        let expiry = date(&claims.exp)?.ok_or(Fault::NO_EXPIRY)?;
        let expired = self.last_second(expiry);
        if now > expired {
            return Err(Fault::EXPIRED);
        }
        let start = date(&claims.nbf)?.map_or(0, |start| self.first_second(start));
        if now < start {
            return Err(Fault::NOT_YET_VALID);
        }
        let issued = date(&claims.iat)?;
        let issue = issued.map_or(0, |issued| self.first_second(issued));
        if now < issue {
            return Err(Fault::FROM_THE_FUTURE);
        }
        let old = match (issued, self.max_age) {
            (Some(issued), Some(most)) => whole(issued + most as f64 + self.leeway as f64),
            (None, Some(_)) => return Err(Fault::NO_ISSUE_DATE),
            (None, None) if self.profile == Profile::Rfc9068 => return Err(Fault::NO_ISSUE_DATE),
            (_, None) => u64::MAX,
        };
        if now > old {
            return Err(Fault::TOO_OLD);
        }
        Ok(Span {
            first: start.max(issue),
            last: expired.min(old),
        })
    }

    /// The last second of a token that expires at `expiry`.
    #[allow(clippy::cast_precision_loss)]
    fn last_second(&self, expiry: f64) -> u64 {
        if self.leeway == 0 {
            // A token is good before its expiry and not at it (RFC 7519, section 4.1.4). One that
            // expires at the very beginning of time has no last second; no clock is that early.
            return whole(expiry.ceil()).saturating_sub(1);
        }
        whole(expiry + self.leeway as f64)
    }

    /// The first second of a token that is good from `start` on.
    #[allow(clippy::cast_precision_loss)]
    fn first_second(&self, start: f64) -> u64 {
        whole((start - self.leeway as f64).ceil())
    }
}

/// The whole seconds of a date; none is negative.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn whole(seconds: f64) -> u64 {
    seconds as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const NOW: u64 = 1_000_000;

    fn policy(leeway: u64, max_age: Option<u64>) -> Policy {
        Policy {
            leeway,
            max_age,
            ..Policy::new("i", "a")
        }
    }

    fn judged(policy: &Policy, claims: &Value, now: u64) -> Result<Span, Fault> {
        let json = claims.to_string();
        let mut claims = Payload::default();
        claims.read(json.as_bytes(), None).unwrap();
        policy.judge_dates(&claims, now)
    }

    /// The verdict on good dates of which `name` is `value` (gone if that is null).
    fn with(policy: &Policy, name: &str, value: Value) -> Result<(), Fault> {
        let mut dates = json!({ "iat": NOW, "nbf": NOW, "exp": NOW + 900 });
        if value.is_null() {
            dates.as_object_mut().unwrap().remove(name);
        } else {
            dates[name] = value;
        }
        judged(policy, &dates, NOW).map(|_| ())
    }

    #[test]
    fn dates_count_to_the_second_on_both_sides_of_the_leeway() {
        for (leeway, name, value, verdict) in [
            (30, "exp", json!(NOW - 30), Ok(())),
            (30, "exp", json!(NOW - 31), Err(Fault::EXPIRED)),
            (30, "exp", json!(999_969.5), Err(Fault::EXPIRED)),
            (30, "exp", json!(999_970.5), Ok(())),
            (0, "exp", json!(NOW + 1), Ok(())),
            (0, "exp", json!(1_000_000.5), Ok(())),
            (0, "exp", json!(NOW), Err(Fault::EXPIRED)),
            (30, "nbf", json!(NOW + 30), Ok(())),
            (30, "nbf", json!(NOW + 31), Err(Fault::NOT_YET_VALID)),
            (0, "nbf", json!(NOW), Ok(())),
            (0, "nbf", json!(1_000_000.5), Err(Fault::NOT_YET_VALID)),
            (30, "iat", json!(NOW + 30), Ok(())),
            (30, "iat", json!(NOW + 31), Err(Fault::FROM_THE_FUTURE)),
            (30, "nbf", json!("1"), Err(Fault::BAD_DATE)),
            (30, "iat", json!(-1), Err(Fault::BAD_DATE)),
            (30, "exp", json!("9999999999"), Err(Fault::BAD_DATE)),
            (30, "exp", json!(1e300), Err(Fault::BAD_DATE)),
            (30, "exp", json!(true), Err(Fault::BAD_DATE)),
        ] {
            let policy = policy(leeway, None);
            let found = with(&policy, name, value.clone());
            assert_eq!(found, verdict, "{leeway} {name}: {value}");
        }
    }

    #[test]
    fn a_greatest_age_counts_from_the_issue_date() {
        let mut policy = policy(30, Some(100));
        for (iat, verdict) in [
            (json!(NOW - 130), Ok(())),
            (json!(NOW - 131), Err(Fault::TOO_OLD)),
            (json!(null), Err(Fault::NO_ISSUE_DATE)),
        ] {
            assert_eq!(with(&policy, "iat", iat.clone()), verdict, "{iat}");
            policy.profile = Profile::Plain;
            assert_eq!(with(&policy, "iat", iat.clone()), verdict, "{iat}");
            policy.profile = Profile::Rfc9068;
        }
    }

    proptest! {
        #[test]
        fn a_token_is_good_in_each_second_of_its_span_and_in_no_other(
            leeway in 0_u64..3,
            max_age in prop::option::of(0_u64..12),
            (exp, nbf, iat) in (20_u32..60, 20_u32..60, 20_u32..60),
        ) {
            let half = |halves: u32| f64::from(halves) / 2.0;
            let dates = json!({ "exp": half(exp), "nbf": half(nbf), "iat": half(iat) });
            let policy = policy(leeway, max_age);
            let spans: Vec<_> = (1..60).map(|now| (now, judged(&policy, &dates, now))).collect();
            for (_, span) in spans.iter().filter(|(_, span)| span.is_ok()) {
                for (now, verdict) in &spans {
                    prop_assert_eq!(span.unwrap().contains(*now), verdict.is_ok());
                    prop_assert!(verdict.is_err() || verdict == span);
                }
            }
        }
    }
}
