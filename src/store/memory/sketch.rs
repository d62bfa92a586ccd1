//! Where the quotas of keys go for which there is no room: small, shared, and never too generous.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::store::quotas::Decision;
use crate::store::window::Window;

const ROWS: usize = 4;

/// A sketch of when the buckets of keys will be full. It says of no key an earlier moment than the
/// latest that was noted for it; keys that meet in every one of their cells share a bucket.
///
/// Whoever reads and then notes for a key must hold that key's lock all the while.
#[derive(Debug)]
pub(super) struct Sketch {
    cells: Box<[AtomicU64]>,
    latest: AtomicU64,
}

impl Sketch {
    /// A sketch with room for about `keys` at once.
    pub(super) fn new(keys: usize) -> Self {
        let cells = keys.next_power_of_two().max(256) * ROWS;
        Self {
            cells: (0..cells).map(|_| AtomicU64::new(0)).collect(),
            latest: AtomicU64::new(0),
        }
    }

    /// When the bucket of `tag` will be full at the latest. Moments up to `past` do not matter, so
    /// any of them may be given instead.
    pub(super) fn full_at(&self, tag: u64, past: u64) -> u64 {
        if self.latest.load(Relaxed) <= past {
            return 0;
        }
        (0..ROWS)
            .map(|row| {
                self.cell(tag, row)
                    .map_or(u64::MAX, |cell| cell.load(Relaxed))
            })
            .min()
            .unwrap_or(u64::MAX)
    }

    /// Notes that the bucket of `tag` will be full at `full_at`, and not before.
    pub(super) fn raise(&self, tag: u64, full_at: u64) {
        for row in 0..ROWS {
            if let Some(cell) = self.cell(tag, row) {
                cell.fetch_max(full_at, Relaxed);
            }
        }
        self.latest.fetch_max(full_at, Relaxed);
    }

    /// Takes `cost` units from the window of `tag`, of which there is no more than a bucket here that
    /// is stricter than the window.
    #[cold]
    pub(super) fn take(&self, tag: u64, window: &Window, now: u64, cost: u32) -> Decision {
        let bucket = window.strict_bucket();
        let (decision, full_at) = bucket.take(self.full_at(tag, now), now, cost);
        if decision.admitted && cost > 0 {
            self.raise(tag, full_at);
        }
        // What costs more than the bucket and not more than the window may be admitted later.
        let later = (!decision.admitted && cost <= window.units()).then_some(window.span());
        Decision {
            limit: window.units().into(),
            retry_after: decision.retry_after.or(later),
            ..decision
        }
    }

    /// Whether nothing that was admitted here for `tag` is in its window any more. It is in the
    /// window for as long as it may be, if not longer.
    pub(super) fn is_past(&self, tag: u64, window: &Window, now: u64) -> bool {
        let past = now
            .saturating_add(window.strict_bucket().interval())
            .saturating_sub(window.span());
        self.full_at(tag, past) <= past
    }

    /// The tag is a keyed hash already, so its bits need no more than to be spread.
    fn cell(&self, tag: u64, row: usize) -> Option<&AtomicU64> {
        let width = self.cells.len() / ROWS;
        let step = (tag >> 32) | 1;
        let column = place(tag.wrapping_add(step.wrapping_mul(row as u64)), width);
        self.cells.get(row * width + column)
    }
}

/// A place among `count`, a power of two, for these bits of a hash.
#[inline]
pub(super) fn place(bits: u64, count: usize) -> usize {
    usize::try_from(bits & (count as u64).wrapping_sub(1)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_key_is_ever_said_to_be_full_too_early(notes in prop::collection::vec((any::<u64>(), 1..1_000_u64), 1..600)) {
            let sketch = Sketch::new(1);
            for (tag, full_at) in &notes {
                sketch.raise(*tag, *full_at);
            }
            for (tag, full_at) in notes {
                prop_assert!(sketch.full_at(tag, 0) >= full_at);
            }
        }
    }

    #[test]
    fn a_few_keys_do_not_meet() {
        let sketch = Sketch::new(256);
        sketch.raise(0x1234_5678_9abc_def1, 500);
        assert_eq!(sketch.full_at(0x1234_5678_9abc_def1, 499), 500);
        assert_eq!(sketch.full_at(0x1234_5678_9abc_def1, 500), 0, "it is past");
        assert_eq!(sketch.full_at(0x9234_5678_9abc_d321, 0), 0);
    }
}
