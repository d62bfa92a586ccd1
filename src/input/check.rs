//! The pass that checks a body against a program while it is parsed.
//!
//! Nothing is kept of what is read but the way to it. All faults are found, as far as the bounds of
//! an answer go; what is not JSON ends the pass. Rules speak only of what they apply to, as in JSON
//! Schema: the length of a string says nothing of a number.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::distinct::{Distinct, Item};
use super::kinds::Kinds;
use super::number::Number;
use super::places::Places;
use super::program::{Node, NodeId, Program, Rules};
use super::scalar::{self, Scalar};
use super::set::Set;
use super::skim::Skim;
use super::tree::Growing;
use crate::body::{Faults, Name, Walk, Wording};

/// How many names that no rule names are compared with each other in an object of a body that is
/// refused already.
pub(super) const MANY: usize = 1_024;

/// What a pass knows.
pub(super) struct Check<'w, 'a> {
    pub(super) program: &'w Program,
    pub(super) walk: &'w mut Walk<'a>,
    pub(super) faults: &'w mut Faults,
}

impl<'w, 'a> Check<'w, 'a> {
    /// Checks the value that comes next against the root of the program.
    pub(super) fn root(&mut self) -> At<'_, 'w, 'a> {
        let node = Some(self.program.root);
        self.at(node)
    }

    fn at(&mut self, node: Option<NodeId>) -> At<'_, 'w, 'a> {
        At {
            check: self,
            node,
            keep: false,
        }
    }

    pub(super) fn fault(&mut self, code: &'static str, rule: impl Into<Wording>) {
        self.faults.add(|| self.walk.path.pointer(), code, rule);
    }
}

/// One value: where the pass is, and what is demanded there.
pub(super) struct At<'c, 'w, 'a> {
    check: &'c mut Check<'w, 'a>,
    /// Nothing, for what is refused already or can no longer be told. It is walked all the same.
    node: Option<NodeId>,
    /// Whether a scalar is handed back, for comparisons between siblings.
    keep: bool,
}

impl<'a> DeserializeSeed<'a> for At<'_, '_, 'a> {
    type Value = Option<Item<'a>>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let Self { check, node, keep } = self;
        let program = check.program;
        if check.faults.is_full() && !keep {
            Skim(check.walk).deserialize(deserializer)?;
            return Ok(None);
        }
        let (rules, or_null) = match node.map(|node| program.resolve(program.at(node))) {
            None | Some((Node::Anything, _)) => (None, false),
            Some((Node::Rules(rules), or_null)) => (Some(&**rules), or_null),
            Some((Node::Foreign(foreign), or_null)) => {
                let value = Growing(check.walk).deserialize(deserializer)?;
                if !foreign.admits(&value, or_null) {
                    check.fault("shape", "must have one of the shapes that this field takes");
                }
                return Ok(None);
            }
            Some((Node::Never | Node::Same(_) | Node::OrNull(_), _)) => {
                check.fault("forbidden", "must not be there");
                (None, false)
            }
        };
        deserializer.deserialize_any(Reader {
            check,
            rules,
            or_null,
            keep,
        })
    }
}

struct Reader<'c, 'w, 'a> {
    check: &'c mut Check<'w, 'a>,
    rules: Option<&'w Rules>,
    or_null: bool,
    keep: bool,
}

impl Reader<'_, '_, '_> {
    fn scalar<'a>(self, value: Scalar<'_>, item: impl FnOnce() -> Item<'a>) -> Option<Item<'a>> {
        if let Some(rules) = self.rules
            && !(self.or_null && value.is_null())
        {
            value.check(rules, |code, detail| self.check.fault(code, detail));
        }
        self.keep.then(item)
    }

    fn number<'a>(self, number: Number) -> Option<Item<'a>> {
        self.scalar(Scalar::Number(number), || Item::of_number(number))
    }
}

impl<'a> Visitor<'a> for Reader<'_, '_, 'a> {
    type Value = Option<Item<'a>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(self.scalar(Scalar::Null, || Item::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(self.scalar(Scalar::Bool(value), || Item::Bool(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(self.number(Number::Whole(value.into())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(self.number(Number::Whole(value.into())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(self.number(Number::Real(value)))
    }

    fn visit_borrowed_str<E>(self, value: &'a str) -> Result<Self::Value, E> {
        Ok(self.scalar(Scalar::Text(value), || Item::Text(value.into())))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(self.scalar(Scalar::Text(value), || Item::Text(value.to_owned().into())))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let Self { check, rules, .. } = self;
        check.walk.descend()?;
        let rules = rules
            .filter(|rules| scalar::is_container(rules, Kinds::ARRAY, |c, d| check.fault(c, d)));
        let rules = rules.map(|rules| &rules.array);
        let mut seen = Set::default();
        check.walk.path.enter_index(0);
        let (mut count, mut repeats) = (0_usize, false);
        loop {
            let node = rules.and_then(|rules| rules.at(count));
            let few = rules.is_some_and(|rules| rules.max.is_some_and(|max| count < max));
            check.walk.path.go_on_to(count);
            let mut at = check.at(node);
            at.keep = few && rules.is_some_and(|rules| rules.unique);
            let element = elements.next_element_seed(at)?;
            match element {
                Some(Some(comparable)) => repeats |= !seen.add(comparable),
                Some(None) => {}
                None => break,
            }
            count += 1;
        }
        check.walk.path.leave();
        if let Some(rules) = rules {
            let fault = |code, detail| check.fault(code, detail);
            scalar::check_size(count, rules.min, rules.max, &scalar::ITEMS, fault);
            if repeats || seen.has_repeated() {
                check.fault("unique-items", "must not hold an item twice");
            }
        }
        Ok(None)
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let Self { check, rules, .. } = self;
        check.walk.descend()?;
        let rules = rules
            .filter(|rules| scalar::is_container(rules, Kinds::OBJECT, |c, d| check.fault(c, d)));
        let rules = rules.map(|rules| &rules.object);
        let (mut seen, mut names, mut count) = (Places::default(), Distinct::default(), 0);
        let full = |count| rules.is_some_and(|rules| rules.max.is_some_and(|max| count >= max));
        while let Some(Name(name)) = members.next_key()? {
            let known = rules.and_then(|rules| rules.find(&name));
            let is_new = match known {
                Some(member) => seen.insert(member.place),
                // Of what is refused in any case, no more is remembered than the answer is worth.
                None if full(count) || (names.len() >= MANY && !check.faults.is_empty()) => true,
                None => names.add(name.clone()),
            };
            check.walk.path.enter(name);
            if !is_new {
                return Err(check.walk.repeated());
            }
            let node = known
                .map(|member| member.node)
                .or(rules.and_then(|rules| rules.others));
            if rules.is_some() && node.is_none() {
                check.fault("unknown-field", "is not a field of this resource");
            }
            members.next_value_seed(check.at(node))?;
            check.walk.path.leave();
            count += 1;
        }
        if let Some(name) = names.repeated() {
            check.walk.path.enter(name.clone());
            return Err(check.walk.repeated());
        }
        let Some(rules) = rules else {
            return Ok(None);
        };
        for (place, member) in rules.members.iter().enumerate() {
            if rules.required.contains(place) && !seen.contains(place) {
                let pointer = || check.walk.path.pointer_to(&member.name);
                check.faults.add(pointer, "required", "must be there");
            }
        }
        let fault = |code, detail| check.fault(code, detail);
        scalar::check_size(count, rules.min, rules.max, &scalar::MEMBERS, fault);
        Ok(None)
    }
}
