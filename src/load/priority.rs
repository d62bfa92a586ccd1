//! Who is turned away first when there is too much to do.

/// How much it matters that a request is served, as the author's function of its head says. Do not
/// let callers choose it: whatever they can set, they will set to critical.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Priority {
    /// What must work last of all: payments, health checks, the operator's own way in.
    Critical,
    /// The usual.
    #[default]
    Default,
    /// What nobody misses for a minute: exports, prefetching, analytics.
    Sheddable,
}

/// Up to how many requests in flight each priority is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Caps {
    pub(super) critical: usize,
    pub(super) default: usize,
    pub(super) sheddable: usize,
}

impl Caps {
    /// Critical requests are let in up to `most`, the others up to a share of it, in percent,
    /// rounded down, yet at least one.
    pub(super) fn new(most: usize, [default, sheddable]: [u8; 2]) -> Self {
        let share = |percent: u8| {
            let whole = most as u128 * u128::from(percent) / 100;
            usize::try_from(whole).unwrap_or(most).clamp(1, most.max(1))
        };
        Self {
            critical: most,
            default: share(default),
            sheddable: share(sheddable),
        }
    }

    pub(super) fn of(&self, priority: Priority) -> usize {
        match priority {
            Priority::Critical => self.critical,
            Priority::Default => self.default,
            Priority::Sheddable => self.sheddable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_priority_is_let_in_up_to_its_share() {
        for (most, default, sheddable, expected) in [
            (100, 80, 60, [100, 80, 60]),
            (10, 100, 100, [10, 10, 10]),
            (9, 80, 60, [9, 7, 5]),
            (1, 80, 60, [1, 1, 1]),
            (
                usize::MAX,
                100,
                1,
                [usize::MAX, usize::MAX, usize::MAX / 100],
            ),
        ] {
            let caps = Caps::new(most, [default, sheddable]);
            let priorities = [Priority::Critical, Priority::Default, Priority::Sheddable];
            assert_eq!(priorities.map(|one| caps.of(one)), expected);
        }
    }
}
