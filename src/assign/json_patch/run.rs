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
/// How many bytes all that it moves.
const MAX_MOVED: usize = 1024 * 1024;

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
    copied: usize,
    moved: usize,
    changed: Vec<String>,
}

impl<'r> Run<'r> {
    pub(super) fn on(before: &Value, rules: &'r JsonPatchRules) -> Self {
        Self {
            document: before.clone(),
            rules,
            copied: 0,
            moved: 0,
            changed: Vec::new(),
        }
    }

    /// The document, and what has changed in it. How long it is, with all that the caller may not
    /// see, is asked only now that nothing else can be refused, so that it cannot be found out
    /// without changing anything; what a patch can add is bounded by its own length and by what it
    /// may copy.
    pub(super) fn finished(self, before: &Value) -> Result<(Value, Vec<String>), Fault> {
        let length = raw::length(&self.document);
        if length > self.rules.max_bytes && length > raw::length(before) {
            return Err(fault("", "max-length", "makes the resource too long"));
        }
        Ok((self.document, self.changed))
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
                self.moved += raw::length(self.readable(&from, "from")?);
                if self.moved > MAX_MOVED {
                    return Err(fault("from", "max-length", "is too long to be moved"));
                }
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
        // An element that is there moves on, a member goes.
        if !place.is_element {
            place.own().map_err(|miss| missed(miss, "path"))?;
        }
        if !place.takes(&value) {
            return Err(missed(Miss::Unlisted, member));
        }
        nest(path, &value, member)?;
        let added = raw::add(&mut self.document, path, value);
        self.note(path, added, "path")
    }

    fn remove(&mut self, path: &Pointer, member: &'static str) -> Result<Value, Fault> {
        self.settable(path, member)?;
        let removed = raw::remove(&mut self.document, path);
        let value = removed.ok_or(missed(Miss::Absent, member))?;
        self.note(path, Some(()), member)?;
        Ok(value)
    }

    fn replace(&mut self, path: &Pointer, value: Value) -> Result<(), Fault> {
        self.settable(path, "path")?;
        let listed = self.rules.settable.node();
        let place = place(&self.document, listed, path).map_err(|miss| missed(miss, "path"))?;
        if !place.takes(&value) {
            return Err(missed(Miss::Unlisted, "value"));
        }
        nest(path, &value, "value")?;
        let replaced = raw::replace(&mut self.document, path, value);
        self.note(path, replaced, "path")
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

/// Sees to it that `value` is not nested too deeply at `path`.
fn nest(path: &Pointer, value: &Value, member: &'static str) -> Result<(), Fault> {
    if path.steps().len() + raw::depth(value) > MAX_STEPS {
        return Err(fault(member, "depth", "must not be nested this deeply"));
    }
    Ok(())
}
