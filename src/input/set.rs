//! Items of which none may stand twice.

use std::collections::HashSet;

use serde::de::{DeserializeSeed, Deserializer};
use serde_json::Value;

use super::given::Given;
use super::guarded::{Part, Spot, broken};
use super::number::Number;
use super::tree::{Depth, Growing, Tree};

/// The items so far. A schema that compiles bounds how many there are, and lets none of them hold
/// others.
#[derive(Default)]
pub(super) struct Set(HashSet<Value>);

impl Set {
    /// Reads an item that must be new.
    pub(super) fn member<'s, 'p, K>(&'s mut self, spot: Spot<'p>, seed: K) -> Once<'s, 'p, K> {
        Once {
            set: self,
            part: Part { spot, seed },
        }
    }

    fn insert(&mut self, item: &Tree<'_>) -> bool {
        let comparable = match item {
            Tree::Null => Value::Null,
            Tree::Bool(value) => Value::Bool(*value),
            Tree::Text(text) => Value::String(text.as_ref().to_owned()),
            Tree::Number(number) => {
                Number::of_json(number).map_or(Value::Null, Number::to_comparable)
            }
            // It breaks the rules of the item.
            Tree::List(_) | Tree::Members(_) => return true,
        };
        self.0.insert(comparable)
    }
}

/// One item of a set.
pub(super) struct Once<'s, 'p, K> {
    set: &'s mut Set,
    part: Part<'p, K>,
}

impl<'a, K: DeserializeSeed<'a>> DeserializeSeed<'a> for Once<'_, '_, K> {
    type Value = K::Value;

    fn deserialize<D: Deserializer<'a>>(self, inner: D) -> Result<K::Value, D::Error> {
        let Self { set, part } = self;
        let item = Growing(&mut Depth(part.spot.depth)).deserialize(inner)?;
        if !set.insert(&item) {
            return Err(broken());
        }
        part.deserialize(Given::new(item))
    }
}
