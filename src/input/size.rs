//! How long a body can be that keeps the rules.

use serde_json::{Map, Value};

use super::foreign::target_of;
use super::keywords::{self, OPEN};
use super::kinds::Kinds;
use super::simplify;

/// A character may be written as two escapes of 6 bytes.
const CHARACTER: u64 = 12;

/// More digits than any number needs.
const NUMBER: u64 = 32;

/// What a body is given at least, for its white space.
const LEAST: u64 = 4 * 1024;

/// What a body is not given unless its author says so.
const MOST: u64 = 1024 * 1024;

/// The longest body, in bytes, that a strict schema asks to be read: twice its longest document
/// without white space, at least 4 KiB and at most 1 MiB. Nothing, if the schema bounds none.
pub(super) fn longest(schema: &Value) -> Option<usize> {
    let empty = Value::Object(Map::new());
    let mut sizer = Sizer {
        defs: schema.get("$defs").unwrap_or(&empty),
        within: Vec::new(),
    };
    let bytes = sizer.size(schema)?.saturating_mul(2).clamp(LEAST, MOST);
    usize::try_from(bytes).ok()
}

struct Sizer<'a> {
    defs: &'a Value,
    within: Vec<&'a str>,
}

impl<'a> Sizer<'a> {
    fn size(&mut self, schema: &'a Value) -> Option<u64> {
        let map = match schema {
            Value::Object(map) if !map.contains_key(OPEN) => map,
            Value::Bool(false) => return Some(0),
            _ => return None,
        };
        if let Some(values) = one_of(map) {
            return values.map(written).max();
        }
        if let Some(Value::String(target)) = map.get("$ref") {
            if self.within.contains(&target.as_str()) {
                return None;
            }
            self.within.push(target);
            let size = target_of(target, self.defs).and_then(|schema| self.size(schema));
            self.within.pop();
            return size.filter(|_| !keywords::is_composed(map));
        }
        for word in ["anyOf", "oneOf"] {
            if let Some(Value::Array(forms)) = map.get(word) {
                let shut = map.get("unevaluatedProperties") == Some(&Value::Bool(false));
                let alone = |other: &String| {
                    other == word
                        || keywords::is_note(other)
                        || (shut && other == "unevaluatedProperties")
                };
                return forms
                    .iter()
                    .map(|form| self.size(form))
                    .try_fold(0, |most, form| Some(most.max(form?)))
                    .filter(|_| map.keys().all(alone));
            }
        }
        if !keywords::is_native(map)
            && map.get("unevaluatedProperties") != Some(&Value::Bool(false))
        {
            return None;
        }
        self.of_kinds(map)
    }

    fn of_kinds(&mut self, map: &'a Map<String, Value>) -> Option<u64> {
        let kinds = Kinds::of_schema(map);
        let mut most = NUMBER;
        if kinds.meets(Kinds::STRING) {
            let characters = map.get("maxLength").and_then(Value::as_u64);
            let characters = characters.or_else(|| simplify::longest_of_format(map))?;
            most = most.max(characters.saturating_mul(CHARACTER).saturating_add(2));
        }
        if kinds.meets(Kinds::ARRAY) {
            most = most.max(self.items(map)?);
        }
        if kinds.meets(Kinds::OBJECT) {
            most = most.max(self.members(map)?);
        }
        Some(most)
    }

    fn items(&mut self, map: &'a Map<String, Value>) -> Option<u64> {
        let mut size = 2_u64;
        let first = map.get("prefixItems").and_then(Value::as_array);
        for item in first.into_iter().flatten() {
            size = size.saturating_add(self.size(item)?).saturating_add(1);
        }
        match map.get("items") {
            Some(Value::Bool(false)) => Some(size),
            Some(item) => {
                let count = map.get("maxItems").and_then(Value::as_u64)?;
                let each = self.size(item)?.saturating_add(1);
                Some(size.saturating_add(each.saturating_mul(count)))
            }
            None => None,
        }
    }

    /// Names of members that no rule names may be as long as they like.
    fn members(&mut self, map: &'a Map<String, Value>) -> Option<u64> {
        // If nothing is said of others, the object is closed from outside.
        let closed = |word: &str| map.get(word).is_none_or(|rule| *rule == Value::Bool(false));
        if !closed("additionalProperties") || !closed("unevaluatedProperties") {
            return None;
        }
        let mut size = 2_u64;
        let named = map.get("properties").and_then(Value::as_object);
        for (name, rule) in named.into_iter().flatten() {
            let name = (name.chars().count() as u64).saturating_mul(CHARACTER);
            size = size
                .saturating_add(self.size(rule)?)
                .saturating_add(name + 4);
        }
        Some(size)
    }
}

fn one_of(map: &Map<String, Value>) -> Option<impl Iterator<Item = &Value>> {
    match (map.get("enum"), map.get("const")) {
        (Some(Value::Array(list)), _) => Some(list.as_slice().iter()),
        (_, Some(value)) => Some(std::slice::from_ref(value).iter()),
        _ => None,
    }
}

fn written(value: &Value) -> u64 {
    match value {
        Value::String(text) => (text.chars().count() as u64).saturating_mul(CHARACTER) + 2,
        other => (other.to_string().len() as u64)
            .saturating_mul(CHARACTER)
            .max(NUMBER),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::input::Schema;

    fn of(rules: Value) -> Option<usize> {
        longest(Schema::from_value(rules).unwrap().document())
    }

    #[test]
    fn the_longest_body_follows_from_the_bounds_of_the_rules() {
        let text = |max: u64| json!({ "type": "string", "maxLength": max });
        let object = |part: Value| json!({ "type": "object", "properties": { "ab": part } });
        for (rules, bytes) in [
            (json!({ "type": "boolean" }), Some(4_096)),
            (text(1_000), Some(2 * 12_002)),
            (text(10_000_000), Some(1 << 20)),
            (object(text(1_000)), Some(2 * (12_002 + 2 + 28))),
            (
                json!({ "type": "array", "items": text(1_000), "maxItems": 3 }),
                Some(2 * (2 + 3 * 12_003)),
            ),
            (
                json!({ "type": "array", "prefixItems": [text(1_000), text(500)] }),
                Some(2 * (2 + 12_003 + 6_003)),
            ),
            (
                json!({ "anyOf": [text(1_000), { "type": "null" }] }),
                Some(2 * 12_002),
            ),
            (
                json!({ "oneOf": [object(text(1_000)), object(text(2_000))] }),
                Some(2 * (24_002 + 30)),
            ),
            (json!({ "type": "string", "format": "uuid" }), Some(4_096)),
            (json!({ "type": "string" }), None),
            (object(json!({ "type": "string" })), None),
            (json!({ "type": "array", "items": text(9) }), None),
            (
                json!({ "type": "object", "additionalProperties": text(9), "maxProperties": 2 }),
                None,
            ),
            (json!({ "type": "object", "x-dangerous-open": true }), None),
            (
                json!({ "type": "object", "properties": { "next": { "anyOf": [{ "$ref": "#" }, { "type": "null" }] } } }),
                None,
            ),
        ] {
            assert_eq!(of(rules.clone()), bytes, "{rules}");
        }
    }
}
