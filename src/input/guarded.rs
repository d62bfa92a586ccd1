//! The one pass: a type is built from a body while each value is held to its rules.
//!
//! Nothing but the type is made of what is read, no way to a value is noted, and the first fault
//! ends the pass: what is wrong, and where, is worked out afterwards, by [`Check`](super::check).
//! What holds of every body holds here too: no name twice, no nesting beyond the limit, no value
//! unread, whatever the type would ignore.

use std::cell::Cell;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, Visitor};

use super::foreign::Foreign;
use super::given::Given;
use super::program::{Node, NodeId, Program, Rules};
use super::tree::{Depth, Growing, Tree};
use super::watch::{Variant, Watch};

/// A value that is about to be read, and what is demanded of it.
pub(super) struct Guarded<'p, D> {
    pub(super) spot: Spot<'p>,
    pub(super) inner: D,
}

impl Program {
    /// Reads `body` into `T`, or refuses it without a word.
    pub(super) fn read<'a, T: Deserialize<'a>>(&self, body: &'a [u8]) -> Option<T> {
        let text = std::str::from_utf8(body).ok()?;
        let mut json = serde_json::Deserializer::from_str(text);
        let pass = Pass {
            program: self,
            is_refused: Cell::new(false),
        };
        let read = T::deserialize(Guarded {
            spot: Spot {
                pass: &pass,
                node: Some(self.at(self.root)),
                depth: 0,
            },
            inner: &mut json,
        });
        let read = read.ok()?;
        json.end().ok()?;
        // A type may bear the error that it is given, and make something else of the value.
        (!pass.is_refused.get()).then_some(read)
    }
}

/// What one pass keeps.
pub(super) struct Pass<'p> {
    program: &'p Program,
    /// Whether anything was refused so far, whatever the type made of that.
    is_refused: Cell<bool>,
}

/// Where the pass is.
#[derive(Clone, Copy)]
pub(super) struct Spot<'p> {
    pub(super) pass: &'p Pass<'p>,
    /// If nothing is said, nothing is demanded but what holds of every body.
    pub(super) node: Option<&'p Node>,
    /// How many arrays and objects stand around it.
    pub(super) depth: usize,
}

/// What a refused value ends the pass with. Nobody sees it.
#[cold]
#[inline(never)]
pub(super) fn broken<E: Error>() -> E {
    E::custom("refused")
}

impl<'p> Spot<'p> {
    /// What stands within this, at `node`.
    #[inline]
    pub(super) fn within(self, node: Option<NodeId>) -> Self {
        Self {
            node: node.map(|node| self.pass.program.at(node)),
            ..self
        }
    }

    /// Notes if this was refused.
    #[inline]
    pub(super) fn noted<T, E>(self, read: Result<T, E>) -> Result<T, E> {
        if read.is_err() {
            self.pass.is_refused.set(true);
        }
        read
    }

    #[inline]
    fn demand(self) -> Demand<'p> {
        match self.node {
            Some(Node::Rules(rules)) => Demand::Rules(Some(rules), false),
            _ => self.demand_of_others(),
        }
    }

    #[inline(never)]
    fn demand_of_others(self) -> Demand<'p> {
        match self.node.map(|node| self.pass.program.resolve(node)) {
            None | Some((Node::Anything, _)) => Demand::Rules(None, false),
            Some((Node::Rules(rules), or_null)) => Demand::Rules(Some(rules), or_null),
            Some((Node::Foreign(foreign), or_null)) => Demand::Foreign(foreign, or_null),
            Some((Node::Never | Node::Same(_) | Node::OrNull(_), _)) => Demand::Never,
        }
    }

    /// Reads a value that several schemas speak of, which they judge as a whole.
    fn given<'a, D: Deserializer<'a>>(
        self,
        inner: D,
        admits: impl FnOnce(&Tree<'a>) -> bool,
    ) -> Result<Given<'a, D::Error>, D::Error> {
        let tree = Growing(&mut Depth(self.depth)).deserialize(inner)?;
        if admits(&tree) {
            Ok(Given::new(tree))
        } else {
            Err(broken())
        }
    }
}

/// What a value is held to, and whether null will do as well.
enum Demand<'p> {
    Rules(Option<&'p Rules>, bool),
    Foreign(&'p Foreign, bool),
    Never,
}

macro_rules! guarded {
    ($($method:ident => $through:ident($($argument:ident: $kind:ty),*);)*) => {$(
        #[inline]
        fn $method<V: Visitor<'a>>(self, $($argument: $kind,)* visitor: V) -> Result<V::Value, D::Error> {
            let Self { spot, inner } = self;
            let read = match spot.demand() {
                Demand::Rules(rules, or_null) => {
                    inner.$through($($argument,)* Watch { spot, rules, or_null, visitor })
                }
                Demand::Foreign(foreign, or_null) => {
                    let admits = |tree: &_| foreign.admits(tree, or_null);
                    let given = spot.given(inner, admits);
                    given.and_then(|given| given.$method($($argument,)* visitor))
                }
                Demand::Never => Err(broken()),
            };
            spot.noted(read)
        }
    )*};
}

impl<'a, D: Deserializer<'a>> Deserializer<'a> for Guarded<'_, D> {
    type Error = D::Error;

    // What the type would ignore, or take as bytes, is read as what it is. Numbers come as they do
    // elsewhere, so that one rule gives one verdict: not beyond 64 bits, and not rounded to 32.
    guarded! {
        deserialize_any => deserialize_any();
        deserialize_ignored_any => deserialize_any();
        deserialize_bytes => deserialize_any();
        deserialize_byte_buf => deserialize_any();
        deserialize_i128 => deserialize_any();
        deserialize_u128 => deserialize_any();
        deserialize_f32 => deserialize_f64();
        deserialize_f64 => deserialize_f64();
        deserialize_bool => deserialize_bool();
        deserialize_i8 => deserialize_i8();
        deserialize_i16 => deserialize_i16();
        deserialize_i32 => deserialize_i32();
        deserialize_i64 => deserialize_i64();
        deserialize_u8 => deserialize_u8();
        deserialize_u16 => deserialize_u16();
        deserialize_u32 => deserialize_u32();
        deserialize_u64 => deserialize_u64();
        deserialize_char => deserialize_str();
        deserialize_str => deserialize_str();
        deserialize_string => deserialize_str();
        deserialize_identifier => deserialize_str();
        deserialize_option => deserialize_option();
        deserialize_unit => deserialize_unit();
        deserialize_unit_struct => deserialize_unit_struct(name: &'static str);
        deserialize_seq => deserialize_seq();
        deserialize_tuple => deserialize_tuple(length: usize);
        deserialize_tuple_struct => deserialize_tuple_struct(name: &'static str, length: usize);
        deserialize_map => deserialize_map();
        deserialize_struct => deserialize_struct(name: &'static str, fields: &'static [&'static str]);
    }

    /// Not asked of the parser, to which some names of types say that they read its text.
    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.deserialize_any(Variant(visitor))
    }
}

/// Reads an item or the value of a member.
pub(super) struct Part<'p, K> {
    pub(super) spot: Spot<'p>,
    pub(super) seed: K,
}

impl<'a, K: DeserializeSeed<'a>> DeserializeSeed<'a> for Part<'_, K> {
    type Value = K::Value;

    #[inline]
    fn deserialize<D: Deserializer<'a>>(self, inner: D) -> Result<K::Value, D::Error> {
        let Self { spot, seed } = self;
        seed.deserialize(Guarded { spot, inner })
    }
}
