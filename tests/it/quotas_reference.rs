//! What quotas are, written as slowly and plainly as can be: nothing is packed, pruned or reckoned
//! ahead, and when something happens is found by trying one nanosecond after the other.

use std::time::Duration;

use portcullis::store::{Decision, Quota};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bucket,
    Exact,
    Sliding,
    Fixed,
}

/// `span` is the length of a window, and of a bucket that in which one unit comes back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) kind: Kind,
    pub(crate) units: u32,
    pub(crate) span: u64,
}

impl Plan {
    pub(crate) fn quota(self) -> Quota {
        let span = Duration::from_nanos(self.span);
        match self.kind {
            Kind::Bucket => Quota::new(1, span).with_burst(self.units),
            Kind::Exact => Quota::sliding_window(self.units, span),
            Kind::Sliding => Quota::sliding_counter(self.units, span),
            Kind::Fixed => Quota::fixed_window(self.units, span),
        }
    }
}

/// What is known of one key under one policy, whatever plans it is asked by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    meter: Meter,
    log: Log,
    windows: Windows,
}

/// Whether it is admitted, and how many units are left then.
type Verdict = (bool, u32);

impl Account {
    fn judge(&self, plan: Plan, now: u64, cost: u32) -> Verdict {
        let fits = |cost: u32| match plan.kind {
            Kind::Bucket => self.meter.fits(plan, now, cost),
            Kind::Exact => self.log.fits(plan, now, cost),
            Kind::Sliding | Kind::Fixed => self.windows.fits(plan, now, cost),
        };
        let admitted = cost == 0 || fits(cost);
        let cost = if admitted { cost } else { 0 };
        let left = (1..=plan.units).take_while(|more| fits(cost + more));
        (admitted, left.last().unwrap_or(0))
    }

    pub(crate) fn take(&mut self, plan: Plan, now: u64, cost: u32) {
        match plan.kind {
            _ if cost == 0 => {}
            Kind::Bucket => self.meter.take(plan, now, cost),
            Kind::Exact => self.log.take(plan, now, cost),
            Kind::Sliding | Kind::Fixed => self.windows.take(plan, now, cost),
        }
    }

    /// Gives back units that were taken at `then`.
    pub(crate) fn give_back(&mut self, plan: Plan, then: u64, cost: u32) {
        match plan.kind {
            Kind::Bucket => {
                let parts = u128::from(cost) * u128::from(plan.span);
                self.meter.owed = self.meter.owed.saturating_sub(parts);
            }
            Kind::Exact => self.log.give_back(then, cost),
            Kind::Sliding | Kind::Fixed => {
                let windows = &mut self.windows;
                // Of the window before only what is surely of it: no engine keeps when it began.
                let was_before = then + plan.span >= windows.start;
                for (units, is_known) in
                    [(&mut windows.before, was_before), (&mut windows.used, true)]
                {
                    for _ in 0..cost {
                        let place = units.iter().position(|unit| *unit == then && is_known);
                        place.map(|place| units.remove(place));
                    }
                }
            }
        }
    }

    /// What an engine should answer that takes `cost` units if it can, or would if it `looks`.
    pub(crate) fn expected(&self, plan: Plan, now: u64, cost: u32, looks: bool) -> Decision {
        let (admitted, left) = self.judge(plan, now, cost);
        let mut after = self.clone();
        let remaining = if admitted && !looks {
            after.take(plan, now, cost);
            left
        } else {
            self.judge(plan, now, 0).1
        };
        let more = |moment: u64| match plan.units - remaining {
            0 => after.judge(plan, moment, plan.units).0,
            _ => after.judge(plan, moment, 0).1 > remaining,
        };
        Decision {
            admitted,
            limit: plan.units.into(),
            remaining: remaining.into(),
            reset_after: first(now, more),
            retry_after: (!admitted && cost <= plan.units)
                .then(|| first(now, |moment| self.judge(plan, moment, cost).0)),
            ..Decision::default()
        }
    }
}

/// After how long `question` is answered with yes.
fn first(now: u64, question: impl Fn(u64) -> bool) -> u64 {
    (0..100_000).find(|wait| question(now + wait)).unwrap()
}

/// A bucket, told by what is missing in it: parts of units, of which one drips in each nanosecond.
#[derive(Clone, Debug, Default)]
struct Meter {
    owed: u128,
    at: u64,
}

impl Meter {
    fn owed(&self, now: u64) -> u128 {
        self.owed.saturating_sub(u128::from(now - self.at))
    }

    fn fits(&self, plan: Plan, now: u64, cost: u32) -> bool {
        let unit = u128::from(plan.span);
        let full = unit * u128::from(plan.units);
        // Who owes more than the bucket holds, from under another plan, owes all of it.
        self.owed(now).min(full) + unit * u128::from(cost) <= full
    }

    fn take(&mut self, plan: Plan, now: u64, cost: u32) {
        self.owed = self.owed(now) + u128::from(plan.span) * u128::from(cost);
        self.at = now;
    }
}

/// A log of every unit. It lives by the longest plan that has taken, until that one has not taken for
/// its own span, and holds no more units than the largest allows: those that are over go, oldest
/// first, and from then on nothing is given back.
#[derive(Clone, Debug, Default)]
struct Log {
    units: Vec<u64>,
    longest: u64,
    /// When the longest plan took last.
    last: u64,
    most: usize,
    has_lost: bool,
}

impl Log {
    fn fits(&self, plan: Plan, now: u64, cost: u32) -> bool {
        let counts = |unit: &&u64| *unit + self.longest > now && *unit + plan.span > now;
        let used = self.units.iter().filter(counts).count();
        used + cost as usize <= plan.units as usize
    }

    fn take(&mut self, plan: Plan, now: u64, cost: u32) {
        self.units.retain(|unit| unit + self.longest > now);
        if self.units.is_empty() || self.last + self.longest <= now {
            (self.longest, self.most, self.has_lost) = (0, 0, false);
        }
        self.most = self.most.max(plan.units as usize);
        if plan.span >= self.longest {
            (self.longest, self.last) = (plan.span, now);
        }
        self.units.extend((0..cost).map(|_| now));
        self.units.retain(|unit| unit + self.longest > now);
        while self.units.len() > self.most {
            self.units.remove(0);
            self.has_lost = true;
        }
    }

    fn give_back(&mut self, then: u64, cost: u32) {
        for _ in 0..cost {
            let place = self.units.iter().position(|unit| *unit == then);
            if let (Some(place), false) = (place, self.has_lost) {
                self.units.remove(place);
            }
        }
    }
}

/// Two windows with every unit of them.
#[derive(Clone, Debug, Default)]
struct Windows {
    start: u64,
    /// The length of the window that runs.
    length: u64,
    /// The longest for which it was asked while it ran, which is how long the next one is.
    longest: u64,
    before: Vec<u64>,
    used: Vec<u64>,
}

impl Windows {
    /// The windows as they are for one who asks now.
    fn at(&self, plan: Plan, now: u64) -> Self {
        let fresh = Self {
            start: now,
            length: plan.span,
            longest: plan.span,
            ..Self::default()
        };
        let is_empty = self.before.is_empty() && self.used.is_empty();
        let end = self.start + self.length;
        if is_empty || now >= end + self.length.max(self.longest) {
            return fresh;
        }
        let (length, longest) = (self.length.max(plan.span), self.longest.max(plan.span));
        let end = self.start + length;
        if now < end {
            Self {
                length,
                longest,
                ..self.clone()
            }
        } else if plan.kind == Kind::Sliding && !self.used.is_empty() && now < end + longest {
            Self {
                start: end,
                length: longest,
                longest: plan.span,
                before: self.used.clone(),
                used: Vec::new(),
            }
        } else {
            fresh
        }
    }

    fn fits(&self, plan: Plan, now: u64, cost: u32) -> bool {
        let windows = self.at(plan, now);
        let slides = plan.kind == Kind::Sliding;
        let left = windows.start + windows.length - now;
        // All in parts of a unit, of which one has as many as the window has nanoseconds.
        let weight = if slides { left } else { windows.length };
        let weight = windows.before.len() as u64 * weight;
        let units = windows.used.len() as u64 + u64::from(cost);
        weight + units * windows.length <= u64::from(plan.units) * windows.length
    }

    fn take(&mut self, plan: Plan, now: u64, cost: u32) {
        *self = self.at(plan, now);
        self.used.extend((0..cost).map(|_| now));
    }
}
