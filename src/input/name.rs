//! The name of a member, given to the type that takes it.

use std::marker::PhantomData;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{self, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

/// A name that has been read. Types that take names for numbers get them as `serde_json` gives
/// them.
pub(super) struct NameReader<'s, 'a, E> {
    name: Text<'s, 'a>,
    error: PhantomData<E>,
}

#[derive(Clone, Copy)]
enum Text<'s, 'a> {
    Kept(&'a str),
    Passing(&'s str),
}

impl<'s, 'a, E> NameReader<'s, 'a, E> {
    /// A name that stands in the body as it is.
    pub(super) fn kept(name: &'a str) -> Self {
        Self {
            name: Text::Kept(name),
            error: PhantomData,
        }
    }

    /// A name that had to be unescaped.
    pub(super) fn passing(name: &'s str) -> Self {
        Self {
            name: Text::Passing(name),
            error: PhantomData,
        }
    }

    fn text(&self) -> &str {
        match self.name {
            Text::Kept(name) | Text::Passing(name) => name,
        }
    }
}

impl<'a, E: de::Error> IntoDeserializer<'a, E> for NameReader<'_, 'a, E> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! as_numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, E> {
            let name = self.text();
            let is_bare = |byte: Option<&u8>| byte.is_some_and(|byte| matches!(byte, b'-' | b'0'..=b'9'));
            if !is_bare(name.as_bytes().first()) || !is_bare(name.as_bytes().last()) {
                return Err(E::custom("no number"));
            }
            // A reader borrows nothing that the type could keep.
            let mut json = serde_json::Deserializer::from_reader(name.as_bytes());
            let number = json.$method(visitor).and_then(|number| json.end().map(|()| number));
            number.map_err(|_| E::custom("no number"))
        }
    )*};
}

impl<'a, E: de::Error> Deserializer<'a> for NameReader<'_, 'a, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, E> {
        match self.name {
            Text::Kept(name) => visitor.visit_borrowed_str(name),
            Text::Passing(name) => visitor.visit_str(name),
        }
    }

    fn deserialize_bool<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, E> {
        match self.text() {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(E::custom("no boolean")),
        }
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, E> {
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
        match self.name {
            Text::Kept(name) => visitor.visit_enum(BorrowedStrDeserializer::new(name)),
            Text::Passing(name) => visitor.visit_enum(StrDeserializer::new(name)),
        }
    }

    as_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}
