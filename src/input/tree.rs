//! A value that is kept for a moment: what several schemas speak of is read first and judged then.
//!
//! Text is borrowed from the body wherever it has no escapes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::body::{MAX_DEPTH, Name, Walk};

/// How many members are searched one by one.
const FEW: usize = 8;

/// A JSON value.
#[derive(Debug)]
pub(super) enum Tree<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Tree<'a>>),
    Members(Members<'a>),
}

/// The members of an object, no two of one name.
#[derive(Debug, Default)]
pub(super) struct Members<'a> {
    /// In the order in which they came.
    pub(super) list: Vec<(Cow<'a, str>, Tree<'a>)>,
    /// Their places in the order of their names, if they are many: a search costs little then,
    /// whatever the names are.
    by_name: Vec<usize>,
}

impl<'a> Members<'a> {
    pub(super) fn find(&self, name: &str) -> Option<&Tree<'a>> {
        if self.by_name.is_empty() {
            return self
                .list
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value);
        }
        let name_at = |place: &usize| self.list.get(*place).map(|(known, _)| known.as_ref());
        let found = self
            .by_name
            .binary_search_by(|place| name_at(place).cmp(&Some(name)));
        let place = self.by_name.get(found.ok()?)?;
        self.list.get(*place).map(|(_, value)| value)
    }

    /// Puts the names in order; the place of one that is there twice.
    fn sort(&mut self) -> Option<usize> {
        if self.list.len() <= FEW {
            let twice = |(i, (name, _)): (usize, &(Cow<'_, str>, _))| {
                let before = self.list.iter().take(i);
                before
                    .map(|(known, _)| known)
                    .any(|known| known == name)
                    .then_some(i)
            };
            return self.list.iter().enumerate().find_map(twice);
        }
        let name_at = |place: &usize| self.list.get(*place).map(|(name, _)| name);
        let mut order: Vec<usize> = (0..self.list.len()).collect();
        order.sort_by(|one, two| name_at(one).cmp(&name_at(two)));
        let twice = order.windows(2).find_map(|pair| match pair {
            [one, two] if name_at(one) == name_at(two) => Some(*one.max(two)),
            _ => None,
        });
        self.by_name = order;
        twice
    }
}

impl Tree<'_> {
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

/// How a tree is read: what is known of the way to it, and what becomes of a text that is no strict
/// JSON.
pub(super) trait Trail<'a> {
    /// Steps into an array or object, unless that is one too deep.
    fn descend<E: de::Error>(&mut self) -> Result<(), E>;
    fn enter(&mut self, name: Cow<'a, str>);
    fn enter_index(&mut self, index: usize);
    fn leave(&mut self);
    /// The member that was entered was there before.
    fn repeated<E: de::Error>(&mut self) -> E;
}

impl<'a> Trail<'a> for Walk<'a> {
    fn descend<E: de::Error>(&mut self) -> Result<(), E> {
        self.descend()
    }

    fn enter(&mut self, name: Cow<'a, str>) {
        self.path.enter(name);
    }

    fn enter_index(&mut self, index: usize) {
        self.path.enter_index(index);
    }

    fn leave(&mut self) {
        self.path.leave();
    }

    fn repeated<E: de::Error>(&mut self) -> E {
        self.repeated()
    }
}

/// Only how deep a value stands: the way to it is worked out once it is refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct Depth(pub(super) usize);

impl<'a> Trail<'a> for Depth {
    fn descend<E: de::Error>(&mut self) -> Result<(), E> {
        if self.0 < MAX_DEPTH {
            return Ok(());
        }
        Err(E::custom("too deep"))
    }

    fn enter(&mut self, _: Cow<'a, str>) {
        self.0 += 1;
    }

    fn enter_index(&mut self, _: usize) {
        self.0 += 1;
    }

    fn leave(&mut self) {
        self.0 -= 1;
    }

    fn repeated<E: de::Error>(&mut self) -> E {
        E::custom("stands twice")
    }
}

/// Reads the value that comes next into a tree, strictly.
pub(super) struct Growing<'t, L>(pub(super) &'t mut L);

impl<'a, L: Trail<'a>> DeserializeSeed<'a> for Growing<'_, L> {
    type Value = Tree<'a>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Tree<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a, L: Trail<'a>> Visitor<'a> for Growing<'_, L> {
    type Value = Tree<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Tree<'a>, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree<'a>, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree<'a>, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree<'a>, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree<'a>, E> {
        // The parser has refused what is not finite.
        Ok(Number::from_f64(value).map_or(Tree::Null, Tree::Number))
    }

    fn visit_borrowed_str<E>(self, value: &'a str) -> Result<Tree<'a>, E> {
        Ok(Tree::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree<'a>, E> {
        Ok(Tree::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut elements: A) -> Result<Tree<'a>, A::Error> {
        let Self(trail) = self;
        trail.descend()?;
        let mut list = Vec::new();
        loop {
            trail.enter_index(list.len());
            let element = elements.next_element_seed(Growing(trail))?;
            trail.leave();
            match element {
                Some(element) => list.push(element),
                None => return Ok(Tree::List(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<Tree<'a>, A::Error> {
        let Self(trail) = self;
        trail.descend()?;
        let mut read = Members::default();
        while let Some(Name(name)) = members.next_key()? {
            trail.enter(name.clone());
            let value = members.next_value_seed(Growing(trail))?;
            trail.leave();
            read.list.push((name, value));
        }
        if let Some(place) = read.sort() {
            if let Some((name, _)) = read.list.get(place) {
                trail.enter(name.clone());
            }
            return Err(trail.repeated());
        }
        Ok(Tree::Members(read))
    }
}
