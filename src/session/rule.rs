//! What becomes of a refresh token that is shown.

use super::refusal::Refusal;
use crate::store::Family;

/// How long families live, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lives {
    /// For how long a used token gives its successor once more.
    pub(super) grace: u64,
    /// For how long a family lives without being used.
    pub(super) idle: u64,
    /// For how long it lives in any case.
    pub(super) whole: u64,
}

impl Lives {
    /// When a family ends that is used now: never later than `ends_at`.
    pub(super) fn idle_end(&self, now: u64, ends_at: u64) -> u64 {
        now.saturating_add(self.idle).min(ends_at)
    }
}

/// What is shown: a token of this generation, by this application, with proof of this key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'a> {
    pub(super) generation: u32,
    pub(super) issuer: Option<&'a str>,
    pub(super) client: &'a str,
    pub(super) key: Option<&'a [u8; 32]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The family moves on, and the caller gets the next token.
    Rotate,
    /// The caller gets the token that stands: theirs was rotated a moment ago.
    Repeat,
    /// The family is revoked, for this reason.
    Revoke(Refusal),
}

/// Whoever shows a token that was not given to them changes nothing, so that they cannot end a
/// stranger's login either.
pub(super) fn judge(
    family: &Family,
    shown: Shown<'_>,
    grace: u64,
    now: u64,
) -> Result<Verdict, Refusal> {
    is_theirs(family, shown.issuer, shown.client)?;
    if family.bound_key().is_some() && family.bound_key() != shown.key {
        return Err(Refusal::OtherKey);
    }
    if family.is_revoked() {
        return Err(Refusal::Revoked);
    }
    if now >= family.ends_at() {
        return Err(Refusal::Expired);
    }
    if now >= family.idle_ends_at() {
        return Err(Refusal::Idle);
    }
    let behind = i64::from(family.generation()) - i64::from(shown.generation);
    Ok(match behind {
        0 => Verdict::Rotate,
        // By a clock that is behind the one that rotated, no time has gone by.
        1 if now.saturating_sub(family.rotated_at()) < grace => Verdict::Repeat,
        1.. => Verdict::Revoke(Refusal::Reused),
        _ => Verdict::Revoke(Refusal::Ahead),
    })
}

/// Whether `family` was begun at this issuer by this application.
pub(super) fn is_theirs(
    family: &Family,
    issuer: Option<&str>,
    client: &str,
) -> Result<(), Refusal> {
    if issuer.is_some_and(|issuer| issuer != family.owner().issuer()) {
        return Err(Refusal::Unknown);
    }
    if client != family.client() {
        return Err(Refusal::OtherClient);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{FamilyId, FamilyOwner};

    /// Of generation 5, rotated at 1 000.
    fn family() -> Family {
        let owner = FamilyOwner::new("https://id.example", "alice");
        Family::new(FamilyId::from([1; 16]), [0; 32], owner, "web", 500)
            .with_ends(2_000, 3_000)
            .with_rotation(5, 1_000, 2_000)
    }

    fn shown(generation: u32) -> Shown<'static> {
        Shown {
            generation,
            issuer: Some("https://id.example"),
            client: "web",
            key: None,
        }
    }

    #[test]
    fn the_generation_decides_on_both_sides_of_each_edge() {
        use Verdict::{Repeat, Revoke, Rotate};
        let (reused, ahead) = (Revoke(Refusal::Reused), Revoke(Refusal::Ahead));
        for (generation, grace, now, verdict) in [
            (5, 30, 1_000, Rotate),
            (5, 0, 1_000, Rotate),
            (5, 30, 1_999, Rotate),
            (4, 30, 1_000, Repeat),
            (4, 30, 1_029, Repeat),
            (4, 30, 1_030, reused),
            (4, 30, 990, Repeat),
            (4, 0, 1_000, reused),
            (4, 0, 999, reused),
            (4, 1, 1_000, Repeat),
            (3, 30, 1_000, reused),
            (1, 30, 1_000, reused),
            (0, 30, 1_000, reused),
            (6, 30, 1_000, ahead),
            (u32::MAX, 30, 1_000, ahead),
        ] {
            let found = judge(&family(), shown(generation), grace, now);
            assert_eq!(found, Ok(verdict), "{generation} at {now}, {grace}");
        }
    }

    #[test]
    fn a_family_is_good_until_the_earlier_of_its_ends() {
        for (idle, end, now, refusal) in [
            (2_000, 3_000, 1_999, None),
            (2_000, 3_000, 2_000, Some(Refusal::Idle)),
            (3_000, 2_000, 1_999, None),
            (3_000, 2_000, 2_000, Some(Refusal::Expired)),
            (2_000, 2_000, 2_000, Some(Refusal::Expired)),
        ] {
            let family = family().with_ends(idle, end);
            // What is over is refused whatever the generation, and nothing is changed any more.
            for generation in [5, 3, 9] {
                let found = judge(&family, shown(generation), 30, now);
                assert_eq!(found.err(), refusal, "{idle} {end} at {now}");
            }
            let revoked = judge(&family.with_revocation(1), shown(3), 30, now);
            assert_eq!(revoked, Err(Refusal::Revoked));
        }
    }

    #[test]
    fn a_token_is_good_in_the_hands_that_got_it() {
        let bound = family().with_bound_key([1; 32]);
        for (family, client, key, refusal) in [
            (family(), "web", None, None),
            (family(), "web", Some(&[1; 32]), None),
            (family(), "Web", None, Some(Refusal::OtherClient)),
            (family(), "", None, Some(Refusal::OtherClient)),
            (bound.clone(), "web", Some(&[1; 32]), None),
            (
                bound.clone(),
                "web",
                Some(&[2; 32]),
                Some(Refusal::OtherKey),
            ),
            (bound.clone(), "web", None, Some(Refusal::OtherKey)),
            (
                bound.with_revocation(1),
                "app",
                None,
                Some(Refusal::OtherClient),
            ),
        ] {
            let elsewhere = is_theirs(&family, Some("https://b.example"), client);
            assert_eq!(elsewhere, Err(Refusal::Unknown));
            // An old token in other hands revokes nothing.
            for generation in [5, 1] {
                let shown = Shown {
                    generation,
                    issuer: None,
                    client,
                    key,
                };
                let found = judge(&family, shown, 30, 1_000);
                assert_eq!(found.err(), refusal, "{client} {key:?}");
            }
        }
    }

    #[test]
    fn sliding_never_goes_beyond_the_absolute_end() {
        let lives = Lives {
            grace: 30,
            idle: 100,
            whole: 1_000,
        };
        for (now, ends_at, expected) in [
            (0, 1_000, 100),
            (900, 1_000, 1_000),
            (901, 1_000, 1_000),
            (u64::MAX, 1_000, 1_000),
            (u64::MAX, u64::MAX, u64::MAX),
        ] {
            assert_eq!(lives.idle_end(now, ends_at), expected, "{now}");
        }
    }
}
