//! The operations that callers write (RFC 6902, section 4).

use serde_json::{Map, Value};

use super::pointer::Pointer;
use crate::body::{Faults, Wording};

/// How many operations a patch may have.
const MAX_OPERATIONS: usize = 100;

#[derive(Debug)]
pub(super) enum Operation {
    Add(Pointer, Value),
    Remove(Pointer),
    Replace(Pointer, Value),
    Move { from: Pointer, to: Pointer },
    Copy { from: Pointer, to: Pointer },
    Test(Pointer, Value),
}

/// Reads a patch; what is wrong with it goes to `faults`. Members that an operation does not have
/// are passed over, as RFC 6902, section 4, demands.
pub(super) fn read(body: Value, faults: &mut Faults) -> Vec<Operation> {
    let Value::Array(list) = body else {
        faults.add(|| "#".to_owned(), "type", "must be of type array");
        return Vec::new();
    };
    if list.len() > MAX_OPERATIONS {
        let detail = format!("must have at most {MAX_OPERATIONS} items");
        let rule = Wording::with_number(detail, "maxItems", MAX_OPERATIONS.into());
        faults.add(|| "#".to_owned(), "max-items", rule);
        return Vec::new();
    }
    let mut operations = Vec::new();
    for (place, operation) in list.into_iter().enumerate() {
        match operation {
            Value::Object(members) => {
                let mut reader = Reader {
                    place,
                    members,
                    faults,
                };
                operations.extend(reader.operation());
            }
            _ => faults.add(|| format!("#/{place}"), "type", "must be of type object"),
        }
    }
    operations
}

struct Reader<'a> {
    place: usize,
    members: Map<String, Value>,
    faults: &'a mut Faults,
}

impl Reader<'_> {
    fn operation(&mut self) -> Option<Operation> {
        let name = self.member("op")?;
        let path = self.pointer("path");
        match name.as_str() {
            Some("add") => Some(Operation::Add(path?, self.member("value")?)),
            Some("remove") => Some(Operation::Remove(path?)),
            Some("replace") => Some(Operation::Replace(path?, self.member("value")?)),
            Some("move") => {
                let from = self.pointer("from")?;
                Some(Operation::Move { from, to: path? })
            }
            Some("copy") => {
                let from = self.pointer("from")?;
                Some(Operation::Copy { from, to: path? })
            }
            Some("test") => Some(Operation::Test(path?, self.member("value")?)),
            _ => {
                self.fault("op", "enum", "must be an operation of RFC 6902");
                None
            }
        }
    }

    fn member(&mut self, name: &'static str) -> Option<Value> {
        let value = self.members.remove(name);
        if value.is_none() {
            self.fault(name, "required", "must be there");
        }
        value
    }

    fn pointer(&mut self, name: &'static str) -> Option<Pointer> {
        let value = self.member(name)?;
        let pointer = value.as_str().and_then(Pointer::parse);
        if pointer.is_none() {
            self.fault(name, "format", "must be a JSON pointer of at most 32 steps");
        }
        pointer
    }

    fn fault(&mut self, name: &'static str, code: &'static str, detail: &'static str) {
        let place = self.place;
        self.faults
            .add(|| format!("#/{place}/{name}"), code, detail);
    }
}
