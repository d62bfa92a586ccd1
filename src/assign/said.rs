//! From what a caller says of an object to the fields of a model.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::assignable::Assignable;
use super::fit;
use super::role::Role;
use super::rules::{Asked, Rule};
use crate::body::{Faults, Path};

/// What the caller says of one object, as [`Assignable::assign`] is handed it.
#[derive(Debug)]
pub struct Said<'a, R: 'static> {
    members: &'a Map<String, Value>,
    rules: &'static [Rule<R>],
    asked: Asked<'a, R>,
    found: &'a mut Found,
}

/// What comes of it.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) faults: Faults,
    /// Pointers to the fields that have another value now.
    pub(super) changed: Vec<String>,
    /// The names of the objects around the one at hand.
    around: Vec<&'static str>,
}

impl Found {
    fn path(&self) -> Path<'static> {
        let mut path = Path::default();
        for name in &self.around {
            path.enter((*name).into());
        }
        path
    }

    fn pointer_to(&self, name: &str) -> String {
        let mut pointer = String::new();
        for step in self.around.iter().copied().chain([name]) {
            pointer.push('/');
            pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
        }
        pointer
    }
}

impl<'a, R: Role> Said<'a, R> {
    pub(super) fn of(
        members: &'a Map<String, Value>,
        rules: &'static [Rule<R>],
        asked: Asked<'a, R>,
        found: &'a mut Found,
    ) -> Self {
        Self {
            members,
            rules,
            asked,
            found,
        }
    }

    /// Sets the field `name`, which is `slot`, if the caller says something of it and may.
    pub fn field<T: DeserializeOwned + PartialEq>(&mut self, name: &'static str, slot: &mut T) {
        let Some(rule) = self.asked.rule(self.rules, name) else {
            return;
        };
        let Some(value) = self.members.get(name) else {
            if self.asked.demands(rule) && !fit::may_be_absent::<T>() {
                let pointer = self.found.path().pointer_to(name);
                self.found
                    .faults
                    .add(|| pointer, "required", "must be there");
            }
            return;
        };
        match fit::read::<T>(value) {
            Ok(value) if value == *slot => {}
            Ok(value) => {
                *slot = value;
                let pointer = self.found.pointer_to(name);
                self.found.changed.push(pointer);
            }
            Err(misfit) => {
                let mut path = self.found.path();
                path.enter(name.into());
                misfit.tell(path, &mut self.found.faults);
            }
        }
    }

    /// Sets what the caller says, and may, of the object `slot` in the field `name`.
    pub fn nested<M: Assignable<Role = R>>(&mut self, name: &'static str, slot: &mut M) {
        if self.asked.rule(self.rules, name).is_none() {
            return;
        }
        // What must be there must be there within an object that is not sent, too.
        let nothing = Map::new();
        let members = match self.members.get(name) {
            Some(Value::Object(members)) => members,
            _ => &nothing,
        };
        self.found.around.push(name);
        slot.assign(&mut Said::of(members, M::RULES, self.asked, self.found));
        self.found.around.pop();
    }
}
