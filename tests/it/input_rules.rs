//! The rules of bodies, without a router around them.

use portcullis::input::Schema;
use portcullis::problem::{Kind, Problem};
use serde_json::{Value, json};

fn schema(rules: Value) -> Schema {
    Schema::from_value(rules).unwrap()
}

/// Where and how `body` breaks the rules, in the order in which it is told.
fn told(schema: &Schema, body: &Value) -> Vec<(String, &'static str)> {
    match schema.check(body.to_string().as_bytes()) {
        Ok(()) => Vec::new(),
        Err(problem) => {
            assert_eq!(problem.kind(), Kind::InvalidBody);
            let faults = problem.faults().iter();
            faults
                .map(|fault| (fault.pointer.clone(), fault.code))
                .collect()
        }
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_rule_has_its_code_on_the_wrong_side_of_its_edge_and_none_on_the_right() {
    let text = |rule: Value| merged(json!({ "type": "string" }), rule);
    let number = |rule: Value| merged(json!({ "type": "number" }), rule);
    let list = |rule: Value| {
        merged(
            json!({ "type": "array", "items": { "type": "integer" } }),
            rule,
        )
    };
    let map = |rule: Value| {
        merged(
            json!({ "type": "object", "additionalProperties": { "type": "integer" } }),
            rule,
        )
    };
    let int = |format: &str| json!({ "type": "integer", "format": format });
    for (rules, good, bad, code) in [
        (
            text(json!({ "minLength": 2 })),
            json!("\u{e9}\u{1f600}"),
            json!("\u{1f600}"),
            "min-length",
        ),
        (
            text(json!({ "maxLength": 2 })),
            json!("\u{e9}\u{1f600}"),
            json!("abc"),
            "max-length",
        ),
        (
            text(json!({ "pattern": "^a\\d$" })),
            json!("a1"),
            json!("a\u{661}"),
            "pattern",
        ),
        (
            text(json!({ "format": "uuid" })),
            json!("2eb8aa08-aa98-11ea-b4aa-73b441d16380"),
            json!("2eb8"),
            "format",
        ),
        (
            text(json!({ "format": "date-time" })),
            json!("2024-02-29T00:00:00Z"),
            json!("2023-02-29T00:00:00Z"),
            "format",
        ),
        (
            text(json!({ "format": "email" })),
            json!("a@example.com"),
            json!("a.example.com"),
            "format",
        ),
        (
            text(json!({ "enum": ["a", "b"] })),
            json!("b"),
            json!("B"),
            "enum",
        ),
        (json!({ "const": 1 }), json!(1), json!(2), "enum"),
        (
            number(json!({ "minimum": 1.5 })),
            json!(1.5),
            json!(1.49),
            "minimum",
        ),
        (
            number(json!({ "maximum": 6 })),
            json!(6.0),
            json!(6.01),
            "maximum",
        ),
        (
            number(json!({ "exclusiveMinimum": 1 })),
            json!(2),
            json!(1),
            "exclusive-minimum",
        ),
        (
            number(json!({ "exclusiveMaximum": 1 })),
            json!(0.99),
            json!(1.0),
            "exclusive-maximum",
        ),
        (
            number(json!({ "multipleOf": 5 })),
            json!(-15),
            json!(16),
            "multiple-of",
        ),
        (
            list(json!({ "minItems": 2 })),
            json!([1, 2]),
            json!([1]),
            "min-items",
        ),
        (
            list(json!({ "maxItems": 2 })),
            json!([1, 2]),
            json!([1, 2, 3]),
            "max-items",
        ),
        (
            list(json!({ "uniqueItems": true, "maxItems": 9 })),
            json!([1, 2]),
            json!([2, 1, 2]),
            "unique-items",
        ),
        (
            map(json!({ "minProperties": 1 })),
            json!({ "a": 1 }),
            json!({}),
            "min-properties",
        ),
        (
            map(json!({ "maxProperties": 1 })),
            json!({ "a": 1 }),
            json!({ "a": 1, "b": 2 }),
            "max-properties",
        ),
        (
            json!({ "type": ["string", "null"] }),
            json!(null),
            json!(false),
            "type",
        ),
        (
            int("int32"),
            json!(i32::MAX),
            json!(i64::from(i32::MAX) + 1),
            "maximum",
        ),
        (
            int("int32"),
            json!(i32::MIN),
            json!(i64::from(i32::MIN) - 1),
            "minimum",
        ),
        (
            int("uint32"),
            json!(u32::MAX),
            json!(u64::from(u32::MAX) + 1),
            "maximum",
        ),
        (int("uint32"), json!(0), json!(-1), "minimum"),
        (int("int64"), json!(i64::MIN), json!(1u64 << 63), "maximum"),
        (int("uint64"), json!(u64::MAX), json!(1e30), "maximum"),
        (int("uint64"), json!(1), json!(1.0), "type"),
        (int("uint64"), json!(1000), json!(1e3), "type"),
        (int("uint64"), json!(0), json!(-0.0), "type"),
        (
            json!({ "type": "number", "format": "float" }),
            json!(1e38),
            json!(1e39),
            "maximum",
        ),
        (
            json!({ "allOf": [{ "type": "string", "maxLength": 1 }] }),
            json!("a"),
            json!("ab"),
            "max-length",
        ),
        (
            json!({ "oneOf": [{ "const": "a", "description": "A" }, { "type": "string", "enum": ["b"] }] }),
            json!("b"),
            json!("c"),
            "enum",
        ),
        (
            json!({ "oneOf": [{ "type": "string" }, { "type": "integer" }] }),
            json!(1),
            json!(true),
            "shape",
        ),
        (
            json!({ "type": "number", "multipleOf": 0.5 }),
            json!(1.5),
            json!(1.25),
            "shape",
        ),
    ] {
        let schema = schema(rules);
        assert_eq!(told(&schema, &good), [], "{schema:?} {good}");
        assert_eq!(
            told(&schema, &bad),
            [("#".to_owned(), code)],
            "{schema:?} {bad}"
        );
    }
}

fn merged(mut one: Value, mut two: Value) -> Value {
    let two = two.as_object_mut().unwrap();
    one.as_object_mut().unwrap().append(two);
    one
}

#[test]
fn a_number_just_beyond_64_bits_breaks_the_bound_and_not_the_syntax() {
    let schema = schema(json!({ "type": "integer", "format": "uint64" }));
    for (text, code) in [
        ("18446744073709551616", "maximum"),
        ("-9223372036854775809", "minimum"),
    ] {
        assert_eq!(
            schema.check(text.as_bytes()).unwrap_err().faults()[0].code,
            code
        );
    }
    let digits = "9".repeat(10_000);
    assert_eq!(
        schema.check(digits.as_bytes()).unwrap_err().kind(),
        Kind::MalformedBody
    );
}

#[test]
fn a_tuple_ends_where_its_schema_does() {
    let pair = schema(json!({ "type": "array", "prefixItems": [{ "type": "string" }] }));
    assert_eq!(told(&pair, &json!(["a"])), []);
    assert_eq!(
        told(&pair, &json!(["a", 1])),
        [("#/1".to_owned(), "forbidden")]
    );
}

#[test]
fn a_schema_of_an_older_draft_is_closed_and_read_by_what_it_means() {
    let old = schema(json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {
            "pair": { "type": "array", "items": [{ "type": "string" }, { "type": "integer" }], "additionalItems": false },
            "card": { "$ref": "#/definitions/card" },
        },
        "definitions": { "card": {
            "type": "object",
            "properties": { "number": { "type": "string" }, "address": { "type": "string" } },
            "dependencies": { "number": ["address"] },
        } },
    }));
    assert_eq!(
        told(
            &old,
            &json!({ "pair": ["a", 1], "card": { "address": "x", "number": "1" } })
        ),
        []
    );
    for (bad, pointer, code) in [
        (json!({ "pair": ["a", "b"] }), "#/pair/1", "type"),
        (json!({ "pair": ["a", 1, 2] }), "#/pair/2", "forbidden"),
        (json!({ "card": { "number": "1" } }), "#/card", "shape"),
        (json!({ "card": { "pin": "1" } }), "#/card", "shape"),
        (json!({ "role": 1 }), "#/role", "unknown-field"),
    ] {
        assert_eq!(told(&old, &bad), [(pointer.to_owned(), code)], "{bad}");
    }
}

#[test]
fn closing_reaches_every_level_and_what_is_composed_is_closed_from_outside() {
    let item = json!({ "type": "object", "properties": { "a": { "type": "integer" } } });
    let tagged = |tag: &str| {
        json!({
            "type": "object",
            "properties": { "kind": { "const": tag }, tag: { "type": "integer" } },
            "required": ["kind"],
        })
    };
    let rules = schema(json!({
        "type": "object",
        "properties": {
            "one": item,
            "list": { "type": "array", "items": { "$ref": "#/definitions/item" } },
            "map": { "type": "object", "additionalProperties": item },
            "maybe": { "anyOf": [{ "$ref": "#/definitions/item" }, { "type": "null" }] },
            "self": { "anyOf": [{ "type": "null" }, { "$ref": "#" }] },
            "both": { "allOf": [{ "$ref": "#/definitions/item" }], "properties": { "b": {} , "c": item } },
            "tagged": { "oneOf": [tagged("x"), tagged("y")] },
            "open": { "type": "object", "x-dangerous-open": true },
        },
        "definitions": { "item": item },
    }).pointer_set("/properties/both/properties/b", json!({ "type": "integer" })));
    for good in [
        json!({ "one": { "a": 1 }, "list": [{ "a": 1 }], "map": { "k": { "a": 1 } }, "maybe": null }),
        json!({ "maybe": { "a": 1 }, "self": { "self": { "one": {} } } }),
        json!({ "both": { "a": 1, "b": 2, "c": { "a": 1 } }, "tagged": { "kind": "x", "x": 1 } }),
        json!({ "open": { "whatever": { "you": ["like"] } } }),
    ] {
        assert_eq!(told(&rules, &good), [], "{good}");
    }
    for (bad, pointer, code) in [
        (json!({ "role": 1 }), "#/role", "unknown-field"),
        (json!({ "__proto__": 1 }), "#/__proto__", "unknown-field"),
        (json!({ "One": {} }), "#/One", "unknown-field"),
        (json!({ "one\u{0}": {} }), "#/one%00", "unknown-field"),
        (json!({ "one": { "b": 1 } }), "#/one/b", "unknown-field"),
        (json!({ "one": [1] }), "#/one", "type"),
        (
            json!({ "list": [{}, { "b": { "c": 1 } }] }),
            "#/list/1/b",
            "unknown-field",
        ),
        (
            json!({ "map": { "k/1": { "b": 1 } } }),
            "#/map/k~11/b",
            "unknown-field",
        ),
        (json!({ "maybe": { "b": 1 } }), "#/maybe/b", "unknown-field"),
        (
            json!({ "self": { "self": { "b": 1 } } }),
            "#/self/self/b",
            "unknown-field",
        ),
        (json!({ "both": { "d": 1 } }), "#/both", "shape"),
        (json!({ "both": { "c": { "b": 1 } } }), "#/both", "shape"),
        (json!({ "both": [1] }), "#/both", "shape"),
        (
            json!({ "tagged": { "kind": "x", "y": 1 } }),
            "#/tagged",
            "shape",
        ),
        (
            json!({ "tagged": { "kind": "x", "role": 1 } }),
            "#/tagged",
            "shape",
        ),
        (json!({ "tagged": ["x", 1] }), "#/tagged", "shape"),
    ] {
        assert_eq!(told(&rules, &bad), [(pointer.to_owned(), code)], "{bad}");
    }
}

trait PointerSet {
    fn pointer_set(self, pointer: &str, value: Value) -> Value;
}

impl PointerSet for Value {
    fn pointer_set(mut self, pointer: &str, value: Value) -> Value {
        *self.pointer_mut(pointer).unwrap() = value;
        self
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn a_schema_that_is_wrong_or_open_does_not_compile_and_says_where() {
    let object = |part: Value| json!({ "type": "object", "properties": { "a": part } });
    let looped = json!({
        "type": "object",
        "properties": { "e": { "$ref": "#/$defs/E" } },
        "$defs": { "E": { "anyOf": [
            { "type": "object", "properties": { "e": { "$ref": "#/$defs/E" } } },
            { "type": "object", "properties": { "f": { "type": "integer" }, "e": { "$ref": "#/$defs/E" } } },
        ] } },
    });
    for (rules, word) in [
        (json!(true), "#"),
        (json!({}), "#"),
        (
            json!({ "type": "null", "$defs": { "a": true }, "definitions": { "a": false } }),
            "keep one",
        ),
        (
            json!({ "properties": { "a": { "type": "string" } } }),
            "`type`",
        ),
        (object(json!(true)), "#/properties/a"),
        (
            object(json!({ "description": "anything" })),
            "#/properties/a",
        ),
        (object(json!({ "type": "array" })), "`items`"),
        (
            object(json!({ "type": "array", "items": true })),
            "#/properties/a/items",
        ),
        (
            object(json!({ "type": "array", "items": {} })),
            "#/properties/a/items",
        ),
        (
            object(json!({ "type": "array", "prefixItems": [true] })),
            "prefixItems/0",
        ),
        (
            object(json!({ "type": "object", "patternProperties": { "a": true } })),
            "patternProperties/a",
        ),
        (
            object(json!({ "oneOf": [{ "type": "object", "properties": { "b": true } }] })),
            "properties/b",
        ),
        (
            object(json!({ "oneOf": [{ "type": "object", "additionalProperties": true }] })),
            "oneOf/0",
        ),
        (
            object(json!({ "type": "object", "additionalProperties": true })),
            "#/properties/a",
        ),
        (
            object(json!({ "type": "string", "maxLenght": 3 })),
            "maxLenght",
        ),
        (
            object(json!({ "type": "integer", "maxLength": 3 })),
            "maxLength",
        ),
        (
            object(json!({ "type": "string", "format": "iban" })),
            "iban",
        ),
        (
            object(json!({ "type": "string", "pattern": "(?=a)b" })),
            "pattern",
        ),
        (object(json!({ "type": "string", "pattern": "(a)\\1" })), ""),
        (object(json!({ "type": "string", "pattern": "(" })), ""),
        (object(json!({ "type": "strin" })), ""),
        (object(json!({ "type": "string", "minLength": -1 })), ""),
        (
            object(json!({ "$ref": "https://example.com/schema.json" })),
            "$ref",
        ),
        (object(json!({ "$ref": "file:///etc/schema.json" })), "$ref"),
        (object(json!({ "$ref": "other.json#/a" })), "$ref"),
        (object(json!({ "$ref": "#/$defs/none" })), "$ref"),
        (object(json!({ "$dynamicRef": "#a" })), "$dynamicRef"),
        (
            object(json!({ "type": "array", "items": { "type": "integer" }, "uniqueItems": true })),
            "maxItems",
        ),
        (
            object(
                json!({ "type": "array", "items": { "type": "object" }, "maxItems": 3, "uniqueItems": true }),
            ),
            "uniqueItems",
        ),
        (
            object(json!({ "anyOf": [{ "minLength": 1 }, { "type": "integer" }] })),
            "`type`",
        ),
        (
            merged(
                object(json!({ "type": "string" })),
                json!({ "required": ["b"] }),
            ),
            "`b`",
        ),
        (
            merged(
                object(json!({ "type": "string" })),
                json!({ "$schema": "http://json-schema.org/draft-06/schema#" }),
            ),
            "2020-12",
        ),
        (
            merged(
                object(json!({ "type": "string" })),
                json!({ "x-max-bytes": 0 }),
            ),
            "x-max-bytes",
        ),
        (
            merged(
                object(json!({ "type": "string" })),
                json!({ "x-invalid-status": 200 }),
            ),
            "x-invalid-status",
        ),
        (json!({ "$ref": "#" }), "nowhere"),
        (looped, "itself"),
    ] {
        let error = Schema::from_value(rules.clone()).expect_err(&rules.to_string());
        assert!(error.to_string().contains(word), "{rules}: {error}");
    }
}

#[test]
fn a_body_that_keeps_the_rules_and_does_not_fit_the_type_is_refused_without_a_word_of_serde() {
    let strict = schema(json!({ "type": "string" }));
    let problem: Problem = strict.read::<u8>(br#""canary-value""#).unwrap_err();
    assert_eq!(
        (problem.kind(), problem.faults()[0].code),
        (Kind::InvalidBody, "type")
    );
    assert!(!format!("{problem:?} {problem} {:?}", problem.faults()).contains("canary"));
    assert!(std::error::Error::source(&problem).is_none());
}

mod derived {
    use std::collections::{BTreeMap, BTreeSet, HashMap};

    use portcullis::assign::Field;
    use schemars::JsonSchema;
    use serde::Deserialize;

    use super::*;

    /// What `serde` and `schemars` can be asked for.
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "only read from bodies")]
    pub(super) struct Everything {
        first_name: String,
        counts: HashMap<String, u32>,
        by_number: BTreeMap<u8, bool>,
        #[schemars(length(max = 3))]
        set: BTreeSet<Mood>,
        pair: (String, i8),
        letter: char,
        next: Option<Box<Everything>>,
        mood: Option<Mood>,
        plain: Option<Plain>,
        outside: Option<Outside>,
        either: Option<Either>,
        #[serde(default)]
        bio: Field<String>,
        #[schemars(extend("x-dangerous-open" = true))]
        free: Option<Value>,
        big: Option<u128>,
        wait: Option<std::time::Duration>,
    }

    #[derive(Debug, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
    #[serde(rename_all = "lowercase")]
    pub(super) enum Mood {
        /// All is well.
        Fine,
        /// It is not.
        Sad,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only read from bodies")]
    pub(super) struct Plain {
        a: u8,
        #[serde(flatten)]
        rest: Rest,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only read from bodies")]
    pub(super) struct Rest {
        b: u8,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only read from bodies")]
    pub(super) enum Outside {
        Unit,
        New(u8),
        Pair(u8, bool),
        Struct { a: u8 },
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only read from bodies")]
    pub(super) enum Either {
        One { one: u8 },
        Text(String),
    }
}

#[test]
fn what_serde_and_schemars_derive_is_read_and_closed() {
    let schema = Schema::of::<derived::Everything>().unwrap();
    let least = json!({
        "firstName": "a", "counts": { "x": 1 }, "byNumber": { "7": true }, "set": ["fine"],
        "pair": ["a", 1], "letter": "x",
    });
    let read = |body: &Value| schema.read::<derived::Everything>(body.to_string().as_bytes());
    assert!(read(&least).is_ok(), "{:?}", told(schema, &least));
    for (name, value) in [
        ("next", least.clone()),
        ("next", json!(null)),
        ("mood", json!("sad")),
        ("plain", json!({ "a": 1, "b": 2 })),
        ("outside", json!("Unit")),
        ("outside", json!({ "New": 1 })),
        ("outside", json!({ "Pair": [1, true] })),
        ("outside", json!({ "Struct": { "a": 1 } })),
        ("either", json!({ "one": 1 })),
        ("either", json!("text")),
        ("bio", json!(null)),
        ("bio", json!("text")),
        ("free", json!({ "a": [{ "b": null }] })),
        ("big", json!(u64::MAX)),
        ("wait", json!({ "secs": 1, "nanos": 0 })),
    ] {
        let body = merged(least.clone(), json!({ name: value }));
        assert!(read(&body).is_ok(), "{body} {:?}", told(schema, &body));
    }
    for (name, value, pointer, code) in [
        ("role", json!(1), "#/role", "unknown-field"),
        ("first_name", json!("a"), "#/first_name", "unknown-field"),
        ("counts", json!({ "x": -1 }), "#/counts/x", "minimum"),
        (
            "counts",
            json!({ "x": 1_u64 << 32 }),
            "#/counts/x",
            "maximum",
        ),
        ("byNumber", json!({ "x": true }), "#/byNumber", "shape"),
        ("byNumber", json!({ "256": true }), "#", "type"),
        ("set", json!(["fine", "fine"]), "#/set", "unique-items"),
        ("set", json!(["glad"]), "#/set/0", "enum"),
        ("pair", json!(["a", 1, 2]), "#/pair/2", "forbidden"),
        ("pair", json!(["a", 128]), "#/pair/1", "maximum"),
        ("letter", json!("ab"), "#/letter", "max-length"),
        (
            "next",
            merged(least.clone(), json!({ "x": 1 })),
            "#/next/x",
            "unknown-field",
        ),
        (
            "plain",
            json!({ "a": 1, "b": 2, "c": 3 }),
            "#/plain/c",
            "unknown-field",
        ),
        ("plain", json!([1, 2]), "#/plain", "type"),
        (
            "outside",
            json!({ "Struct": { "a": 1, "b": 2 } }),
            "#/outside",
            "shape",
        ),
        ("outside", json!({ "Struct": [1] }), "#/outside", "shape"),
        (
            "outside",
            json!({ "New": 1, "Pair": [1, true] }),
            "#/outside",
            "shape",
        ),
        ("either", json!({ "one": 1, "two": 2 }), "#/either", "shape"),
        ("either", json!([1]), "#/either", "shape"),
        ("bio", json!(1), "#/bio", "type"),
        ("big", json!(1e30), "#/big", "maximum"),
        (
            "wait",
            json!({ "secs": 1, "nanos": 0, "x": 0 }),
            "#/wait/x",
            "unknown-field",
        ),
    ] {
        let body = merged(least.clone(), json!({ name: value }));
        let problem = read(&body).expect_err(&body.to_string());
        let first = &problem.faults()[0];
        assert_eq!(
            (first.pointer.as_str(), first.code),
            (pointer, code),
            "{body}"
        );
    }
}

#[test]
fn a_composition_of_values_without_members_is_not_closed_as_an_object() {
    for (kind, is_closed) in [("string", false), ("object", true)] {
        let rules = json!({ "type": kind, "anyOf": [{ "const": "a" }, { "const": {} }] });
        let schema = Schema::from_value(rules).unwrap();
        let closes = schema.document().get("unevaluatedProperties").is_some();
        assert_eq!(closes, is_closed, "{kind}");
        assert!(
            Schema::from_value(schema.document().clone()).is_ok(),
            "{kind}"
        );
    }
}
