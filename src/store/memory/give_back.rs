//! Units of a window that are given back.

use super::rings::{Rings, locked};
use super::sketch::place;

impl Rings {
    /// Gives `cost` units back that the key with the hash `tag` took at `then`. What was taken from
    /// the overflow stays there.
    pub(super) fn give_back(&self, tag: u64, then: u64, cost: u32) {
        let drawer = self.drawers.get(place(tag >> 16, self.drawers.len()));
        let Some(mut drawer) = drawer.map(locked) else {
            return;
        };
        if let Some(ring) = drawer.rings.iter_mut().find(|ring| ring.tag == tag) {
            // Whoever read the clock first may have been served later, so the first stamp that is
            // not older is the one, or one that leaves the window no earlier.
            let first = ring.stamps.partition_point(|stamp| *stamp < then);
            let end = ring.stamps.len().min(first.saturating_add(cost as usize));
            ring.stamps.drain(first..end);
            if ring.stamps.is_empty() {
                ring.ends = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::window::Window;

    #[test]
    fn the_unit_that_was_taken_comes_back_and_no_other() {
        let (rings, window) = (Rings::new(8), Window::new(3, 100));
        for now in [10, 20, 30] {
            assert!(rings.take(7, &window, now, 1).admitted);
        }
        rings.give_back(7, 20, 1);
        rings.give_back(8, 10, 1); // somebody else
        rings.give_back(7, 31, 1); // nothing was taken since
        assert_eq!(rings.take(7, &window, 30, 0).remaining, 1);
        assert_eq!(rings.take(7, &window, 109, 0).remaining, 1);
        assert_eq!(rings.take(7, &window, 110, 0).remaining, 2);
        assert_eq!(rings.take(7, &window, 130, 0).remaining, 3);
    }

    #[test]
    fn a_ring_that_was_given_everything_back_is_free() {
        let (rings, window) = (Rings::new(8), Window::new(3, 100));
        for key in 0..1_000_u64 {
            let tag = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            assert!(rings.take(tag, &window, 10, 2).admitted, "{key}");
            rings.give_back(tag, 10, 2);
        }
    }
}
