//! Members of an object, by their places among its rules.

use std::collections::BTreeSet;

/// A set of places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    first: u64,
    rest: BTreeSet<usize>,
}

impl Places {
    /// Whether `place` is new.
    #[inline]
    pub(super) fn insert(&mut self, place: usize) -> bool {
        match Self::bit(place) {
            Some(bit) => {
                let is_new = self.first & bit == 0;
                self.first |= bit;
                is_new
            }
            None => self.rest.insert(place),
        }
    }

    pub(super) fn contains(&self, place: usize) -> bool {
        match Self::bit(place) {
            Some(bit) => self.first & bit != 0,
            None => self.rest.contains(&place),
        }
    }

    /// Whether all of `wanted` are there.
    #[inline]
    pub(super) fn has_all(&self, wanted: &Self) -> bool {
        self.first & wanted.first == wanted.first && wanted.rest.is_subset(&self.rest)
    }

    fn bit(place: usize) -> Option<u64> {
        1_u64.checked_shl(u32::try_from(place).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_new_once_on_both_sides_of_the_word() {
        let mut places = Places::default();
        let wanted: Vec<_> = [0, 1, 63, 64, 65, 1_000].into();
        let mut all = Places::default();
        for place in &wanted {
            assert!(!all.contains(*place));
            assert!(all.insert(*place) && !all.insert(*place));
            assert!(all.contains(*place));
        }
        for place in wanted {
            assert!(!places.has_all(&all), "{place}");
            places.insert(place);
        }
        places.insert(2);
        assert!(places.has_all(&all) && !all.has_all(&places));
    }
}
