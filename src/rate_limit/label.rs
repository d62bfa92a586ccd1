//! The name of a quota and how it is told, made once.

use std::sync::Arc;

use http::header::HeaderValue;

use crate::config::ConfigError;
use crate::field::{Text, quoted};
use crate::store::{Limit, Policy, Quota};

const NANOSECONDS: u64 = 1_000_000_000;

/// The name of a quota and its header values.
#[derive(Clone, Debug)]
pub(super) struct Label {
    policy: Arc<Policy>,
    name: Arc<str>,
    quota: HeaderValue,
    /// `"name";r=`
    prefix: Arc<[u8]>,
}

impl Label {
    /// The label of the quota called `name`.
    ///
    /// # Errors
    /// [`ConfigError`] if that cannot name a [`Policy`].
    pub(super) fn new(name: &str, quota: Quota, limit: &Limit) -> Result<Self, ConfigError> {
        let policy = Policy::new(name)?;
        let quoted = quoted(name);
        Ok(Self {
            policy: Arc::new(policy),
            name: name.into(),
            quota: told(quoted.as_bytes(), quota, limit),
            prefix: [quoted.as_bytes(), b";r="].concat().into(),
        })
    }

    pub(super) fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The item that tells the quota, or another one that is kept under the same name.
    pub(super) fn policy_item(&self, planned: Option<&(Quota, Limit)>) -> HeaderValue {
        match planned {
            None => self.quota.clone(),
            Some((quota, limit)) => {
                let name = self.prefix.strip_suffix(b";r=").unwrap_or_default();
                told(name, *quota, limit)
            }
        }
    }

    /// What stands before the number of units that are left.
    pub(super) fn prefix(&self) -> &[u8] {
        &self.prefix
    }
}

/// How a quota is told; its name is `quoted`.
fn told(quoted: &[u8], quota: Quota, limit: &Limit) -> HeaderValue {
    Text::default()
        .push(quoted)
        .push(b";q=")
        .push_number(limit.units().into())
        .push(b";w=")
        .push_number(quota.window_seconds())
        .value()
}

/// Nanoseconds in seconds, rounded up, so that nobody comes back too early.
pub(super) fn seconds(nanoseconds: u64) -> u64 {
    nanoseconds.div_ceil(NANOSECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_told_as_the_draft_says_and_a_planned_one_under_the_same_name() {
        let label = |name, quota: Quota| {
            let limit = quota.checked().unwrap();
            Label::new(name, quota, &limit).unwrap()
        };
        let plain = label("default", Quota::per_minute(100));
        assert_eq!(plain.policy_item(None), r#""default";q=100;w=60"#);
        assert_eq!(plain.prefix(), br#""default";r="#);
        let planned = Quota::per_day(9).with_burst(3);
        let limit = planned.checked().unwrap();
        let odd = label(r#"a "b" \c"#, Quota::per_minute(1));
        assert_eq!(
            odd.policy_item(Some(&(planned, limit))),
            r#""a \"b\" \\c";q=3;w=28800"#
        );
    }

    #[test]
    fn nobody_is_told_to_come_back_too_early() {
        for (nanoseconds, expected) in [(0, 0), (1, 1), (NANOSECONDS, 1), (NANOSECONDS + 1, 2)] {
            assert_eq!(seconds(nanoseconds), expected);
        }
    }
}
