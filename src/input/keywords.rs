//! The words of JSON Schema (2020-12) that this crate knows. A word that is not in these lists
//! stops the schema from compiling: a rule that nobody checks is worse than none.

use serde_json::{Map, Value};

use super::kinds::Kinds;
use crate::config::ConfigError;

/// Opens one level: members without a rule, or values of any kind, are let through there.
pub(super) const OPEN: &str = "x-dangerous-open";

/// Says nothing about values.
const NOTES: &[&str] = &[
    "$comment",
    "$defs",
    "$schema",
    "contentEncoding",
    "contentMediaType",
    "default",
    "definitions",
    "deprecated",
    "description",
    "discriminator",
    "example",
    "examples",
    "externalDocs",
    "readOnly",
    "title",
    "writeOnly",
];

/// Checked by the collector, with the kind of value that each speaks of.
const NATIVE: &[(&str, Kinds)] = &[
    ("$ref", Kinds::ANY),
    ("additionalProperties", Kinds::OBJECT),
    ("const", Kinds::ANY),
    ("enum", Kinds::ANY),
    ("exclusiveMaximum", Kinds::NUMBER),
    ("exclusiveMinimum", Kinds::NUMBER),
    ("format", Kinds::STRING.or(Kinds::NUMBER)),
    ("items", Kinds::ARRAY),
    ("maxItems", Kinds::ARRAY),
    ("maxLength", Kinds::STRING),
    ("maxProperties", Kinds::OBJECT),
    ("maximum", Kinds::NUMBER),
    ("minItems", Kinds::ARRAY),
    ("minLength", Kinds::STRING),
    ("minProperties", Kinds::OBJECT),
    ("minimum", Kinds::NUMBER),
    ("multipleOf", Kinds::NUMBER),
    ("pattern", Kinds::STRING),
    ("prefixItems", Kinds::ARRAY),
    ("properties", Kinds::OBJECT),
    ("required", Kinds::OBJECT),
    ("type", Kinds::ANY),
    ("uniqueItems", Kinds::ARRAY),
];

/// Several schemas for one value.
const COMPOSING: &[&str] = &[
    "allOf",
    "anyOf",
    "dependentSchemas",
    "else",
    "if",
    "not",
    "oneOf",
    "then",
];

/// Left to the `jsonschema` crate without being several schemas for one value.
const FOREIGN: &[(&str, Kinds)] = &[
    ("contains", Kinds::ARRAY),
    ("dependentRequired", Kinds::OBJECT),
    ("maxContains", Kinds::ARRAY),
    ("minContains", Kinds::ARRAY),
    ("patternProperties", Kinds::OBJECT),
    ("propertyNames", Kinds::OBJECT),
    ("unevaluatedItems", Kinds::ARRAY),
    ("unevaluatedProperties", Kinds::OBJECT),
];

/// Formats that are checked. All others must be known to be the target type's own business.
const FORMATS: &[&str] = &[
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "time",
    "uri",
    "uuid",
];

/// Formats that the target type checks by itself, or that only speak of storage.
const LEFT_TO_TYPE: &[&str] = &[
    "double",
    "float",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "int128",
    "ip",
    "partial-date-time",
    "password",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "uint128",
];

/// Whether the collector asks `jsonschema` about strings of this format.
pub(super) fn is_checked_format(format: &str) -> bool {
    FORMATS.contains(&format)
}

/// Whether `word` says nothing about values.
pub(super) fn is_note(word: &str) -> bool {
    NOTES.contains(&word) || word.starts_with("x-")
}

/// Whether `word` says something about values that is checked.
pub(super) fn is_rule(word: &str) -> bool {
    let mut all = NATIVE.iter().chain(FOREIGN);
    all.any(|(known, _)| *known == word) || COMPOSING.contains(&word)
}

/// Whether several schemas speak of the one value that `schema` is for.
pub(super) fn is_composed(schema: &Map<String, Value>) -> bool {
    let rules = schema.keys().filter(|word| !is_note(word)).count();
    (schema.contains_key("$ref") && rules > 1)
        || schema.keys().any(|word| COMPOSING.contains(&word.as_str()))
}

/// Whether the collector knows each word of `schema` in the form that it has there.
pub(super) fn is_native(schema: &Map<String, Value>) -> bool {
    let known = |word: &str| NATIVE.iter().any(|(native, _)| *native == word);
    let scalar = |value: &Value| !value.is_array() && !value.is_object();
    !is_composed(schema)
        && schema.iter().all(|(word, value)| match word.as_str() {
            "const" => scalar(value),
            "enum" => value.as_array().is_some_and(|list| list.iter().all(scalar)),
            "multipleOf" => value.as_u64().is_some_and(|divisor| divisor <= 1 << 53),
            word => known(word) || is_note(word),
        })
}

/// Every word must be known, and speak of a kind of value that its schema allows.
pub(super) fn check_words(schema: &Map<String, Value>, at: &str) -> Result<(), ConfigError> {
    let kinds = Kinds::of_schema(schema);
    for (word, value) in schema {
        let spoken_of = NATIVE
            .iter()
            .chain(FOREIGN)
            .find(|(known, _)| known == word);
        match spoken_of {
            Some((_, spoken_of)) if !kinds.meets(*spoken_of) => {
                return Err(ConfigError::new(format!(
                    "schema {at}: `{word}` never applies to values of this type; remove it"
                )));
            }
            Some(_) => {}
            None if is_note(word) || COMPOSING.contains(&word.as_str()) => {}
            None => {
                return Err(ConfigError::new(format!(
                    "schema {at}: `{word}` is not a word that is checked here; remove it, or name \
                     it `x-...` if it is a note"
                )));
            }
        }
        if word == "format" {
            let format = value.as_str().unwrap_or_default();
            if !FORMATS.contains(&format) && !LEFT_TO_TYPE.contains(&format) {
                return Err(ConfigError::new(format!(
                    "schema {at}: nothing here checks the format `{format}`; state a `pattern`"
                )));
            }
        }
    }
    Ok(())
}

/// What a schema within a schema speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaks {
    /// Of a part of the value.
    Part,
    /// Of the value itself.
    Value,
    /// Of something that is asked and not demanded.
    Question,
}

/// The schemas directly within `schema`, with the words that hold them.
pub(super) fn within(schema: &mut Map<String, Value>) -> Vec<(String, Speaks, &mut Value)> {
    let mut found = Vec::new();
    for (word, value) in schema {
        let speaks = match word.as_str() {
            "additionalProperties"
            | "items"
            | "patternProperties"
            | "prefixItems"
            | "properties"
            | "unevaluatedItems"
            | "unevaluatedProperties" => Speaks::Part,
            "allOf" | "anyOf" | "dependentSchemas" | "else" | "oneOf" | "then" => Speaks::Value,
            "contains" | "if" | "not" | "propertyNames" => Speaks::Question,
            _ => continue,
        };
        match (word.as_str(), value) {
            ("dependentSchemas" | "patternProperties" | "properties", Value::Object(named)) => {
                for (name, schema) in named {
                    found.push((format!("{word}/{name}"), speaks, schema));
                }
            }
            ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(list)) => {
                for (i, schema) in list.iter_mut().enumerate() {
                    found.push((format!("{word}/{i}"), speaks, schema));
                }
            }
            (_, schema) => found.push((word.clone(), speaks, schema)),
        }
    }
    found
}
