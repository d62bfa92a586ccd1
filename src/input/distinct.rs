//! Things of which none may stand twice, whoever chose them.
//!
//! Of many, it is found out at the end: a table would be touched all over while it grows, where to
//! write a list and to sort it goes from one end to the other.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use super::number::Number;

/// How many are compared one by one, as they come.
const FEW: usize = 8;

/// Things so far.
pub(super) struct Distinct<T>(Vec<T>);

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Eq + Hash> Distinct<T> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Notes `thing`; says no if it is seen at once that it was there before.
    #[inline]
    pub(super) fn add(&mut self, thing: T) -> bool {
        let is_new = self.0.len() >= FEW || !self.0.contains(&thing);
        self.0.push(thing);
        is_new
    }

    /// The first that was there before, if that was not seen at once.
    pub(super) fn repeated(&self) -> Option<&T> {
        if self.0.len() <= FEW {
            return None;
        }
        // By hashes whose key nobody knows, so that nobody can choose things of one hash.
        let key = RandomState::new();
        let hashes = self.0.iter().map(|thing| key.hash_one(thing));
        let mut order: Vec<(u64, usize)> = hashes.zip(0..).collect();
        order.sort_unstable();
        let runs = order.chunk_by(|one, other| one.0 == other.0);
        let repeats = runs.filter(|run| run.len() > 1);
        let first = repeats.filter_map(|run| self.repeated_of(run)).min();
        first.and_then(|place| self.0.get(place))
    }

    /// The first place of `run` whose thing stands at an earlier one as well.
    fn repeated_of(&self, run: &[(u64, usize)]) -> Option<usize> {
        let things = run.iter().map(|(_, place)| (*place, self.0.get(*place)));
        let things: Vec<_> = things.collect();
        let mut later = things.iter().enumerate();
        let found =
            later.find(|(i, (_, thing))| things.iter().take(*i).any(|(_, one)| one == thing));
        found.map(|(_, (place, _))| *place)
    }
}

/// An item of a set, equal to another's exactly if JSON Schema says so.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    Null,
    Bool(bool),
    Whole(i128),
    /// The bits of a number that is not whole, or too large for it to matter.
    Real(u64),
    Text(Cow<'a, str>),
}

/// Numbers of which 64 bits say all are hashed by these.
impl Hash for Item<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Null => state.write_u8(0),
            Self::Bool(value) => state.write_u8(1 + u8::from(*value)),
            Self::Whole(whole) => match (u64::try_from(*whole), i64::try_from(*whole)) {
                (Ok(bits), _) => state.write_u64(bits),
                (_, Ok(bits)) => state.write_i64(bits),
                _ => state.write_i128(*whole),
            },
            Self::Real(bits) => state.write_u64(*bits),
            Self::Text(text) => text.hash(state),
        }
    }
}

impl Item<'_> {
    pub(super) fn of_number(number: Number) -> Self {
        match number.as_whole() {
            Ok(whole) => Self::Whole(whole),
            Err(real) => Self::Real(real.to_bits()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    /// The place of the first thing that stands twice, however that is seen.
    fn first_repeated<T: Eq + Hash + Copy>(things: &[T]) -> Option<T> {
        let mut distinct = Distinct::default();
        for thing in things {
            if !distinct.add(*thing) {
                return Some(*thing);
            }
        }
        distinct.repeated().copied()
    }

    proptest! {
        #[test]
        fn the_first_thing_that_stands_twice_is_found(
            things in proptest::collection::vec(0..200_u8, 0..60),
        ) {
            let mut known = HashSet::new();
            let expected = things.iter().find(|thing| !known.insert(**thing)).copied();
            prop_assert_eq!(first_repeated(&things), expected);
        }
    }

    #[test]
    fn things_of_one_hash_are_told_apart() {
        #[derive(Debug, PartialEq, Eq, Clone, Copy)]
        struct Same(u8);
        impl Hash for Same {
            fn hash<H: Hasher>(&self, _: &mut H) {}
        }
        let mut things: Vec<_> = (0..50).map(Same).collect();
        assert_eq!(first_repeated(&things), None);
        things.extend([Same(7), Same(3)]);
        assert_eq!(first_repeated(&things), Some(Same(7)));
    }

    #[test]
    fn numbers_are_equal_by_what_they_are() {
        let item = Item::of_number;
        for (one, two, equal) in [
            (Number::Whole(1), Number::Real(1.0), true),
            (Number::Whole(0), Number::Real(-0.0), true),
            (
                Number::Whole(10_000_000_000_000_000_000),
                Number::Real(1e19),
                true,
            ),
            (Number::Whole(1), Number::Real(1.5), false),
            (Number::Real(1e300), Number::Real(1e300), true),
            (Number::Real(0.5), Number::Real(0.25), false),
        ] {
            assert_eq!(item(one) == item(two), equal, "{one} {two}");
        }
    }
}
