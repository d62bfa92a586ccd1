//! Compositions that say something simple, said simply.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::keywords::is_note;
use super::kinds::Kinds;

/// Rewrites a list of constants as an `enum`, and an `allOf` of one as what it holds.
pub(super) fn flatten(schema: &mut Map<String, Value>) {
    if let Some(constants) = constants(schema) {
        schema.remove("oneOf");
        schema.remove("anyOf");
        schema.insert("enum".to_owned(), Value::Array(constants));
    }
    if only_rule(schema) == Some("allOf")
        && let Some(Value::Array(mut list)) = schema.remove("allOf")
    {
        match (list.pop(), list.is_empty()) {
            (Some(Value::Object(only)), true) => {
                for (word, value) in only {
                    schema.entry(word).or_insert(value);
                }
                flatten(schema);
            }
            (last, _) => {
                list.extend(last);
                schema.insert("allOf".to_owned(), Value::Array(list));
            }
        }
    }
}

/// The one word of `schema` that is a rule, if there is one only.
fn only_rule(schema: &Map<String, Value>) -> Option<&str> {
    let mut rules = schema.keys().filter(|word| !is_note(word));
    match (rules.next(), rules.next()) {
        (Some(rule), None) => Some(rule),
        _ => None,
    }
}

/// The values of a `oneOf` or `anyOf` whose branches only name scalars, as `schemars` writes an
/// enum whose variants have descriptions.
fn constants(schema: &Map<String, Value>) -> Option<Vec<Value>> {
    let word = only_rule(schema).filter(|word| matches!(*word, "oneOf" | "anyOf"))?;
    let mut values = Vec::new();
    for branch in schema.get(word)?.as_array()? {
        let branch = branch.as_object()?;
        let kinds = Kinds::of_schema(branch);
        let known = |word: &str| matches!(word, "type" | "const" | "enum") || is_note(word);
        let named = match (branch.get("const"), branch.get("enum")) {
            (Some(value), None) => std::slice::from_ref(value),
            (None, Some(Value::Array(list))) => list,
            _ => return None,
        };
        let plain = |value: &Value| {
            !value.is_array()
                && !value.is_object()
                && !value.is_f64()
                && kinds.has(Kinds::of(value))
        };
        if !branch.keys().all(|word| known(word)) || !named.iter().all(plain) {
            return None;
        }
        if word == "oneOf" && named.iter().any(|value| values.contains(value)) {
            return None;
        }
        values.extend_from_slice(named);
    }
    Some(values)
}

/// The schema of `anyOf: [schema, null]`, as `schemars` writes an optional reference.
pub(super) fn nullable(schema: &Map<String, Value>) -> Option<&Value> {
    let is_null = |schema: &Value| {
        schema.as_object().is_some_and(|schema| {
            only_rule(schema) == Some("type") && Kinds::of_schema(schema) == Kinds::NULL
        })
    };
    only_rule(schema).filter(|word| *word == "anyOf")?;
    match schema.get("anyOf")?.as_array()?.as_slice() {
        [other, null] | [null, other] if is_null(null) && !is_null(other) => Some(other),
        _ => None,
    }
}

/// Whether `schema` says of which kind its values are: if it does not, an array could stand where
/// an object is meant, and be read as one.
pub(super) fn says_kind(schema: &Map<String, Value>) -> bool {
    let says = |branch: &Value| match branch {
        Value::Bool(allowed) => !allowed,
        branch => branch.as_object().is_some_and(says_kind),
    };
    let branches = |word: &str| schema.get(word).and_then(Value::as_array);
    ["type", "enum", "const", "$ref"]
        .iter()
        .any(|word| schema.contains_key(*word))
        || branches("allOf").is_some_and(|all| all.iter().any(says))
        || ["anyOf", "oneOf"]
            .iter()
            .any(|word| branches(word).is_some_and(|any| !any.is_empty() && any.iter().all(says)))
}

/// How many characters a string of the `format` of `schema` has at most, if that bounds them.
pub(super) fn longest_of_format(schema: &Map<String, Value>) -> Option<u64> {
    Some(match schema.get("format")?.as_str()? {
        "date" => 10,
        "ipv4" => 15,
        "uuid" => 36,
        "ipv6" => 45,
        "hostname" => 253,
        _ => return None,
    })
}

/// One step of a JSON pointer in URI fragment form, read.
pub(super) fn unescaped(step: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(step.len());
    let mut rest = step.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (byte, after) = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let digit = |hex: u8| char::from(hex).to_digit(16);
                (u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?, after)
            }
            (b'%' | b'/', _) => return None,
            (plain, after) => (*plain, after),
        };
        bytes.push(byte);
        rest = after;
    }
    let text = String::from_utf8(bytes).ok()?;
    Some(text.replace("~1", "/").replace("~0", "~"))
}

/// One step of a JSON pointer in URI fragment form, written.
pub(super) fn escaped(step: &str) -> String {
    let mut out = String::new();
    for byte in step.replace('~', "~0").replace('/', "~1").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}
