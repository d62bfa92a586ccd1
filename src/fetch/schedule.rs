//! When to fetch again: facts and the moment in, what to do out.

use std::time::Duration;

/// The terms of a value that is kept fresh.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// For how long a value is fresh if its server does not say.
    pub(super) ttl: Duration,
    /// For how long beyond that a value serves while its server cannot be reached.
    pub(super) grace: Duration,
    /// How long after any attempt no reader can cause another by asking for something newer.
    pub(super) cooldown: Duration,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            ttl: Duration::from_mins(10),
            grace: Duration::from_hours(1),
            cooldown: Duration::from_secs(30),
        }
    }
}

/// What is known at the moment of the question.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// How old the value is, and for how long it is fresh; none if there is no value.
    pub(super) held: Option<Age>,
    /// How long ago the last attempt ended; none if there was none.
    pub(super) quiet: Option<Duration>,
    /// How many attempts have failed since the last that did not.
    pub(super) failures: u32,
    /// Whether an attempt is under way.
    pub(super) in_flight: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Age {
    pub(super) age: Duration,
    pub(super) ttl: Duration,
}

/// Who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Someone who needs the value.
    Value,
    /// Someone for whom the value will not do, such as a token that names an unknown key.
    Newer,
    /// The author, by hand.
    Reload,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Use what is held.
    Serve,
    /// Use what is held, and have a fetch start in the background.
    Refresh,
    /// Wait for the fetch that is under way, or for one to be started now.
    Wait,
    /// Do not fetch for this long. What is held, if it still serves, is all there is.
    Hold(Duration),
}

/// The age at which a value serves no more, whatever the reason.
pub(super) fn hard_stale(ttl: Duration, terms: &Terms) -> Duration {
    ttl.saturating_add(terms.grace)
}

/// How long to leave a server alone after `failures` failures in a row: 1 s, 2 s, 4 s, ... 60 s.
pub(super) fn back_off(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(6);
    let seconds = if failures == 0 { 0 } else { 1_u64 << doublings };
    Duration::from_secs(seconds.min(60))
}

/// For how long yet whoever has this `need` cannot cause a fetch.
pub(super) fn rest(need: Need, facts: &Facts, terms: &Terms) -> Duration {
    let Some(quiet) = facts.quiet else {
        return Duration::ZERO;
    };
    let pause = match need {
        Need::Value => back_off(facts.failures),
        Need::Newer => back_off(facts.failures).max(terms.cooldown),
        Need::Reload => Duration::ZERO,
    };
    pause.saturating_sub(quiet)
}

/// The rule.
pub(super) fn plan(need: Need, facts: &Facts, terms: &Terms) -> Step {
    let rest = rest(need, facts, terms);
    let fetch = if facts.in_flight || rest.is_zero() {
        Step::Wait
    } else {
        Step::Hold(rest)
    };
    let Some(Age { age, ttl }) = facts.held else {
        return fetch;
    };
    if need != Need::Value || age >= hard_stale(ttl, terms) {
        fetch
    } else if age < ttl / 5 * 4 {
        Step::Serve
    } else if age >= ttl && facts.failures == 0 {
        // Nobody has asked for a while. The server may have withdrawn what is held, so ask it;
        // should that fail, what is held serves as in any outage.
        fetch
    } else if facts.in_flight || !rest.is_zero() {
        Step::Serve
    } else {
        Step::Refresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HARD: u64 = 600 + 3_600;

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Ages in seconds of a value that is fresh for 600.
    fn facts(age: Option<u64>, quiet: Option<u64>, failures: u32, in_flight: bool) -> Facts {
        let ttl = secs(600);
        Facts {
            held: age.map(|age| Age {
                age: secs(age),
                ttl,
            }),
            quiet: quiet.map(secs),
            failures,
            in_flight,
        }
    }

    #[test]
    fn readers_wait_only_if_there_is_nothing_that_serves() {
        let hold = |seconds| Step::Hold(secs(seconds));
        for (age, quiet, failures, in_flight, expected) in [
            // Cold: the first waits for a fetch, and so does everyone until it has landed.
            (None, None, 0, false, Step::Wait),
            (None, Some(0), 0, true, Step::Wait),
            // Cold and down: one attempt per back-off.
            (None, Some(0), 1, false, hold(1)),
            (None, Some(1), 1, false, Step::Wait),
            (None, Some(59), 40, false, hold(1)),
            (None, Some(60), 40, false, Step::Wait),
            // Fresh.
            (Some(0), Some(0), 0, false, Step::Serve),
            (Some(479), Some(479), 0, false, Step::Serve),
            // The last fifth: refreshed in the background, once.
            (Some(480), Some(480), 0, false, Step::Refresh),
            (Some(480), Some(480), 0, true, Step::Serve),
            (Some(599), Some(599), 0, false, Step::Refresh),
            (Some(481), Some(0), 1, false, Step::Serve),
            (Some(482), Some(1), 1, false, Step::Refresh),
            // Idle for longer than it is fresh: ask before believing.
            (Some(600), Some(600), 0, false, Step::Wait),
            (Some(600), Some(600), 0, true, Step::Wait),
            // An outage: what is held serves, and is tried for at the pace of the back-off.
            (Some(600), Some(0), 1, false, Step::Serve),
            (Some(601), Some(1), 1, false, Step::Refresh),
            (Some(601), Some(1), 1, true, Step::Serve),
            (Some(HARD - 1), Some(1), 1, false, Step::Refresh),
            // Hard-stale: as if there were nothing.
            (Some(HARD), Some(0), 1, false, hold(1)),
            (Some(HARD), Some(1), 1, false, Step::Wait),
            (Some(HARD), Some(HARD), 0, false, Step::Wait),
        ] {
            let facts = facts(age, quiet, failures, in_flight);
            let found = plan(Need::Value, &facts, &Terms::default());
            assert_eq!(found, expected, "{facts:?}");
        }
    }

    #[test]
    fn who_needs_something_newer_causes_one_attempt_per_cooldown_whatever_came_of_it() {
        for (quiet, failures, in_flight, expected) in [
            (Some(0), 0, false, Step::Hold(secs(30))),
            (Some(29), 0, false, Step::Hold(secs(1))),
            (Some(30), 0, false, Step::Wait),
            (Some(29), 1, false, Step::Hold(secs(1))),
            (Some(30), 1, false, Step::Wait),
            (Some(30), 7, false, Step::Hold(secs(30))), // the back-off is longer by now
            (Some(60), 7, false, Step::Wait),
            (Some(0), 0, true, Step::Wait),
        ] {
            let facts = facts(Some(10), quiet, failures, in_flight);
            let found = plan(Need::Newer, &facts, &Terms::default());
            assert_eq!(found, expected, "{facts:?}");
        }
    }

    #[test]
    fn the_author_need_not_wait_for_any_pause() {
        let found = plan(
            Need::Reload,
            &facts(Some(0), Some(0), 9, false),
            &Terms::default(),
        );
        assert_eq!(found, Step::Wait);
    }

    #[test]
    fn a_failing_server_is_left_alone_for_longer_and_longer() {
        let pauses: Vec<_> = (0..9)
            .map(|failures| back_off(failures).as_secs())
            .collect();
        assert_eq!(pauses, [0, 1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(back_off(u32::MAX).as_secs(), 60);
    }
}
