//! The pure decision: one operation after the other, on a copy of the document.

use serde_json::Value;

use super::equal::equal;
use super::operation::Operation;
use super::place::{Miss, place, value};
use super::pointer::{MAX_STEPS, Pointer};
use super::raw;
use super::rules::JsonPatchRules;

/// How many bytes all that a patch copies may have together.
const MAX_COPIED: usize = 64 * 1024;

/// Why an operation cannot be carried out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The member of the operation that is to blame.
    pub(super) member: &'static str,
    pub(super) code: &'static str,
    pub(super) detail: &'static str,
}

const fn fault(member: &'static str, code: &'static str, detail: &'static str) -> Fault {
    Fault {
        member,
        code,
        detail,
    }
}

const fn missed(miss: Miss, member: &'static str) -> Fault {
    match miss {
        Miss::Unlisted => fault(member, "unknown-field", "is not a field of this resource"),
        Miss::Absent => fault(member, "absent", "is not there"),
    }
}

/// A patch under way.
#[derive(Debug)]
pub(super) struct Run<'r> {
    document: Value,
    rules: &'r JsonPatchRules,
    /// How long the document is.
    length: usize,
    copied: usize,
    changed: Vec<String>,
}

impl<'r> Run<'r> {
    pub(super) fn on(before: &Value, rules: &'r JsonPatchRules) -> Self {
        Self {
            document: before.clone(),
            rules,
            length: raw::length(before),
            copied: 0,
            changed: Vec::new(),
        }
    }

    /// The document, and what has changed in it.
    pub(super) fn into_parts(self) -> (Value, Vec<String>) {
        (self.document, self.changed)
    }

    pub(super) fn step(&mut self, operation: Operation) -> Result<(), Fault> {
        match operation {
            Operation::Add(path, value) => self.add(&path, value, "value"),
            Operation::Remove(path) => self.remove(&path, "path").map(drop),
            Operation::Replace(path, value) => self.replace(&path, value),
            Operation::Move { from, to } => {
                if from.is_around(&to) {
                    return Err(fault("path", "within", "must not be within `from`"));
                }
                self.readable(&from, "from")?;
                let value = self.remove(&from, "from")?;
                self.add(&to, value, "path")
            }
            Operation::Copy { from, to } => {
                self.settable(&from, "from")?;
                let value = self.readable(&from, "from")?.clone();
                self.copied += raw::length(&value);
                if self.copied > MAX_COPIED {
                    return Err(fault("from", "max-length", "is too long to be copied"));
                }
                self.add(&to, value, "path")
            }
            Operation::Test(path, value) => {
                if equal(self.readable(&path, "path")?, &value) {
                    return Ok(());
                }
                Err(fault("value", "test", "is not the value that is there"))
            }
        }
    }

    fn settable(&self, pointer: &Pointer, member: &'static str) -> Result<&Value, Fault> {
        let listed = self.rules.settable.node();
        value(&self.document, listed, pointer).map_err(|miss| missed(miss, member))
    }

    fn readable(&self, pointer: &Pointer, member: &'static str) -> Result<&Value, Fault> {
        let Some(list) = &self.rules.readable else {
            return Err(missed(Miss::Unlisted, member));
        };
        value(&self.document, list.node(), pointer).map_err(|miss| missed(miss, member))
    }

    /// Adds `value`, which `member` is to blame for.
    fn add(&mut self, path: &Pointer, value: Value, member: &'static str) -> Result<(), Fault> {
        let listed = self.rules.settable.node();
        let place = place(&self.document, listed, path).map_err(|miss| missed(miss, "path"))?;
        let old = if place.is_element {
            0 // it moves on
        } else {
            let old = place.own().map_err(|miss| missed(miss, "path"))?;
            old.map_or(0, raw::length)
        };
        if !place.takes(&value) {
            return Err(missed(Miss::Unlisted, member));
        }
        self.grow(path, &value, old, member)?;
        let added = raw::add(&mut self.document, path, value);
        self.note(path, added, "path")
    }

    fn remove(&mut self, path: &Pointer, member: &'static str) -> Result<Value, Fault> {
        let old = raw::length(self.settable(path, member)?);
        self.length = self.length.saturating_sub(old);
        let removed = raw::remove(&mut self.document, path);
        let value = removed.ok_or(missed(Miss::Absent, member))?;
        self.note(path, Some(()), member)?;
        Ok(value)
    }

    fn replace(&mut self, path: &Pointer, value: Value) -> Result<(), Fault> {
        let old = raw::length(self.settable(path, "path")?);
        let listed = self.rules.settable.node();
        let place = place(&self.document, listed, path).map_err(|miss| missed(miss, "path"))?;
        if !place.takes(&value) {
            return Err(missed(Miss::Unlisted, "value"));
        }
        self.grow(path, &value, old, "value")?;
        let replaced = raw::replace(&mut self.document, path, value);
        self.note(path, replaced, "path")
    }

    /// Sees to it that the document may have `value` at `path`, where `old` bytes go.
    fn grow(
        &mut self,
        path: &Pointer,
        value: &Value,
        old: usize,
        member: &'static str,
    ) -> Result<(), Fault> {
        if path.steps().len() + raw::depth(value) > MAX_STEPS {
            return Err(fault(member, "depth", "must not be nested this deeply"));
        }
        // A comma and, for a member, its name and a colon.
        let name = path.steps().last().map_or(0, raw::length);
        let new = raw::length(value) + name + 2;
        let length = self.length.saturating_sub(old).saturating_add(new);
        if length > self.rules.max_bytes && new > old {
            return Err(fault(member, "max-length", "is too long for this resource"));
        }
        self.length = length;
        Ok(())
    }

    /// Notes that `path` has changed, if it has.
    fn note(
        &mut self,
        path: &Pointer,
        change: Option<()>,
        member: &'static str,
    ) -> Result<(), Fault> {
        change.ok_or(missed(Miss::Absent, member))?;
        if !self.changed.iter().any(|known| known == path.text()) {
            self.changed.push(path.text().to_owned());
        }
        Ok(())
    }
}
