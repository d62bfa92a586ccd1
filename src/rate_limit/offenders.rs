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
                prop_assert_eq!(offender.name(), Some(&*offender.id().to_string()));
            }
            for (id, count) in truth {
                if count > (ids.len() / PLACES) as u64 {
                    prop_assert!(worst.iter().any(|offender| offender.id() == id));
                }
            }
        }
    }
}
