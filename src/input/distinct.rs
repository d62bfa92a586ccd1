//! Things of which none may stand twice, whoever chose them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};

use super::number::Number;

/// How many are compared one by one.
const FEW: usize = 8;

/// Things so far.
pub(super) struct Distinct<T> {
    list: Vec<T>,
    /// Places in the list, if there are more than a few.
    places: Option<Box<Places>>,
}

/// By hashes whose key nobody knows; each is taken once, however much the table grows.
#[derive(Default)]
struct Places {
    key: RandomState,
    by_hash: HashMap<u64, usize, BuildHasherDefault<Taken>>,
}

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            places: None,
        }
    }
}

impl<T: Eq + Hash> Distinct<T> {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether `thing` is new.
    pub(super) fn insert(&mut self, thing: T) -> bool {
        if self.list.len() < FEW {
            let is_new = !self.list.contains(&thing);
            self.list.push(thing);
            return is_new;
        }
        let list = &self.list;
        let places = self.places.get_or_insert_with(|| {
            let mut places = Box::<Places>::default();
            for (place, thing) in list.iter().enumerate() {
                places.insert(place, thing, list);
            }
            places
        });
        let is_new = places.insert(list.len(), &thing, list);
        self.list.push(thing);
        is_new
    }
}

impl Places {
    fn insert<T: Eq + Hash>(&mut self, place: usize, thing: &T, list: &[T]) -> bool {
        let mut hash = self.key.hash_one(thing);
        loop {
            match self.by_hash.entry(hash) {
                Entry::Vacant(free) => {
                    free.insert(place);
                    return true;
                }
                Entry::Occupied(taken) if list.get(*taken.get()) == Some(thing) => return false,
                Entry::Occupied(_) => hash = hash.wrapping_add(1),
            }
        }
    }
}

/// A hash that is taken already.
#[derive(Default)]
struct Taken(u64);

impl Hasher for Taken {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
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

    proptest! {
        #[test]
        fn a_thing_is_new_once(things in proptest::collection::vec(0..40_u8, 0..60)) {
            let mut distinct = Distinct::default();
            let mut known = HashSet::new();
            for thing in things {
                prop_assert_eq!(distinct.insert(thing), known.insert(thing));
            }
        }
    }

    #[test]
    fn things_of_one_hash_are_told_apart() {
        #[derive(Debug, PartialEq, Eq, Clone, Copy)]
        struct Same(u8);
        impl Hash for Same {
            fn hash<H: Hasher>(&self, _: &mut H) {}
        }
        let mut distinct = Distinct::default();
        for thing in 0..50 {
            assert!(distinct.insert(Same(thing)));
        }
        for thing in 0..50 {
            assert!(!distinct.insert(Same(thing)));
        }
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
