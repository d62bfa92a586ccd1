//! The pure check: whether an operation may reach what its pointer means.
//!
//! The list is asked at every step before the document is, so that the answer for what is not listed
//! never depends on what is there.

use serde_json::Value;

use super::pointer::{Pointer, index};
use crate::assign::listing::{Listing, check, holds_object};
use crate::body::{Faults, Path};

/// Why a place is not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Miss {
    /// It is not listed, be it there or not.
    Unlisted,
    /// It is listed, and not there.
    Absent,
}

/// A place that is listed, or holds places that are.
#[derive(Debug)]
pub(super) struct Place<'d, L> {
    pub(super) listed: Scope<L>,
    /// Whether it is an element of a list.
    pub(super) is_element: bool,
    /// What is there.
    pub(super) value: Option<&'d Value>,
}

impl<'d, L: Listing> Place<'d, L> {
    /// What is there, if anything; all of it must be listed.
    pub(super) fn own(&self) -> Result<Option<&'d Value>, Miss> {
        let is_whole = |value| self.listed.takes(value);
        if self.listed.is_listed() && self.value.is_none_or(is_whole) {
            return Ok(self.value);
        }
        Err(Miss::Unlisted)
    }

    /// Whether `value` may be put there, where nothing that is not listed is lost by it.
    pub(super) fn takes(&self, value: &Value) -> bool {
        match self.listed {
            Scope::At(listed) => {
                let mut faults = Faults::default();
                check(listed, value, &mut Path::default(), &mut faults);
                faults.is_empty()
            }
            Scope::Inside => !holds_object(value),
        }
    }
}

/// What is listed of a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scope<L> {
    At(L),
    /// It is within a list that is listed as one value.
    Inside,
}

impl<L: Listing> Scope<L> {
    fn member(self, name: &str) -> Option<Self> {
        match self {
            Self::At(listed) => listed.member(name).map(Self::At),
            Self::Inside => None,
        }
    }

    fn element(self) -> Option<Self> {
        match self {
            Self::At(listed) => {
                let each = listed.each().map(Self::At);
                each.or_else(|| listed.takes(&Value::Null).then_some(Self::Inside))
            }
            Self::Inside => Some(Self::Inside),
        }
    }

    pub(super) fn takes(self, value: &Value) -> bool {
        match self {
            Self::At(listed) => listed.takes(value),
            Self::Inside => !holds_object(value),
        }
    }

    /// Whether the place is listed by itself, and not only for what is in it.
    pub(super) fn is_listed(self) -> bool {
        self.takes(&Value::Null)
    }
}

/// The place at `pointer` in `document`. A place behind the end of a list is there to be added.
pub(super) fn place<'d, L: Listing>(
    document: &'d Value,
    listed: L,
    pointer: &Pointer,
) -> Result<Place<'d, L>, Miss> {
    let mut at = Place {
        listed: Scope::At(listed),
        is_element: false,
        value: Some(document),
    };
    let mut is_lost = false;
    for step in pointer.steps() {
        at = match at.value {
            Some(Value::Object(members)) => Place {
                listed: at.listed.member(step).ok_or(Miss::Unlisted)?,
                is_element: false,
                value: members.get(step),
            },
            Some(Value::Array(elements)) => {
                let number = if step == "-" {
                    Some(elements.len())
                } else {
                    index(step)
                };
                is_lost |= number.is_none_or(|number| number > elements.len());
                Place {
                    listed: at.listed.element().ok_or(Miss::Unlisted)?,
                    is_element: true,
                    value: number.and_then(|number| elements.get(number)),
                }
            }
            // Nothing to go on in; the list alone tells whether that may be told.
            _ => {
                is_lost = true;
                let is_index = step == "-" || step.bytes().all(|byte| byte.is_ascii_digit());
                let element = || at.listed.element().filter(|_| is_index);
                let listed = at.listed.member(step).or_else(element);
                Place {
                    listed: listed.ok_or(Miss::Unlisted)?,
                    is_element: false,
                    value: None,
                }
            }
        };
    }
    if !is_lost {
        return Ok(at);
    }
    let is_listed = at.listed.is_listed();
    Err(if is_listed {
        Miss::Absent
    } else {
        Miss::Unlisted
    })
}

/// The value at `pointer`, which must be listed by itself and hold nothing that might not be.
pub(super) fn value<'d, L: Listing>(
    document: &'d Value,
    listed: L,
    pointer: &Pointer,
) -> Result<&'d Value, Miss> {
    let place = place(document, listed, pointer)?;
    place.own()?.ok_or(Miss::Absent)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::assign::FieldAllowlist;

    #[test]
    fn a_value_is_reached_only_where_it_is_listed_and_there() {
        let list = FieldAllowlist::new(["/a", "/list", "/o/x", "/o/*/y", "/each/*"]).unwrap();
        let there = json!({
            "a": 1, "list": [1, [2, 3]], "o": { "x": "v", "n": { "y": 4, "z": 5 } },
            "each": [6, { "hidden": 7 }], "hidden": 8,
        });
        let reach = |document: &Value, at: &str| {
            let pointer = Pointer::parse(at).unwrap();
            value(document, list.node(), &pointer).cloned()
        };
        let absent = Err(Miss::Absent);
        let unlisted = Err(Miss::Unlisted);
        for (at, found, in_nothing) in [
            ("/a", Ok(json!(1)), absent.clone()),
            ("/list", Ok(json!([1, [2, 3]])), absent.clone()),
            ("/list/0", Ok(json!(1)), absent.clone()),
            ("/list/1/1", Ok(json!(3)), absent.clone()),
            ("/list/2", absent.clone(), absent.clone()),
            ("/list/-", absent.clone(), absent.clone()),
            ("/list/3", absent.clone(), absent.clone()),
            ("/list/01", absent.clone(), absent.clone()),
            ("/o/x", Ok(json!("v")), absent.clone()),
            ("/o/n/y", Ok(json!(4)), absent.clone()),
            ("/o/m/y", absent.clone(), absent.clone()),
            ("/each/0", Ok(json!(6)), absent.clone()),
            ("", unlisted.clone(), unlisted.clone()),
            ("/o", unlisted.clone(), unlisted.clone()),
            ("/o/n", unlisted.clone(), unlisted.clone()),
            ("/o/n/z", unlisted.clone(), unlisted.clone()),
            ("/o/n/w", unlisted.clone(), unlisted.clone()),
            ("/each", unlisted.clone(), unlisted.clone()),
            ("/each/1/hidden", unlisted.clone(), unlisted.clone()),
            ("/hidden", unlisted.clone(), unlisted.clone()),
            ("/hidden/x", unlisted.clone(), unlisted.clone()),
            ("/nosuch", unlisted.clone(), unlisted.clone()),
            ("/A", unlisted.clone(), unlisted.clone()),
        ] {
            assert_eq!(reach(&there, at), found, "{at}");
            assert_eq!(reach(&json!({}), at), in_nothing, "{at} in nothing");
        }
        // Listed as a value, yet an object in this document, of which nothing is listed.
        assert_eq!(reach(&there, "/each/1"), unlisted);
        assert_eq!(reach(&json!({ "a": { "b": 1 } }), "/a"), unlisted);
        assert_eq!(reach(&json!({ "a": [{ "b": 1 }] }), "/a"), unlisted);
    }
}
