//! What stands between the parser and the visitor of a type.

use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::guarded::{Guarded, Spot, broken};
use super::kinds::Kinds;
use super::parts::{Items, Members};
use super::program::Rules;
use super::scalar::{self, Scalar};
use crate::body::MAX_DEPTH;

/// Sees each value before the visitor of the type does.
pub(super) struct Watch<'p, V> {
    pub(super) spot: Spot<'p>,
    pub(super) rules: Option<&'p Rules>,
    pub(super) or_null: bool,
    pub(super) visitor: V,
}

impl<'p, V> Watch<'p, V> {
    #[inline]
    fn scalar<E: Error>(&self, value: Scalar<'_>) -> Result<(), E> {
        match self.rules {
            None => Ok(()),
            Some(rules) if rules.allow(value) || (self.or_null && value.is_null()) => Ok(()),
            Some(_) => Err(broken()),
        }
    }

    /// The rules of an array or object.
    #[inline]
    fn container<E: Error>(&self, kind: Kinds) -> Result<Option<&'p Rules>, E> {
        let fits = |rules: &Rules| scalar::is_container(rules, kind, |_, _| ());
        if self.spot.depth >= MAX_DEPTH || !self.rules.is_none_or(fits) {
            return Err(broken());
        }
        Ok(self.rules)
    }
}

impl<'a, V: Visitor<'a>> Visitor<'a> for Watch<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    #[inline]
    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.scalar(Scalar::Null)?;
        self.visitor.visit_unit()
    }

    #[inline]
    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.scalar(Scalar::Null)?;
        self.visitor.visit_none()
    }

    #[inline]
    fn visit_some<D: Deserializer<'a>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Guarded {
            spot: self.spot,
            inner,
        })
    }

    #[inline]
    fn visit_bool<E: Error>(self, value: bool) -> Result<V::Value, E> {
        self.scalar(Scalar::Bool(value))?;
        self.visitor.visit_bool(value)
    }

    #[inline]
    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        self.scalar(Scalar::whole(value))?;
        self.visitor.visit_u64(value)
    }

    #[inline]
    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        self.scalar(Scalar::whole(value))?;
        self.visitor.visit_i64(value)
    }

    #[inline]
    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        self.scalar(Scalar::real(value))?;
        self.visitor.visit_f64(value)
    }

    #[inline]
    fn visit_borrowed_str<E: Error>(self, value: &'a str) -> Result<V::Value, E> {
        self.scalar(Scalar::Text(value))?;
        self.visitor.visit_borrowed_str(value)
    }

    #[inline]
    fn visit_str<E: Error>(self, value: &str) -> Result<V::Value, E> {
        self.scalar(Scalar::Text(value))?;
        self.visitor.visit_str(value)
    }

    fn visit_seq<A: SeqAccess<'a>>(self, inner: A) -> Result<V::Value, A::Error> {
        let rules = self.container(Kinds::ARRAY)?;
        let mut items = Items::new(self.spot, rules.map(|rules| &rules.array), inner);
        let read = self.visitor.visit_seq(&mut items);
        if read.is_ok() {
            items.end()?;
        }
        read
    }

    fn visit_map<A: MapAccess<'a>>(self, inner: A) -> Result<V::Value, A::Error> {
        let rules = self.container(Kinds::OBJECT)?;
        let mut members = Members::new(self.spot, rules.map(|rules| &rules.object), inner);
        let read = self.visitor.visit_map(&mut members);
        if read.is_ok() {
            members.end()?;
        }
        read
    }
}

/// A variant, by its name alone or as the one member of an object.
pub(super) struct Variant<V>(pub(super) V);

impl<'a, V: Visitor<'a>> Visitor<'a> for Variant<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_borrowed_str<E: Error>(self, name: &'a str) -> Result<V::Value, E> {
        self.0.visit_enum(BorrowedStrDeserializer::new(name))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<V::Value, E> {
        self.0.visit_enum(StrDeserializer::new(name))
    }

    fn visit_string<E: Error>(self, name: String) -> Result<V::Value, E> {
        self.visit_str(&name)
    }

    fn visit_map<A: MapAccess<'a>>(self, members: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(MapAccessDeserializer::new(members))
    }
}
