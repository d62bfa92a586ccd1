//! The items of an array and the members of an object, on their way into a type.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::distinct::Distinct;
use super::guarded::{Part, Spot, broken};
use super::name::NameReader;
use super::places::Places;
use super::program::{ArrayRules, NodeId, ObjectRules};
use super::set::Set;
use crate::body::is_reserved;

/// The items of an array.
pub(super) struct Items<'p, 'a, A> {
    spot: Spot<'p>,
    rules: Option<&'p ArrayRules>,
    /// For items of which none may stand twice.
    set: Option<Box<Set<'a>>>,
    count: usize,
    ended: bool,
    inner: A,
}

impl<'p, 'a, A: SeqAccess<'a>> Items<'p, 'a, A> {
    pub(super) fn new(around: Spot<'p>, rules: Option<&'p ArrayRules>, inner: A) -> Self {
        Self {
            spot: Spot {
                depth: around.depth + 1,
                ..around
            },
            rules,
            set: rules.filter(|rules| rules.unique).map(|_| Box::default()),
            count: 0,
            ended: false,
            inner,
        }
    }

    #[inline]
    fn element<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let node = self.rules.and_then(|rules| rules.at(self.count));
        let spot = self.spot.within(node);
        let element = match &mut self.set {
            None => self.inner.next_element_seed(Part { spot, seed })?,
            Some(set) => self.inner.next_element_seed(set.member(spot, seed))?,
        };
        if element.is_none() {
            self.ended = true;
            return Ok(None);
        }
        self.count += 1;
        let many = |rules: &ArrayRules| rules.max.is_some_and(|max| self.count > max);
        if self.rules.is_some_and(many) {
            return Err(broken());
        }
        Ok(element)
    }

    /// What holds of the array as a whole. Items that the type has not asked for are one fault of
    /// it.
    #[inline]
    pub(super) fn end(&mut self) -> Result<(), A::Error> {
        if !self.ended && self.inner.next_element::<IgnoredAny>()?.is_some() {
            return Err(broken());
        }
        let few = |rules: &ArrayRules| rules.min.is_some_and(|min| self.count < min);
        let twice = |set: &mut Box<Set<'_>>| set.has_repeated();
        if self.rules.is_some_and(few) || self.set.as_mut().is_some_and(twice) {
            return Err(broken());
        }
        Ok(())
    }
}

impl<'a, A: SeqAccess<'a>> SeqAccess<'a> for Items<'_, 'a, A> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let spot = self.spot;
        spot.noted(self.element(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// The members of an object.
pub(super) struct Members<'p, 'a, A> {
    spot: Spot<'p>,
    seen: SoFar<'p, 'a>,
    ended: bool,
    inner: A,
}

/// The names of an object so far.
struct SoFar<'p, 'a> {
    rules: Option<&'p ObjectRules>,
    known: Places,
    others: Option<Box<Distinct<Cow<'a, str>>>>,
    count: usize,
    /// What is demanded of the value that comes next.
    next: Option<NodeId>,
}

impl<'p, 'a, A: MapAccess<'a>> Members<'p, 'a, A> {
    pub(super) fn new(around: Spot<'p>, rules: Option<&'p ObjectRules>, inner: A) -> Self {
        Self {
            spot: Spot {
                depth: around.depth + 1,
                ..around
            },
            seen: SoFar {
                rules,
                known: Places::default(),
                others: None,
                count: 0,
                next: None,
            },
            ended: false,
            inner,
        }
    }

    /// What holds of the object as a whole. Members that the type has not asked for are one fault
    /// of it.
    #[inline]
    pub(super) fn end(&mut self) -> Result<(), A::Error> {
        if !self.ended && self.inner.next_key::<IgnoredAny>()?.is_some() {
            return Err(broken());
        }
        let SoFar {
            rules,
            known,
            others,
            count,
            ..
        } = &self.seen;
        let lacks = |rules: &ObjectRules| {
            !known.has_all(&rules.required) || rules.min.is_some_and(|min| *count < min)
        };
        let twice = |names: &Distinct<_>| names.repeated().is_some();
        if rules.is_some_and(lacks) || others.as_deref().is_some_and(twice) {
            return Err(broken());
        }
        Ok(())
    }
}

impl<'a, A: MapAccess<'a>> MapAccess<'a> for Members<'_, 'a, A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let named = Named {
            seen: &mut self.seen,
            seed,
        };
        let key = self.spot.noted(self.inner.next_key_seed(named))?;
        self.ended = key.is_none();
        Ok(key)
    }

    #[inline]
    fn next_value_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<K::Value, A::Error> {
        let spot = self.spot.within(self.seen.next);
        spot.noted(self.inner.next_value_seed(Part { spot, seed }))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'a> SoFar<'_, 'a> {
    #[inline]
    fn meet<E: Error>(&mut self, name: &str, keep: impl FnOnce() -> Cow<'a, str>) -> Result<(), E> {
        self.count += 1;
        let Some(rules) = self.rules else {
            return self.other(keep());
        };
        if rules.max.is_some_and(|max| self.count > max) {
            return Err(broken());
        }
        if let Some(member) = rules.find(name) {
            self.next = Some(member.node);
            return if self.known.insert(member.place) {
                Ok(())
            } else {
                Err(broken())
            };
        }
        if rules.others.is_none() {
            return Err(broken());
        }
        self.next = rules.others;
        self.other(keep())
    }

    fn other<E: Error>(&mut self, name: Cow<'a, str>) -> Result<(), E> {
        if !is_reserved(&name) && self.others.get_or_insert_default().add(name) {
            Ok(())
        } else {
            Err(broken())
        }
    }
}

/// Reads a name, first for the rules and then for the type.
struct Named<'s, 'p, 'a, K> {
    seen: &'s mut SoFar<'p, 'a>,
    seed: K,
}

impl<'a, K: DeserializeSeed<'a>> DeserializeSeed<'a> for Named<'_, '_, 'a, K> {
    type Value = K::Value;

    #[inline]
    fn deserialize<D: Deserializer<'a>>(self, inner: D) -> Result<K::Value, D::Error> {
        inner.deserialize_str(self)
    }
}

impl<'a, K: DeserializeSeed<'a>> Visitor<'a> for Named<'_, '_, 'a, K> {
    type Value = K::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    #[inline]
    fn visit_borrowed_str<E: Error>(self, name: &'a str) -> Result<K::Value, E> {
        self.seen.meet(name, || Cow::Borrowed(name))?;
        self.seed.deserialize(NameReader::kept(name))
    }

    #[inline]
    fn visit_str<E: Error>(self, name: &str) -> Result<K::Value, E> {
        self.seen.meet(name, || Cow::Owned(name.to_owned()))?;
        self.seed.deserialize(NameReader::passing(name))
    }
}
