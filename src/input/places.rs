//! Members of an object, by their places among its rules.

/// A set of places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    first: u64,
    /// Of objects with more than 64 members; as long as it has to be.
    rest: Vec<u64>,
}

const WORD: usize = 64;

impl Places {
    /// Whether `place` is new.
    #[inline]
    pub(super) fn insert(&mut self, place: usize) -> bool {
        let bit = 1 << (place % WORD);
        let word = match (place / WORD).checked_sub(1) {
            None => &mut self.first,
            Some(word) => {
                if self.rest.len() <= word {
                    self.rest.resize(word + 1, 0);
                }
                match self.rest.get_mut(word) {
                    Some(word) => word,
                    None => return false,
                }
            }
        };
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    pub(super) fn contains(&self, place: usize) -> bool {
        let word = match (place / WORD).checked_sub(1) {
            None => Some(&self.first),
            Some(word) => self.rest.get(word),
        };
        word.is_some_and(|word| word & 1 << (place % WORD) != 0)
    }

    /// Whether all of `wanted` are there.
    #[inline]
    pub(super) fn has_all(&self, wanted: &Self) -> bool {
        let has = |(place, wanted): (usize, &u64)| {
            let word = self.rest.get(place).copied().unwrap_or_default();
            word & wanted == *wanted
        };
        self.first & wanted.first == wanted.first && wanted.rest.iter().enumerate().all(has)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_new_once_on_both_sides_of_the_word() {
        let mut places = Places::default();
        let wanted: Vec<_> = vec![0, 1, 63, 64, 65, 127, 128, 1_000];
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
