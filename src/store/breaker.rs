//! Whether a store that has failed is asked again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::nanoseconds;

/// So many failures in a row, and the store is left alone.
pub(super) const FAILURES: u32 = 5;
/// For how long it is left alone before one caller tries it.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// A circuit breaker. It has no clock: whoever asks says what time it is, in nanoseconds.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// When the first of them happened.
    since: u64,
    next_try: u64,
}

impl Breaker {
    /// Whether the caller may ask at `now`. When the pause is over one may, and if nobody hears of
    /// that one (it was cancelled), another after one more pause.
    pub(super) fn lets_ask(&self, now: u64) -> bool {
        let mut state = self.state();
        if state.failures < FAILURES {
            return true;
        }
        let due = now >= state.next_try;
        if due {
            state.next_try = now.saturating_add(nanoseconds(PAUSE));
        }
        due
    }

    /// For how long nothing had worked, if the store was left alone until now.
    pub(super) fn worked(&self, now: u64) -> Option<Duration> {
        let mut state = self.state();
        let failures = std::mem::take(&mut state.failures);
        let lasted = Duration::from_nanos(now.saturating_sub(state.since));
        (failures >= FAILURES).then_some(lasted)
    }

    /// Whether the store is left alone from now on.
    pub(super) fn failed(&self, now: u64) -> bool {
        let mut state = self.state();
        if state.failures == 0 {
            state.since = now;
        }
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES {
            let next_try = now.saturating_add(nanoseconds(PAUSE));
            state.next_try = state.next_try.max(next_try);
        }
        state.failures == FAILURES
    }

    /// For how long nothing has worked.
    pub(super) fn down_for(&self, now: u64) -> Duration {
        let state = self.state();
        let since = if state.failures > 0 { state.since } else { now };
        Duration::from_nanos(now.saturating_sub(since))
    }

    /// A panic cannot leave it in disorder: there is none while it is held.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn after_so_many_failures_in_a_row_one_asks_in_each_pause() {
        let breaker = Breaker::default();
        for _ in 1..FAILURES {
            assert!(!breaker.failed(7));
            assert!(breaker.lets_ask(7));
        }
        assert_eq!(breaker.worked(8), None);
        for _ in 1..FAILURES {
            assert!(!breaker.failed(9));
        }
        assert!(breaker.lets_ask(9));
        assert!(breaker.failed(10));
        assert!(!breaker.lets_ask(10) && !breaker.lets_ask(9 + SECOND));
        assert!(breaker.lets_ask(10 + SECOND));
        assert!(!breaker.lets_ask(10 + SECOND) && !breaker.lets_ask(9 + 2 * SECOND));
        assert!(breaker.lets_ask(10 + 2 * SECOND));
        assert!(!breaker.failed(10 + 2 * SECOND));
        assert!(!breaker.lets_ask(9 + 3 * SECOND));
        assert_eq!(breaker.down_for(9 + 3 * SECOND), 3 * PAUSE);
        assert!(breaker.lets_ask(10 + 3 * SECOND));
        let lasted = Duration::from_nanos(1 + 3 * SECOND);
        assert_eq!(breaker.worked(10 + 3 * SECOND), Some(lasted));
        assert_eq!(breaker.worked(10 + 3 * SECOND), None);
        assert!(breaker.lets_ask(10 + 3 * SECOND) && breaker.lets_ask(10 + 3 * SECOND));
        assert_eq!(breaker.down_for(10 + 4 * SECOND), Duration::ZERO);
    }
}
