//! The rest of a body of which enough faults are told: only whether it is strict JSON counts.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::check::MANY;
use super::distinct::Distinct;
use crate::body::{Name, Walk};

/// Reads the value that comes next, and keeps nothing of it.
pub(super) struct Skim<'w, 'a>(pub(super) &'w mut Walk<'a>);

impl<'a> DeserializeSeed<'a> for Skim<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Skim<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut elements: A) -> Result<(), A::Error> {
        let Self(walk) = self;
        walk.descend()?;
        walk.path.enter_index(0);
        let mut count = 0;
        while elements.next_element_seed(Skim(walk))?.is_some() {
            count += 1;
            walk.path.go_on_to(count);
        }
        walk.path.leave();
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<(), A::Error> {
        let Self(walk) = self;
        walk.descend()?;
        let mut names = Distinct::default();
        while let Some(Name(name)) = members.next_key()? {
            let is_new = names.len() >= MANY || names.add(name.clone());
            walk.path.enter(name);
            if !is_new {
                return Err(walk.repeated());
            }
            members.next_value_seed(Skim(walk))?;
            walk.path.leave();
        }
        if let Some(name) = names.repeated() {
            walk.path.enter(name.clone());
            return Err(walk.repeated());
        }
        Ok(())
    }
}
