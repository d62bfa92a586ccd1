//! Whether a token that its server calls active is good here and now.

use super::answer::Active;

/// What a token must be.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    /// None only if the author has said so by a `dangerous_` step.
    pub(super) issuer: Option<Box<str>>,
    /// None only if the author has said so by a `dangerous_` step.
    pub(super) audience: Option<Box<str>>,
    /// By how many seconds the clocks may differ.
    pub(super) leeway: u64,
}

/// The rule.
///
/// # Errors
/// The reason, for the event alone.
pub(super) fn verdict(active: &Active, policy: &Policy, now: u64) -> Result<(), &'static str> {
    if active.is_of_other_use {
        return Err("wrong_token_type");
    }
    if active.is_bound {
        return Err("token_bound");
    }
    if let Some(expected) = &policy.issuer
        && active.issuer.as_deref() != Some(expected)
    {
        return Err("wrong_issuer");
    }
    if let Some(expected) = &policy.audience
        && !active.audiences.iter().any(|name| **name == **expected)
    {
        return Err("wrong_audience");
    }
    let past =
        |date: Option<u64>| date.is_some_and(|date| now > date.saturating_add(policy.leeway));
    let future =
        |date: Option<u64>| date.is_some_and(|date| date > now.saturating_add(policy.leeway));
    if past(active.expires_at) {
        return Err("token_expired");
    }
    if future(active.not_before) {
        return Err("token_not_yet_valid");
    }
    if future(active.issued_at) {
        return Err("issued_in_future");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000;

    fn active() -> Active {
        Active {
            principal: None,
            issuer: Some("https://id.example".into()),
            audiences: vec!["other".into(), "api".into()],
            expires_at: None,
            not_before: None,
            issued_at: None,
            client_id: None,
            username: None,
            is_bound: false,
            is_of_other_use: false,
        }
    }

    fn asked(active: &Active) -> Result<(), &'static str> {
        let policy = Policy {
            issuer: Some("https://id.example".into()),
            audience: Some("api".into()),
            leeway: 30,
        };
        verdict(active, &policy, NOW)
    }

    #[test]
    fn dates_hold_to_the_second_with_the_leeway() {
        for (expires_at, not_before, issued_at, expected) in [
            (None, None, None, Ok(())),
            (Some(NOW + 1), Some(NOW), Some(NOW), Ok(())),
            (Some(NOW - 30), None, None, Ok(())),
            (Some(NOW - 31), None, None, Err("token_expired")),
            (Some(0), None, None, Err("token_expired")),
            (Some(u64::MAX), None, None, Ok(())),
            (None, Some(NOW + 30), None, Ok(())),
            (None, Some(NOW + 31), None, Err("token_not_yet_valid")),
            (None, None, Some(NOW + 30), Ok(())),
            (None, None, Some(NOW + 31), Err("issued_in_future")),
            (None, Some(u64::MAX), None, Err("token_not_yet_valid")),
        ] {
            let active = Active {
                expires_at,
                not_before,
                issued_at,
                ..active()
            };
            let dates = (expires_at, not_before, issued_at);
            assert_eq!(asked(&active), expected, "{dates:?}");
        }
    }

    #[test]
    fn issuer_and_audience_are_compared_whole() {
        for issuer in [
            None,
            Some("https://id.example/"),
            Some("https://ID.example"),
            Some(""),
        ] {
            let issuer = issuer.map(str::to_owned);
            assert_eq!(asked(&Active { issuer, ..active() }), Err("wrong_issuer"));
        }
        for audiences in [
            vec![],
            vec!["ap"],
            vec!["api "],
            vec!["API", "apis"],
            vec![""],
        ] {
            let audiences = audiences.into_iter().map(str::to_owned).collect();
            assert_eq!(
                asked(&Active {
                    audiences,
                    ..active()
                }),
                Err("wrong_audience")
            );
        }
    }

    #[test]
    fn what_the_author_lets_go_is_not_asked_for() {
        let policy = Policy {
            issuer: None,
            audience: None,
            leeway: 0,
        };
        let nobody = Active {
            issuer: None,
            audiences: vec![],
            ..active()
        };
        assert_eq!(verdict(&nobody, &policy, NOW), Ok(()));
    }

    #[test]
    fn a_token_bound_to_a_key_or_of_another_use_is_not_a_bearer_token() {
        let bound = Active {
            is_bound: true,
            ..active()
        };
        assert_eq!(asked(&bound), Err("token_bound"));
        let other = Active {
            is_of_other_use: true,
            ..active()
        };
        assert_eq!(asked(&other), Err("wrong_token_type"));
    }
}
