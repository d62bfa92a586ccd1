//! Counted windows: how many units were used in a window, and perhaps in the one before it.

use super::quotas::{Decision, Receipt};
use super::window::Window;

/// So many units in a window that is reckoned from one counter or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    units: u32,
    span: u64,
    slides: bool,
}

/// What is kept of a key. Nothing at all is all zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    start: u64,
    /// The length of the window that runs, and of those for which it was asked: the longest rules,
    /// so that a plan that comes and goes frees nothing.
    span: u64,
    widest: u64,
    /// Units of the window before.
    before: u32,
    used: u32,
}

impl Counter {
    /// A counter of `units` in windows of `span` nanoseconds, neither of them zero. If it `slides`,
    /// what was used in the window before counts for as much of it as would still be in a window
    /// that ends now.
    pub(super) const fn new(units: u32, span: u64, slides: bool) -> Self {
        Self {
            units,
            span,
            slides,
        }
    }

    /// How many units a window holds.
    #[must_use]
    pub fn units(&self) -> u32 {
        self.units
    }

    /// The length of a window, in nanoseconds.
    #[must_use]
    pub fn span(&self) -> u64 {
        self.span
    }

    /// Whether the window before counts too.
    #[must_use]
    pub fn slides(&self) -> bool {
        self.slides
    }

    /// The same counter with fewer units.
    pub(super) fn narrowed(self, units: u32) -> Self {
        Self {
            units: self.units.min(units),
            ..self
        }
    }

    /// The window that is exact where this counter is not: it never admits more.
    pub(super) fn exact(&self) -> Window {
        Window::new(self.units, self.span)
    }

    /// Takes `cost` units at `now`, which is not before anything that was taken; the second part is
    /// what to keep from now on, if units were taken.
    pub(super) fn take(&self, kept: Count, now: u64, cost: u32) -> (Decision, Option<Count>) {
        let mut count = kept.at(now, self);
        let free = self.free(&count, now);
        let admitted = cost <= free;
        let taken = if admitted { cost } else { 0 };
        count.used = count.used.saturating_add(taken);
        let remaining = free - taken;
        let is_used = count.used > 0 || count.before > 0;
        // What is kept does not change for who takes nothing, and is forgotten when it ends.
        let last = if taken > 0 { u64::MAX } else { kept.ends() };
        let wait = |wanted| {
            let moment = self.frees(&count, wanted).min(last);
            moment.saturating_sub(now)
        };
        let decision = Decision {
            admitted,
            limit: self.units.into(),
            remaining: remaining.into(),
            reset_after: if is_used {
                wait(remaining.saturating_add(1))
            } else {
                0
            },
            retry_after: (!admitted && cost <= self.units).then(|| wait(cost)),
            receipt: Receipt::None,
        };
        (decision, (taken > 0).then_some(count))
    }

    fn free(&self, count: &Count, now: u64) -> u32 {
        let weight = if self.slides {
            let left = count.span.saturating_sub(now.saturating_sub(count.start));
            // Rounded up, so that no part of a unit is admitted.
            let weight = product(count.before, left).div_ceil(u128::from(count.span.max(1)));
            u32::try_from(weight).unwrap_or(u32::MAX)
        } else {
            count.before
        };
        self.units.saturating_sub(count.used.saturating_add(weight))
    }

    /// When `wanted` units are free, which are more than there are, if nobody takes any.
    fn frees(&self, count: &Count, wanted: u32) -> u64 {
        // After how much of a window of `span` the units of the window before weigh at most `most`.
        let light = |before: u32, most: u32, span: u64| {
            if before <= most {
                return 0;
            }
            let kept = product(most, span) / u128::from(before);
            span.saturating_sub(u64::try_from(kept).unwrap_or(u64::MAX))
        };
        let end = count.start.saturating_add(count.span);
        if self.slides {
            let here = self.units.checked_sub(wanted.saturating_add(count.used));
            let here = here.map(|most| light(count.before, most, count.span));
            if let Some(part) = here.filter(|part| *part < count.span) {
                count.start.saturating_add(part)
            } else {
                let most = self.units.saturating_sub(wanted);
                end.saturating_add(light(count.used, most, count.widest))
            }
        } else {
            end
        }
    }
}

impl Count {
    /// What an engine has kept: the start of the window that runs, its length and that of the
    /// longest that was asked for, and the units of the window before and of its own.
    #[cfg(feature = "redis")]
    pub(super) fn new(start: u64, [span, widest]: [u64; 2], [before, used]: [u32; 2]) -> Self {
        Self {
            start,
            span,
            widest,
            before,
            used,
        }
    }

    /// What is left of it at `now`, for one who asks under `limit`.
    fn at(self, now: u64, limit: &Counter) -> Self {
        let fresh = Self {
            start: now,
            span: limit.span,
            widest: limit.span,
            before: 0,
            used: 0,
        };
        // It may still be there by chance.
        if self.ends() <= now {
            return fresh;
        }
        let widest = self.widest.max(limit.span);
        let span = self.span.max(limit.span);
        let end = self.start.saturating_add(span);
        if now < end {
            return Self {
                span,
                widest,
                ..self
            };
        }
        // The next window is as long as the longest that was asked for in this one.
        if !limit.slides || self.used == 0 || now - end >= widest {
            return fresh;
        }
        Self {
            start: end,
            span: widest,
            widest: limit.span,
            before: self.used,
            used: 0,
        }
    }

    /// From when on it says nothing any more, whoever asks as before.
    pub(super) fn ends(&self) -> u64 {
        if self.used == 0 && self.before == 0 {
            return 0;
        }
        let last = self.start.saturating_add(self.span);
        last.saturating_add(self.span.max(self.widest))
    }

    /// Gives `cost` units back that were taken at `then` under `limit`. Who read the clock first may
    /// have been served later, in the window that follows: then too little comes back, and never too
    /// much. The window before was no shorter than that of `limit`, if they were taken in it.
    pub(super) fn give_back(&mut self, limit: &Counter, then: u64, cost: u32) {
        if then >= self.start {
            self.used = self.used.saturating_sub(cost);
        } else if then >= self.start.saturating_sub(limit.span) {
            self.before = self.before.saturating_sub(cost);
        }
    }
}

fn product(units: u32, time: u64) -> u128 {
    u128::from(units) * u128::from(time)
}

#[cfg(test)]
mod tests;
