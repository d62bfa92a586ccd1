//! From a checked tree into a type, more strictly than `serde` alone.
//!
//! `serde` reads a struct from an array as well: `["x", true]` sets its fields by their order, and a
//! list of names says nothing of that. Here a struct comes from an object only, but for one within an
//! untagged enum. What does not fit is told by where it stands, without the words of `serde`.

use std::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer,
    MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value, map};

use crate::body::{Faults, Path};

/// Reads `value` into a `T`.
pub(super) fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Misfit> {
    T::deserialize(Fit(value))
}

/// Whether a `T` can be made of a member that is absent, as only an `Option` can.
pub(super) fn may_be_absent<T: DeserializeOwned>() -> bool {
    T::deserialize(Absent).is_ok()
}

/// Where a value does not fit; the steps from the inside out.
#[derive(Debug, Default)]
pub(super) struct Misfit {
    steps: Vec<Step>,
    missing: Option<&'static str>,
}

#[derive(Debug)]
enum Step {
    Name(String),
    Index(usize),
}

impl Misfit {
    /// Tells what does not fit in the value at `path`.
    pub(super) fn tell(&self, mut path: Path<'_>, faults: &mut Faults) {
        for step in self.steps.iter().rev() {
            match step {
                Step::Name(name) => path.enter(name.clone().into()),
                Step::Index(index) => path.enter_index(*index),
            }
        }
        match self.missing {
            Some(name) => faults.add(|| path.pointer_to(name), "required", "must be there"),
            None => faults.add(
                || path.pointer(),
                "type",
                "must have the type of this field",
            ),
        }
    }

    fn within(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

impl Error for Misfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::default()
    }

    fn missing_field(field: &'static str) -> Self {
        Self {
            missing: Some(field),
            ..Self::default()
        }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value does not fit")
    }
}

impl std::error::Error for Misfit {}

/// A member that is not there.
struct Absent;

impl<'de> Deserializer<'de> for Absent {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Misfit> {
        Err(Misfit::default())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_none()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[derive(Clone, Copy)]
struct Fit<'a>(&'a Value);

impl<'de> Deserializer<'de> for Fit<'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => number.deserialize_any(visitor).map_err(Misfit::custom),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(elements) => visit_elements(elements, visitor),
            Value::Object(members) => visit_members(members, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.deserialize_map(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::Object(members) => visit_members(members, visitor),
            _ => Err(Misfit::default()),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(Variant {
                name,
                content: None,
            }),
            Value::Object(members) if members.len() == 1 => {
                let (name, content) = members.iter().next().ok_or_else(Misfit::default)?;
                let content = Some(content);
                visitor
                    .visit_enum(Variant { name, content })
                    .map_err(|misfit| misfit.within(Step::Name(name.clone())))
            }
            _ => Err(Misfit::default()),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct identifier ignored_any
    }
}

fn visit_elements<'de, V: Visitor<'de>>(
    elements: &'de [Value],
    visitor: V,
) -> Result<V::Value, Misfit> {
    let mut list = Elements {
        rest: elements,
        index: 0,
    };
    let read = visitor.visit_seq(&mut list)?;
    list.rest
        .is_empty()
        .then_some(read)
        .ok_or_else(Misfit::default)
}

fn visit_members<'de, V: Visitor<'de>>(
    members: &'de Map<String, Value>,
    visitor: V,
) -> Result<V::Value, Misfit> {
    visitor.visit_map(Members {
        rest: members.iter(),
        last: None,
    })
}

struct Elements<'de> {
    rest: &'de [Value],
    index: usize,
}

impl<'de> SeqAccess<'de> for &mut Elements<'de> {
    type Error = Misfit;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Misfit> {
        let Some((element, rest)) = self.rest.split_first() else {
            return Ok(None);
        };
        let index = self.index;
        self.rest = rest;
        self.index += 1;
        seed.deserialize(Fit(element))
            .map(Some)
            .map_err(|misfit| misfit.within(Step::Index(index)))
    }
}

struct Members<'de> {
    rest: map::Iter<'de>,
    last: Option<(&'de String, &'de Value)>,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Misfit> {
        self.last = self.rest.next();
        let name = self.last.map(|(name, _)| name.as_str());
        name.map(|name| seed.deserialize(name.into_deserializer()))
            .transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Misfit> {
        let (name, value) = self.last.take().ok_or_else(Misfit::default)?;
        seed.deserialize(Fit(value))
            .map_err(|misfit| misfit.within(Step::Name(name.clone())))
    }
}

struct Variant<'de> {
    name: &'de str,
    content: Option<&'de Value>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Misfit;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Misfit> {
        let variant = seed.deserialize(self.name.into_deserializer())?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Misfit;

    fn unit_variant(self) -> Result<(), Misfit> {
        self.content
            .is_none()
            .then_some(())
            .ok_or_else(Misfit::default)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Misfit> {
        seed.deserialize(Fit(self.content.ok_or_else(Misfit::default)?))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        match self.content {
            Some(Value::Array(elements)) => visit_elements(elements, visitor),
            _ => Err(Misfit::default()),
        }
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        Fit(self.content.ok_or_else(Misfit::default)?).deserialize_map(visitor)
    }
}
