//! A tree, given to the type that takes it.

use std::borrow::Cow;
use std::marker::PhantomData;

use serde::de::value::{
    BorrowedStrDeserializer, MapAccessDeserializer, MapDeserializer, SeqDeserializer,
    StringDeserializer,
};
use serde::de::{self, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::name::NameReader;
use super::tree::{Members, Tree};

/// Reads a value from a tree as `serde_json` would read it from its text.
pub(super) struct Given<'a, E> {
    tree: Tree<'a>,
    error: PhantomData<E>,
}

impl<'a, E> Given<'a, E> {
    pub(super) fn new(tree: Tree<'a>) -> Self {
        Self {
            tree,
            error: PhantomData,
        }
    }
}

impl<'a, E: de::Error> IntoDeserializer<'a, E> for Given<'a, E> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// A name that is kept for as long as its value is read.
struct OfMember<'a, E>(Cow<'a, str>, PhantomData<E>);

impl<'a, E: de::Error> IntoDeserializer<'a, E> for OfMember<'a, E> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! through_name {
    ($($method:ident($($argument:ident: $kind:ty),*))*) => {$(
        fn $method<V: Visitor<'a>>(self, $($argument: $kind,)* visitor: V) -> Result<V::Value, E> {
            match self.0 {
                Cow::Borrowed(name) => NameReader::kept(name).$method($($argument,)* visitor),
                Cow::Owned(name) => NameReader::passing(&name).$method($($argument,)* visitor),
            }
        }
    )*};
}

impl<'a, E: de::Error> Deserializer<'a> for OfMember<'a, E> {
    type Error = E;

    through_name! {
        deserialize_any()
        deserialize_bool()
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64()
        deserialize_option()
        deserialize_newtype_struct(name: &'static str)
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}

fn members<E: de::Error>(
    members: Members<'_>,
) -> MapDeserializer<'_, impl Iterator<Item = (OfMember<'_, E>, Given<'_, E>)>, E> {
    let members = members.list.into_iter();
    MapDeserializer::new(
        members.map(|(name, tree)| (OfMember(name, PhantomData), Given::new(tree))),
    )
}

impl<'a, E: de::Error> Deserializer<'a> for Given<'a, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, E> {
        match self.tree {
            Tree::Null => visitor.visit_unit(),
            Tree::Bool(value) => visitor.visit_bool(value),
            Tree::Number(number) => {
                if let Some(whole) = number.as_u64() {
                    visitor.visit_u64(whole)
                } else if let Some(whole) = number.as_i64() {
                    visitor.visit_i64(whole)
                } else {
                    visitor.visit_f64(number.as_f64().unwrap_or_default())
                }
            }
            Tree::Text(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Tree::Text(Cow::Owned(text)) => visitor.visit_string(text),
            Tree::List(list) => {
                let mut items = SeqDeserializer::new(list.into_iter().map(Given::new));
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
            Tree::Members(list) => {
                let mut members = members(list);
                let value = visitor.visit_map(&mut members)?;
                members.end()?;
                Ok(value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, E> {
        if self.tree.is_null() {
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, E> {
        match self.tree {
            Tree::Text(Cow::Borrowed(text)) => {
                visitor.visit_enum(BorrowedStrDeserializer::new(text))
            }
            Tree::Text(Cow::Owned(text)) => visitor.visit_enum(StringDeserializer::new(text)),
            Tree::Members(list) => {
                let mut members = members(list);
                let value = visitor.visit_enum(MapAccessDeserializer::new(&mut members))?;
                members.end()?;
                Ok(value)
            }
            _ => Err(E::custom("no variant")),
        }
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
