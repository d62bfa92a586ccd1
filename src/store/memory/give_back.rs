//! Units of a window that are given back.

use super::rings::{Rings, locked};
use super::sketch::place;
use crate::store::window::Window;

impl Rings {
    /// Gives `cost` units back that the key with the hash `tag` took at `then`. What was taken from
    /// the overflow stays there.
    pub(super) fn give_back(&self, tag: u64, window: &Window, then: u64, cost: u32) {
        let drawer = self.drawers.get(place(tag >> 16, self.drawers.len()));
        let Some(mut drawer) = drawer.map(locked) else {
            return;
        };
        let latest = drawer.latest;
        if let Some(ring) = drawer.rings.iter_mut().find(|ring| ring.tag == tag) {
            let own = ring.reach.own(&ring.stamps, (then, latest), *window, cost);
            ring.stamps.drain(own);
            ring.ends = ring.reach.ends(ring.stamps.back());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_that_was_taken_comes_back_and_no_other() {
        let (rings, window) = (Rings::new(8), Window::new(3, 100));
        for now in [10, 20, 30] {
            assert!(rings.take(7, &window, now, 1).admitted);
        }
        rings.give_back(7, &window, 20, 1);
        rings.give_back(8, &window, 10, 1); // somebody else
        rings.give_back(7, &window, 31, 1); // nothing was taken since
        assert_eq!(rings.take(7, &window, 30, 0).remaining, 1);
        assert_eq!(rings.take(7, &window, 109, 0).remaining, 1);
        assert_eq!(rings.take(7, &window, 110, 0).remaining, 2);
        assert_eq!(rings.take(7, &window, 130, 0).remaining, 3);
    }

    #[test]
    fn who_comes_back_too_late_gives_back_nothing_of_others() {
        let (rings, window) = (Rings::new(8), Window::new(3, 100));
        for now in [10, 110, 120, 130] {
            assert!(rings.take(7, &window, now, 1).admitted);
        }
        rings.give_back(7, &window, 10, 1);
        assert!(!rings.take(7, &window, 130, 1).admitted);
        // Before anybody has asked, what is there is what was taken.
        rings.give_back(7, &window, 110, 1);
        assert!(rings.take(7, &window, 130, 1).admitted);
    }

    #[test]
    fn what_was_dropped_for_younger_units_is_not_taken_from_them() {
        let rings = Rings::new(8);
        let (long, short) = (Window::new(2, 100), Window::new(3, 10));
        for (window, now) in [(long, 1), (short, 20), (short, 21), (short, 22)] {
            assert!(rings.take(7, &window, now, 1).admitted);
        }
        assert!(!rings.take(7, &long, 22, 1).admitted);
        rings.give_back(7, &long, 1, 1);
        rings.give_back(7, &short, 22, 1);
        assert!(!rings.take(7, &short, 22, 1).admitted);
    }

    #[test]
    fn a_ring_that_was_given_everything_back_is_free() {
        let (rings, window) = (Rings::new(8), Window::new(3, 100));
        for key in 0..1_000_u64 {
            let tag = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            assert!(rings.take(tag, &window, 10, 2).admitted, "{key}");
            rings.give_back(tag, &window, 10, 2);
        }
    }
}
