//! Items of which none may stand twice.

use serde::de::{DeserializeSeed, Deserializer};

use super::distinct::{Distinct, Item};
use super::given::Given;
use super::guarded::{Part, Spot, broken};
use super::number::Number;
use super::tree::{Depth, Growing, Tree};

/// The items so far. A schema that compiles bounds how many there are, and lets none of them hold
/// others.
#[derive(Default)]
pub(super) struct Set<'a> {
    /// Most sets are of numbers, which are sorted by themselves.
    wholes: Vec<i128>,
    others: Distinct<Item<'a>>,
}

impl<'a> Set<'a> {
    /// Reads an item that must be new.
    pub(super) fn member<'s, 'p, K>(&'s mut self, spot: Spot<'p>, seed: K) -> Once<'s, 'p, 'a, K> {
        Once {
            set: self,
            part: Part { spot, seed },
        }
    }

    /// Notes an item; says no if it is seen at once that it was there before.
    pub(super) fn add(&mut self, item: Item<'a>) -> bool {
        match item {
            Item::Whole(whole) => {
                self.wholes.push(whole);
                true
            }
            other => self.others.add(other),
        }
    }

    /// Whether an item stands twice, if that was not seen at once.
    pub(super) fn has_repeated(&mut self) -> bool {
        #[expect(
            clippy::stable_sort_primitive,
            reason = "quicker if they are in order, as often"
        )]
        self.wholes.sort();
        let twice = |pair: &[i128]| matches!(pair, [one, other] if one == other);
        self.wholes.windows(2).any(twice) || self.others.repeated().is_some()
    }

    fn note(&mut self, item: &Tree<'a>) -> bool {
        self.add(match item {
            Tree::Null => Item::Null,
            Tree::Bool(value) => Item::Bool(*value),
            Tree::Text(text) => Item::Text(text.clone()),
            Tree::Number(number) => match Number::of_json(number) {
                Some(number) => Item::of_number(number),
                None => return true,
            },
            // It breaks the rules of the item.
            Tree::List(_) | Tree::Members(_) => return true,
        })
    }
}

/// One item of a set.
pub(super) struct Once<'s, 'p, 'a, K> {
    set: &'s mut Set<'a>,
    part: Part<'p, K>,
}

impl<'a, K: DeserializeSeed<'a>> DeserializeSeed<'a> for Once<'_, '_, 'a, K> {
    type Value = K::Value;

    fn deserialize<D: Deserializer<'a>>(self, inner: D) -> Result<K::Value, D::Error> {
        let Self { set, part } = self;
        let item = Growing(&mut Depth(part.spot.depth)).deserialize(inner)?;
        if !set.note(&item) {
            return Err(broken());
        }
        part.deserialize(Given::new(item))
    }
}
