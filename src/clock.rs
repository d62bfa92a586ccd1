//! Where the time comes from.
//!
//! Every control that looks at the time takes a [`Clock`], so that a test can move it by hand:
//!
//! ```
//! use std::time::Duration;
//! use portcullis::clock::{Clock, ManualClock};
//!
//! let clock = ManualClock::at(1_000);
//! clock.advance(Duration::from_millis(2_500));
//! assert_eq!(clock.now(), 1_002);
//! assert_eq!(clock.ticks(), 2_500_000_000);
//! ```

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

#[cfg(target_os = "linux")]
use rustix::time::{ClockId, clock_gettime};

/// A source of time.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The wall time, in whole seconds since the Unix epoch. It may jump when the machine's clock
    /// is set, so it serves for dates that others wrote (the claims of a token).
    fn now(&self) -> u64;

    /// Nanoseconds since some fixed moment; never goes back. It serves for what this process
    /// measures itself (quotas).
    fn ticks(&self) -> u64;

    /// A moment that is no later than that of [`ticks`](Self::ticks) and no more than
    /// [`Moment::LAG`] earlier, if that can be read faster (default: `ticks`).
    fn coarse_ticks(&self) -> u64 {
        self.ticks()
    }
}

/// Now, by the ticks of a clock which is read as finely as need be: a coarse reading is ten times as
/// fast, and nearly always enough.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    coarse: u64,
    clock: Option<&'a dyn Clock>,
}

impl<'a> Moment<'a> {
    /// By how much a coarse reading may be too early, in nanoseconds: 50 ms.
    pub const LAG: u64 = 50_000_000;

    /// The moment at which `clock` shows this many `ticks`.
    #[must_use]
    pub fn at(ticks: u64) -> Self {
        Self {
            coarse: ticks,
            clock: None,
        }
    }

    /// Now by `clock`.
    #[must_use]
    pub fn of(clock: &'a dyn Clock) -> Self {
        Self {
            coarse: clock.coarse_ticks(),
            clock: Some(clock),
        }
    }

    /// A reading that is at most [`LAG`](Self::LAG) too early, and never too late.
    #[must_use]
    #[inline]
    pub fn coarse(&self) -> u64 {
        self.coarse
    }

    /// The exact reading. The clock is read for it, so that two of them may differ.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        // A clock that went back must not make a moment earlier than was already said of it.
        self.clock
            .map_or(self.coarse, |clock| clock.ticks().max(self.coarse))
    }
}

impl From<u64> for Moment<'_> {
    fn from(ticks: u64) -> Self {
        Self::at(ticks)
    }
}

/// The machine's own clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    /// On Linux of the coarse clock, which is read ten times as fast and lags by a tick of the
    /// kernel (1 to 10 ms).
    fn now(&self) -> u64 {
        #[cfg(target_os = "linux")]
        let now = clock_gettime(ClockId::RealtimeCoarse).tv_sec;
        #[cfg(not(target_os = "linux"))]
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        u64::try_from(now).unwrap_or(0)
    }

    #[cfg(target_os = "linux")]
    fn ticks(&self) -> u64 {
        monotonic(ClockId::Monotonic)
    }

    /// The same clock as it was at the last tick of the kernel (1 to 10 ms ago).
    #[cfg(target_os = "linux")]
    fn coarse_ticks(&self) -> u64 {
        monotonic(ClockId::MonotonicCoarse)
    }

    #[cfg(not(target_os = "linux"))]
    fn ticks(&self) -> u64 {
        static START: std::sync::LazyLock<std::time::Instant> =
            std::sync::LazyLock::new(std::time::Instant::now);
        nanoseconds(START.elapsed())
    }
}

/// Nanoseconds since the machine was started.
#[cfg(target_os = "linux")]
#[inline]
fn monotonic(clock: ClockId) -> u64 {
    let now = clock_gettime(clock);
    let [seconds, rest] = [now.tv_sec, now.tv_nsec].map(|part| u64::try_from(part).unwrap_or(0));
    seconds * NANOSECONDS_A_SECOND + rest
}

/// A clock that moves only when it is told to; clones show the same time.
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    start: u64,
    elapsed: Arc<AtomicU64>,
}

impl ManualClock {
    /// A clock that stands at `seconds` since the Unix epoch, with no ticks elapsed.
    #[must_use]
    pub fn at(seconds: u64) -> Self {
        Self {
            start: seconds,
            elapsed: Arc::default(),
        }
    }

    /// Moves the clock forward by `step`, to the nanosecond.
    pub fn advance(&self, step: Duration) {
        self.elapsed.fetch_add(nanoseconds(step), Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> u64 {
        self.start
            .saturating_add(self.ticks() / NANOSECONDS_A_SECOND)
    }

    fn ticks(&self) -> u64 {
        self.elapsed.load(Ordering::Relaxed)
    }
}

/// A clock that several read.
impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> u64 {
        (**self).now()
    }

    fn ticks(&self) -> u64 {
        (**self).ticks()
    }

    fn coarse_ticks(&self) -> u64 {
        (**self).coarse_ticks()
    }
}

const NANOSECONDS_A_SECOND: u64 = 1_000_000_000;

/// `duration` in nanoseconds; more than fits (584 years) is cut to what fits.
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told_and_its_clones_move_with_it() {
        let clock = ManualClock::at(100);
        let twin = clock.clone();
        assert_eq!((twin.now(), twin.ticks()), (100, 0));
        clock.advance(Duration::from_secs(3));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        assert_eq!((shared.now(), Clock::ticks(&shared)), (103, 3_000_000_000));
        assert_eq!((twin.now(), twin.ticks()), (103, 3_000_000_000));
    }

    #[test]
    fn the_time_of_the_machine_is_that_of_the_standard_library() {
        let theirs = || {
            let now = std::time::SystemTime::now();
            now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
        };
        let before = theirs();
        let ours = SystemClock.now();
        assert!((before - 1..=theirs()).contains(&ours), "{ours} {before}");
    }

    #[test]
    fn the_ticks_of_the_machine_never_go_back() {
        let first = SystemClock.ticks();
        assert!(SystemClock.ticks() >= first);
    }

    #[test]
    fn a_coarse_reading_is_never_late_and_not_too_early() {
        for _ in 0..10_000 {
            let before = SystemClock.ticks();
            let now = Moment::of(&SystemClock);
            assert!(now.coarse() <= SystemClock.ticks() && now.coarse() <= now.ticks());
            assert!(now.coarse() + Moment::LAG >= before);
        }
        let stopped = Moment::at(7);
        assert_eq!((stopped.coarse(), stopped.ticks()), (7, 7));
    }
}
