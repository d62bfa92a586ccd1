//! Schemas that are taken to the letter.

use portcullis::config::ConfigError;
use portcullis::input::{Lint, Schema};
use serde_json::{Value, json};

const SEVEN: &str = "http://json-schema.org/draft-07/schema#";

fn written(rules: Value) -> Result<Schema, ConfigError> {
    Schema::dangerous_as_written(rules, &[])
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn what_the_letter_allows_is_let_through_in_one_pass_or_not() {
    for (rules, body, is_good, is_one_pass) in [
        (json!(true), r#"{"a":[1]}"#, true, true),
        (json!(false), "1", false, false),
        (json!({}), "[[]]", true, true),
        (
            json!({ "properties": { "a": { "maxLength": 1 } } }),
            r#"{"a":"x","b":1}"#,
            true,
            true,
        ),
        (
            json!({ "properties": { "a": { "maxLength": 1 } } }),
            r#"{"a":"xy"}"#,
            false,
            true,
        ),
        (
            json!({ "properties": { "a": { "maxLength": 1 } } }),
            "7",
            true,
            true,
        ),
        (
            json!({ "prefixItems": [{ "type": "null" }] }),
            "[null, 1]",
            true,
            true,
        ),
        (
            json!({ "prefixItems": [{ "type": "null" }] }),
            "[1]",
            false,
            true,
        ),
        (
            json!({ "nonsense": { "type": "null" }, "format": "uuid" }),
            r#""x""#,
            true,
            true,
        ),
        (json!({ "type": "integer" }), "1.0", true, true),
        (json!({ "type": "integer" }), "1.5", false, true),
        (json!({ "type": ["integer", "string"] }), "1.5", false, true),
        (json!({ "type": ["integer", "number"] }), "1.5", true, true),
        (
            json!({ "type": "integer", "multipleOf": 2 }),
            "4.0",
            true,
            true,
        ),
        (
            json!({ "type": "integer", "multipleOf": 2 }),
            "3",
            false,
            true,
        ),
        (
            json!({ "type": "integer", "multipleOf": 0.5 }),
            "1.5",
            false,
            false,
        ),
        (json!({ "required": ["a"] }), "{}", false, true),
        (
            json!({ "properties": { "a": { "$ref": "#" } }, "type": "object" }),
            r#"{"a":{"a":1}}"#,
            false,
            true,
        ),
        (
            json!({ "$ref": "#/$defs/a", "$defs": { "a": { "type": "null" } } }),
            "1",
            false,
            true,
        ),
        (
            json!({ "$ref": "#/definitions/a", "definitions": { "a": { "type": "null" } } }),
            "null",
            true,
            true,
        ),
        (json!({ "uniqueItems": true }), "[[1],[1.0]]", false, false),
        (json!({ "not": { "type": "null" } }), "null", false, false),
        (
            json!({ "allOf": [{ "$ref": "#/$defs/t" }], "$defs": { "t": { "anyOf": [
            { "type": "null" }, { "items": { "$ref": "#/$defs/t" }, "type": "array" },
        ] } } }),
            "[[null],[[1]]]",
            false,
            false,
        ),
        (
            json!({ "$schema": SEVEN, "items": [true, { "type": "null" }], "additionalItems": false }),
            "[1,null]",
            true,
            true,
        ),
        (
            json!({ "$schema": SEVEN, "items": [true, { "type": "null" }], "additionalItems": false }),
            "[1,null,1]",
            false,
            true,
        ),
        (
            json!({ "$schema": SEVEN, "$ref": "#/definitions/a", "maxLength": 1, "definitions": { "a": {} } }),
            r#""xy""#,
            true,
            false,
        ),
    ] {
        let schema = written(rules.clone()).unwrap();
        assert_eq!(schema.is_one_pass(), is_one_pass, "{rules}");
        let read = schema.read::<Value>(body.as_bytes());
        assert_eq!(read.is_ok(), is_good, "{body} of {rules}");
        assert_eq!(
            schema.check(body.as_bytes()).is_ok(),
            is_good,
            "{body} of {rules}"
        );
    }
}

#[test]
fn what_holds_of_every_body_holds_of_these() {
    let anything = written(json!(true)).unwrap();
    assert_eq!(anything.max_bytes(), 64 * 1024);
    for body in [r#"{"a":1,"a":2}"#, "1e400", "{,}", &"[".repeat(33)] {
        assert!(anything.read::<Value>(body.as_bytes()).is_err(), "{body}");
    }
    assert_eq!(written(json!({ "x-max-bytes": 9 })).unwrap().max_bytes(), 9);
}

#[test]
fn no_such_schema_passes_for_a_bounded_one() {
    for rules in [
        json!(true),
        json!({ "type": "boolean" }),
        json!({ "not": true }),
    ] {
        let found = written(rules).unwrap().findings();
        assert_eq!(
            (found[0].at.as_str(), found[0].lint),
            ("#", Lint::OpenLevel)
        );
    }
}

#[test]
fn a_schema_that_is_none_or_refers_elsewhere_does_not_compile() {
    for rules in [
        json!(7),
        json!({ "type": "strin" }),
        json!({ "pattern": "(a)\\1" }),
        json!({ "$ref": "#/$defs/a" }),
        json!({ "$ref": "https://example.com/" }),
        json!({ "$schema": "https://example.com/" }),
        json!({ "$ref": "file:///etc/passwd" }),
    ] {
        assert!(written(rules.clone()).is_err(), "{rules}");
    }
}

#[test]
fn a_reference_that_leads_to_itself_ends() {
    for rules in [
        json!({ "$ref": "#" }),
        json!({ "allOf": [{ "$ref": "#" }] }),
        json!({ "$ref": "#/$defs/a", "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } } }),
        json!({ "$id": "https://example.com/", "$ref": "https://example.com/" }),
        json!({ "not": { "$ref": "#" } }),
        json!({ "$dynamicRef": "#a", "$dynamicAnchor": "a" }),
        json!({ "unevaluatedProperties": false, "anyOf": [{ "$ref": "#" }] }),
    ] {
        if let Ok(schema) = written(rules) {
            drop(schema.check(b"{}"));
            drop(schema.read::<Value>(b"1"));
        }
    }
}
