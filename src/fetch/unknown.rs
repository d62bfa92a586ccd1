//! Names that a server has lately been found not to know.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::nanoseconds;

const CAPACITY: usize = 128;
const LIFETIME: Duration = Duration::from_mins(5);

/// The longest name that is remembered; longer ones cost a question each time they are not known,
/// within the cool-down as ever.
const MAX_NAME_LEN: usize = 256;

/// Up to 128 names that are not in the value of one generation, each for 5 minutes. The oldest
/// makes room for the newest: forgetting one costs a question, not a decision.
#[derive(Debug, Default)]
pub(super) struct Unknown(Mutex<Names>);

#[derive(Debug, Default)]
struct Names {
    generation: u64,
    /// With the ticks until which they are remembered, in the order in which these end.
    until: VecDeque<(u64, Box<str>)>,
}

impl Unknown {
    /// Whether `name` was found not to be in the value of this generation.
    pub(super) fn contains(&self, name: &str, generation: u64, now: u64) -> bool {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.generation == generation
            && names
                .until
                .iter()
                .any(|(until, known)| *until > now && **known == *name)
    }

    /// Remembers that `name` is not in the value of this generation.
    pub(super) fn remember(&self, name: &str, generation: u64, now: u64) {
        if name.len() > MAX_NAME_LEN {
            return;
        }
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.generation != generation {
            names.generation = generation;
            names.until.clear();
        }
        names
            .until
            .retain(|(until, known)| *until > now && **known != *name);
        if names.until.len() >= CAPACITY {
            names.until.pop_front();
        }
        let until = now.saturating_add(nanoseconds(LIFETIME));
        names.until.push_back((until, name.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_name_is_unknown_for_five_minutes_to_one_generation() {
        let unknown = Unknown::default();
        unknown.remember("a", 1, 0);
        assert!(unknown.contains("a", 1, 0));
        assert!(unknown.contains("a", 1, 300 * SECOND - 1));
        assert!(!unknown.contains("a", 1, 300 * SECOND));
        assert!(!unknown.contains("a", 2, 0), "a newer value may hold it");
        assert!(!unknown.contains("b", 1, 0));
        unknown.remember("b", 2, 0);
        assert!(
            !unknown.contains("a", 1, 0),
            "forgotten with its generation"
        );
    }

    #[test]
    fn a_flood_of_names_takes_the_room_of_128() {
        let unknown = Unknown::default();
        for n in 0..10_000 {
            unknown.remember(&format!("key {n}"), 1, n);
        }
        assert_eq!(unknown.0.lock().unwrap().until.len(), CAPACITY);
        assert!(unknown.contains("key 9999", 1, 10_000));
        assert!(unknown.contains("key 9872", 1, 10_000));
        assert!(!unknown.contains("key 9871", 1, 10_000));
        unknown.remember(&"k".repeat(257), 1, 0);
        assert!(!unknown.contains(&"k".repeat(257), 1, 0));
    }
}
