//! The kinds of JSON values.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// A set of kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kinds(u8);

const NAMES: [(&str, Kinds); 7] = [
    ("null", Kinds::NULL),
    ("boolean", Kinds::BOOLEAN),
    ("integer", Kinds::INTEGER),
    ("number", Kinds::NUMBER),
    ("string", Kinds::STRING),
    ("array", Kinds::ARRAY),
    ("object", Kinds::OBJECT),
];

impl Kinds {
    pub(super) const NULL: Self = Self(1);
    pub(super) const BOOLEAN: Self = Self(2);
    /// Numbers that are written as whole ones.
    pub(super) const INTEGER: Self = Self(4);
    /// All numbers.
    pub(super) const NUMBER: Self = Self(8 | 4);
    pub(super) const STRING: Self = Self(16);
    pub(super) const ARRAY: Self = Self(32);
    pub(super) const OBJECT: Self = Self(64);
    pub(super) const ANY: Self = Self(127);

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in this set.
    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether some of `other` is in this set.
    pub(super) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The kinds that the `type` of a schema allows; all of them if it has none.
    pub(super) fn of_schema(schema: &Map<String, Value>) -> Self {
        let kind_of = |name: &Value| {
            let known = NAMES
                .iter()
                .find(|(known, _)| name.as_str() == Some(*known));
            known.map_or(Self(0), |(_, kind)| *kind)
        };
        match schema.get("type") {
            None => Self::ANY,
            Some(Value::Array(names)) => names
                .iter()
                .fold(Self(0), |kinds, name| kinds.or(kind_of(name))),
            Some(name) => kind_of(name),
        }
    }

    /// The kind of a value.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Number(number) if number.is_f64() => Self::NUMBER,
            Value::Number(_) => Self::INTEGER,
            Value::String(_) => Self::STRING,
            Value::Array(_) => Self::ARRAY,
            Value::Object(_) => Self::OBJECT,
        }
    }

    /// The demand in words.
    pub(super) fn demand(self) -> Cow<'static, str> {
        let mut names = Vec::new();
        for (name, kind) in NAMES {
            if self.has(kind) && !(kind == Self::INTEGER && self.has(Self::NUMBER)) {
                names.push(name);
            }
        }
        Cow::Owned(format!("must be of type {}", names.join(" or ")))
    }
}
