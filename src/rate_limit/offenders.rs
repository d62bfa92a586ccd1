//! Who is refused most, in constant memory.

use std::fmt;
use std::sync::Arc;

/// One of those who were refused most.
#[derive(Clone, PartialEq, Eq)]
pub struct Offender {
    policy: Arc<str>,
    id: u64,
    refused: u64,
    over: u64,
    name: Option<Box<str>>,
}

impl Offender {
    /// The policy whose quota they used up.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// A keyed hash of whose quota it is: the same for the same key until the process ends, and no
    /// help in finding out whose it is.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// How often they were refused at most.
    #[must_use]
    pub fn refused_at_most(&self) -> u64 {
        self.refused
    }

    /// How often they were refused at least.
    #[must_use]
    pub fn refused_at_least(&self) -> u64 {
        self.refused - self.over
    }

    /// The name that the author gave them ([`RateLimit::with_offenders_named`]).
    ///
    /// [`RateLimit::with_offenders_named`]: super::RateLimit::with_offenders_named
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

/// Without the name, which may be personal data.
impl fmt::Debug for Offender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offender")
            .field("policy", &self.policy)
            .field("id", &self.id)
            .field("refused", &self.refused)
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}

/// The space-saving sketch (Metwally, Agrawal, El Abbadi, 2005): whoever makes more than one in
/// [`PLACES`] of all refusals is in it.
///
/// Ids and counts stand by themselves, so that looking through them touches little memory.
#[derive(Default)]
pub(super) struct Sketch {
    ids: Vec<u64>,
    counts: Vec<u64>,
    others: Vec<Other>,
}

/// What else is known of an offender.
struct Other {
    policy: Arc<str>,
    over: u64,
    name: Option<Box<str>>,
}

/// How many are kept.
pub(super) const PLACES: usize = 64;

impl Sketch {
    /// Counts a refusal. `name` is asked only for who is not in the sketch yet.
    pub(super) fn count(
        &mut self,
        id: u64,
        policy: &Arc<str>,
        name: impl FnOnce() -> Option<Box<str>>,
    ) {
        let known = self.ids.iter().position(|known| *known == id);
        if let Some(count) = known.and_then(|place| self.counts.get_mut(place)) {
            *count = count.saturating_add(1);
            return;
        }
        let other = |over| Other {
            policy: Arc::clone(policy),
            over,
            name: name(),
        };
        if self.ids.len() < PLACES {
            self.ids.push(id);
            self.counts.push(1);
            self.others.push(other(0));
            return;
        }
        // Whoever has the least gives up the place, and the count is the error of who takes it.
        let least = self.counts.iter().enumerate().min_by_key(|(_, n)| **n);
        let Some((place, least)) = least.map(|(place, least)| (place, *least)) else {
            return;
        };
        if let (Some(known), Some(count), Some(rest)) = (
            self.ids.get_mut(place),
            self.counts.get_mut(place),
            self.others.get_mut(place),
        ) {
            (*known, *count, *rest) = (id, least.saturating_add(1), other(least));
        }
    }

    /// Those in the sketch, the worst first.
    pub(super) fn worst(&self) -> Vec<Offender> {
        let counted = self.ids.iter().zip(&self.counts).zip(&self.others);
        let mut worst: Vec<_> = counted
            .map(|((id, refused), other)| Offender {
                policy: Arc::clone(&other.policy),
                id: *id,
                refused: *refused,
                over: other.over,
                name: other.name.clone(),
            })
            .collect();
        worst.sort_by_key(|offender| std::cmp::Reverse(offender.refused));
        worst
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn counted(refusals: impl IntoIterator<Item = (u64, u64)>) -> Sketch {
        let (mut sketch, policy) = (Sketch::default(), Arc::from("p"));
        for (id, times) in refusals {
            for _ in 0..times {
                sketch.count(id, &policy, || Some(id.to_string().into()));
            }
        }
        sketch
    }

    #[test]
    fn as_many_as_there_are_places_are_each_counted_for_themselves() {
        let places = PLACES as u64;
        for step in [1, 2, 64, 1 << 32] {
            let sketch = counted((0..places).map(|id| (id * step, id + 3)));
            let worst = sketch.worst();
            assert_eq!(worst.len(), PLACES);
            for (offender, id) in worst.iter().zip((0..places).rev()) {
                assert_eq!(offender.id(), id * step);
                assert_eq!(offender.refused_at_least(), id + 3);
                assert_eq!(offender.refused_at_most(), id + 3);
            }
        }
    }

    #[test]
    fn who_has_the_least_gives_up_the_place_and_leaves_the_count_as_an_error() {
        let places = PLACES as u64;
        // Whichever place it has that is refused three times; the others are refused ten times.
        for least in 0..places {
            let times = |id| if id == least { 3 } else { 10 };
            let all = (0..places).map(|id| (id, times(id)));
            let worst = counted(all.chain([(1_000, 2)])).worst();
            let last = worst.last().unwrap();
            assert_eq!((last.id(), last.name()), (1_000, Some("1000")));
            assert_eq!((last.refused_at_least(), last.refused_at_most()), (2, 5));
            assert!(worst.iter().all(|offender| offender.id() != least));
            assert!(
                worst
                    .iter()
                    .rev()
                    .skip(1)
                    .all(|other| other.refused_at_least() == 10)
            );
        }
    }

    proptest! {
        #[test]
        fn the_counts_are_bounds_and_no_frequent_one_is_missing(
            ids in prop::collection::vec(prop_oneof![0..4_u64, 0..500_u64], 0..2_000),
        ) {
            let (mut sketch, mut truth) = (Sketch::default(), HashMap::new());
            let policy = Arc::from("p");
            for id in &ids {
                sketch.count(*id, &policy, || Some(id.to_string().into()));
                *truth.entry(*id).or_insert(0_u64) += 1;
            }
            let worst = sketch.worst();
            prop_assert!(worst.len() <= PLACES);
            prop_assert!(worst.is_sorted_by_key(|offender| std::cmp::Reverse(offender.refused)));
            for offender in &worst {
                let count = truth[&offender.id()];
                prop_assert!(offender.refused_at_least() <= count);
                prop_assert!(count <= offender.refused_at_most());
                let error = offender.refused_at_most() - offender.refused_at_least();
                prop_assert!(error <= (ids.len() / PLACES) as u64);
                prop_assert_eq!(offender.name(), Some(&*offender.id().to_string()));
            }
            let all: u64 = worst.iter().map(Offender::refused_at_most).sum();
            prop_assert_eq!(all, ids.len() as u64);
            for (id, count) in truth {
                if count > (ids.len() / PLACES) as u64 {
                    prop_assert!(worst.iter().any(|offender| offender.id() == id));
                }
            }
        }
    }
}
