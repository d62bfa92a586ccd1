//! What callers are told of a limit (draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4).

use std::sync::Arc;

use http::header::{HeaderName, HeaderValue};

use crate::config::ConfigError;
use crate::field::{Decimal, RATE_LIMIT, RATE_LIMIT_POLICY, joined, quoted};
use crate::store::{Decision, Limit, Policy, Quota};

const NANOSECONDS: u64 = 1_000_000_000;

/// The name of a limit and its header values, made once.
#[derive(Clone, Debug)]
pub(super) struct Label {
    policy: Arc<Policy>,
    quota: HeaderValue,
    /// `"name";r=`
    prefix: Arc<[u8]>,
}

impl Label {
    /// The label of the limit called `name`.
    ///
    /// # Errors
    /// [`ConfigError`] if that cannot name a [`Policy`].
    pub(super) fn new(name: &str, quota: Quota, limit: &Limit) -> Result<Self, ConfigError> {
        let policy = Policy::new(name)?;
        let quoted = quoted(name);
        Ok(Self {
            policy: Arc::new(policy),
            quota: told(&quoted, quota, limit),
            prefix: [quoted.as_bytes(), b";r="].concat().into(),
        })
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// This label with another quota under the same name.
    pub(super) fn with_quota(&self, quota: Quota, limit: &Limit) -> Self {
        Self {
            quota: told(&quoted(self.policy.name()), quota, limit),
            ..self.clone()
        }
    }

    /// The headers that tell `decision`.
    pub(super) fn stamps(&self, decision: &Decision) -> Vec<(HeaderName, HeaderValue)> {
        let state = joined(&[
            &self.prefix,
            Decimal::new(decision.remaining).as_bytes(),
            b";t=",
            Decimal::new(seconds(decision.reset_after)).as_bytes(),
        ]);
        vec![(RATE_LIMIT_POLICY, self.quota.clone()), (RATE_LIMIT, state)]
    }
}

/// How a quota is told; its name is `quoted`.
fn told(quoted: &str, quota: Quota, limit: &Limit) -> HeaderValue {
    joined(&[
        quoted.as_bytes(),
        b";q=",
        Decimal::new(limit.units().into()).as_bytes(),
        b";w=",
        Decimal::new(quota.window_seconds()).as_bytes(),
    ])
}

/// Nanoseconds in seconds, rounded up, so that nobody comes back too early.
pub(super) fn seconds(nanoseconds: u64) -> u64 {
    nanoseconds.div_ceil(NANOSECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, quota: Quota, decision: Decision) -> [String; 2] {
        let label = Label::new(name, quota, &quota.checked().unwrap()).unwrap();
        let stamps = label.stamps(&decision);
        assert_eq!(stamps.len(), 2);
        [0, 1].map(|i| stamps[i].1.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_headers_are_those_of_the_draft() {
        let decision = Decision {
            admitted: true,
            limit: 100,
            remaining: 50,
            reset_after: 29_000_000_001,
            retry_after: None,
        };
        assert_eq!(
            told("default", Quota::per_minute(100), decision),
            [r#""default";q=100;w=60"#, r#""default";r=50;t=30"#]
        );
        let odd = r#"a "b" \c"#;
        assert_eq!(
            told(odd, Quota::per_day(9).with_burst(3), decision)[0],
            r#""a \"b\" \\c";q=3;w=28800"#
        );
    }
}
