//! How far back a log of stamps reaches that several windows may ask.

use std::collections::VecDeque;
use std::ops::Range;

use super::window::Window;

/// A log reaches as far as the longest window under which units were taken, and holds the units of
/// the largest, so that a plan that comes and goes frees nothing. Once the longest has taken nothing
/// for its span, the log is that of whoever takes next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    widest: Window,
    /// When the longest window is over, unless something is taken under it.
    until: u64,
    /// Whether units were dropped that would still count: more were taken under a short window than
    /// the log of a long one holds. Then nobody can tell whether fewer count once some come back.
    has_lost: bool,
}

impl Reach {
    /// The reach of an empty log for `window`.
    pub(super) fn of(window: Window, now: u64) -> Self {
        Self {
            widest: window,
            until: now.saturating_add(window.span()),
            has_lost: false,
        }
    }

    /// The reach once something is taken under `window` at `now`.
    pub(super) fn widened(self, window: Window, now: u64) -> Self {
        if now >= self.until {
            return Self::of(window, now);
        }
        let until = if window.span() >= self.widest.span() {
            now.saturating_add(window.span())
        } else {
            self.until
        };
        Self {
            widest: self.widest.united(window),
            until,
            ..self
        }
    }

    /// The longest and largest window in one.
    pub(super) fn widest(&self) -> Window {
        self.widest
    }

    /// `window` as far as the log reaches.
    pub(super) fn known(&self, window: Window) -> Window {
        window.shortened(self.widest.span())
    }

    /// The stamps, up to `cost` of them, that stand for units taken at `then` under `window`; `latest`
    /// is the latest moment.
    pub(super) fn own(
        &self,
        stamps: &VecDeque<u64>,
        (then, latest): (u64, u64),
        window: Window,
        cost: u32,
    ) -> Range<usize> {
        let first = stamps.partition_point(|stamp| *stamp < then);
        let is_there = stamps.get(first) == Some(&then)
            // Whoever read the clock first may have been served later, so the first stamp that is
            // not older is the one, or one that leaves the window no earlier.
            || then.saturating_add(window.span()) > latest;
        if self.has_lost || !is_there {
            return 0..0;
        }
        first..stamps.len().min(first.saturating_add(cost as usize))
    }

    /// Forgets the stamps out of reach.
    pub(super) fn forget(&self, stamps: &mut VecDeque<u64>, now: u64) {
        let gone = stamps.partition_point(|then| then.saturating_add(self.widest.span()) <= now);
        stamps.drain(..gone);
    }

    /// Notes `cost` units taken at `now`, for which there is room.
    pub(super) fn note(&mut self, stamps: &mut VecDeque<u64>, now: u64, cost: u32) {
        self.forget(stamps, now);
        let len = stamps.len() + cost as usize;
        let surplus = len.saturating_sub(self.widest.units() as usize);
        self.has_lost |= surplus > 0;
        stamps.drain(..surplus.min(stamps.len()));
        stamps.extend(std::iter::repeat_n(now, cost as usize));
    }

    /// When a log whose last unit was taken at `last` says nothing any more.
    pub(super) fn ends(&self, last: Option<&u64>) -> u64 {
        last.map_or(0, |last| last.saturating_add(self.widest.span()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One unit in 100 ns, and three in ten.
    const LONG: Window = Window::new(1, 100);
    const SHORT: Window = Window::new(3, 10);

    #[test]
    fn a_log_reaches_as_far_as_the_longest_window_that_still_counts() {
        for (takes, reaches) in [
            (&[(LONG, 0)][..], LONG),
            (&[(LONG, 0), (SHORT, 99)], Window::new(3, 100)),
            (&[(LONG, 0), (SHORT, 100)], SHORT),
            (&[(SHORT, 0), (LONG, 9), (SHORT, 108)], Window::new(3, 100)),
            (&[(SHORT, 0), (LONG, 9), (SHORT, 109)], SHORT),
            (&[(LONG, 0), (LONG, 50), (SHORT, 149)], Window::new(3, 100)),
        ] {
            let mut reach = Reach::of(SHORT, 0);
            for (place, (window, now)) in takes.iter().copied().enumerate() {
                reach = if place == 0 {
                    Reach::of(window, now)
                } else {
                    reach.widened(window, now)
                };
            }
            assert_eq!(reach.widest(), reaches, "{takes:?}");
        }
    }

    #[test]
    fn a_log_that_has_dropped_what_still_counts_gives_nothing_back() {
        let (mut reach, mut stamps) = (Reach::of(LONG, 0), VecDeque::new());
        for now in [0, 20, 21] {
            reach = reach.widened(SHORT, now);
            reach.note(&mut stamps, now, 1);
            assert_eq!(reach.own(&stamps, (now, now), SHORT, 1).len(), 1);
        }
        reach.note(&mut stamps, 22, 1);
        assert_eq!(stamps, [20, 21, 22]);
        assert!(reach.own(&stamps, (22, 22), SHORT, 1).is_empty());
        // The long window is over, and all that it knew.
        reach = reach.widened(SHORT, 101);
        reach.note(&mut stamps, 101, 1);
        assert_eq!(reach.own(&stamps, (101, 101), SHORT, 1), 0..1);
    }

    #[test]
    fn a_unit_that_is_gone_is_nobody_elses() {
        let (reach, stamps) = (Reach::of(SHORT, 0), VecDeque::from([5, 5, 8]));
        for (then, latest, cost, own) in [
            (5, 8, 1, 0..1),
            (5, 8, 2, 0..2),
            (5, 90, 2, 0..2), // nobody has asked since
            (6, 8, 1, 2..3),  // served a little later
            (6, 15, 1, 2..3),
            (6, 16, 1, 0..0), // gone, and the stamp is another's
            (4, 14, 1, 0..0),
            (9, 9, 1, 3..3),
        ] {
            assert_eq!(reach.own(&stamps, (then, latest), SHORT, cost), own);
        }
    }
}
