//! The pure check: what is listed, held against what was sent.

use serde_json::{Map, Value};

use crate::body::{Faults, Path};

/// What is listed of one value and of those within it.
pub(super) trait Listing: Copy {
    /// What is listed of the member `name`, if anything.
    fn member(self, name: &str) -> Option<Self>;

    /// What is listed of each element of a list, if anything.
    fn each(self) -> Option<Self>;

    /// Whether members of an object are listed at all.
    fn has_members(self) -> bool;

    /// Whether the value is listed itself, and may be this one.
    fn takes(self, value: &Value) -> bool;
}

/// Tells every value in `members` that is not listed.
pub(super) fn check_members<'a, L: Listing>(
    listed: L,
    members: &'a Map<String, Value>,
    path: &mut Path<'a>,
    faults: &mut Faults,
) {
    for (name, value) in members {
        path.enter(name.into());
        match listed.member(name) {
            Some(member) => check(member, value, path, faults),
            None => unknown(path, faults),
        }
        path.leave();
    }
}

pub(super) fn check<'a, L: Listing>(
    listed: L,
    value: &'a Value,
    path: &mut Path<'a>,
    faults: &mut Faults,
) {
    match (value, listed.each()) {
        (Value::Object(members), _) if listed.has_members() => {
            check_members(listed, members, path, faults);
        }
        (value, _) if listed.takes(value) => {}
        (Value::Array(elements), Some(each)) => {
            for (index, element) in elements.iter().enumerate() {
                path.enter_index(index);
                check(each, element, path, faults);
                path.leave();
            }
        }
        _ => unknown(path, faults),
    }
}

/// Drops every value from `members` that is not listed.
pub(super) fn drop_members<L: Listing>(listed: L, members: &mut Map<String, Value>) {
    members.retain(|name, value| {
        listed
            .member(name)
            .is_some_and(|member| drop_from(member, value))
    });
}

/// Whether `value` may stay, once what may not has been dropped from it.
fn drop_from<L: Listing>(listed: L, value: &mut Value) -> bool {
    match (value, listed.each()) {
        (Value::Object(members), _) if listed.has_members() => {
            drop_members(listed, members);
            true
        }
        (value, _) if listed.takes(value) => true,
        (Value::Array(elements), Some(each)) => {
            elements.retain_mut(|element| drop_from(each, element));
            true
        }
        _ => false,
    }
}

pub(super) fn holds_object(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::Array(elements) => elements.iter().any(holds_object),
        _ => false,
    }
}

/// A field that may not be set is told in the very words of one that does not exist.
pub(super) fn unknown(path: &Path<'_>, faults: &mut Faults) {
    faults.add(
        || path.pointer(),
        "unknown-field",
        "is not a field of this resource",
    );
}

pub(super) fn not_an_object(faults: &mut Faults) {
    faults.add(|| "#".to_owned(), "type", "must be of type object");
}
