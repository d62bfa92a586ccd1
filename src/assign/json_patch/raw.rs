//! Changes to a document at places that were found before.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use super::pointer::{Pointer, index};

/// What holds the place at `pointer`, and the last step to it.
fn holder<'d, 'p>(
    document: &'d mut Value,
    pointer: &'p Pointer,
) -> Option<(&'d mut Value, &'p str)> {
    let (last, around) = pointer.steps().split_last()?;
    let mut at = document;
    for step in around {
        at = match at {
            Value::Object(members) => members.get_mut(step)?,
            Value::Array(elements) => elements.get_mut(index(step)?)?,
            _ => return None,
        };
    }
    Some((at, last))
}

/// Puts `value` at a place: into a list, or as a member in the place of another.
pub(super) fn add(document: &mut Value, pointer: &Pointer, value: Value) -> Option<()> {
    match holder(document, pointer)? {
        (Value::Object(members), name) => {
            members.insert(name.to_owned(), value);
        }
        (Value::Array(elements), "-") => elements.push(value),
        (Value::Array(elements), step) => {
            let place = index(step).filter(|place| *place <= elements.len())?;
            elements.insert(place, value);
        }
        _ => return None,
    }
    Some(())
}

/// Takes the value at a place out of the document.
pub(super) fn remove(document: &mut Value, pointer: &Pointer) -> Option<Value> {
    match holder(document, pointer)? {
        (Value::Object(members), name) => members.remove(name),
        (Value::Array(elements), step) => {
            let place = index(step).filter(|place| *place < elements.len())?;
            Some(elements.remove(place))
        }
        _ => None,
    }
}

/// Puts `value` in the place of another.
pub(super) fn replace(document: &mut Value, pointer: &Pointer, value: Value) -> Option<()> {
    let (holder, step) = holder(document, pointer)?;
    *match holder {
        Value::Object(members) => members.get_mut(step)?,
        Value::Array(elements) => elements.get_mut(index(step)?)?,
        _ => return None,
    } = value;
    Some(())
}

/// How many bytes `value` is long as JSON without spaces.
pub(super) fn length<T: Serialize>(value: &T) -> usize {
    struct Counter(usize);
    impl Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // Counting cannot fail, and the names of a tree are texts.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}

/// How many lists and objects stand within each other.
pub(super) fn depth(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
