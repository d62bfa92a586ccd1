//! Schemas, documents and a type for the tests of agreement.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// Schemas of the words that the collector knows, and some that it leaves to others.
pub(super) fn any_schema() -> impl Strategy<Value = Value> {
    let bound = 0..4_u64;
    let leaf = prop_oneof![
        (bound.clone(), bound.clone()).prop_map(|(min, more)| {
            json!({ "type": "string", "minLength": min, "maxLength": min + more })
        }),
        Just(json!({ "type": ["string", "null"], "pattern": "^a*b?$" })),
        (-3..3_i64, 0..4_i64).prop_map(|(min, more)| {
            json!({ "type": "integer", "minimum": min, "maximum": min + more })
        }),
        (-3..3_i64).prop_map(|over| json!({ "type": "number", "exclusiveMinimum": over })),
        (1..4_u64).prop_map(|by| json!({ "type": ["number", "boolean"], "multipleOf": by })),
        Just(json!({ "enum": ["a", 1, null, 1.5] })),
        Just(json!({ "type": "integer", "format": "int32" })),
        Just(json!({ "type": "boolean" })),
        Just(json!({ "$ref": "#/$defs/leaf" })),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            (inner.clone(), 0..3_u64, 0..3_u64).prop_map(|(items, min, more)| {
                json!({ "type": "array", "items": items, "minItems": min, "maxItems": min + more })
            }),
            Just(json!({ "type": "array", "uniqueItems": true, "maxItems": 3,
                "items": { "type": ["number", "string", "null"] } })),
            (inner.clone(), inner.clone()).prop_map(|(one, two)| {
                json!({ "type": "array", "prefixItems": [one], "items": two })
            }),
            (inner.clone(), inner.clone(), any::<bool>()).prop_map(|(one, two, required)| {
                let required = if required { json!(["a"]) } else { json!([]) };
                json!({ "type": "object", "properties": { "a": one, "b": two }, "required": required })
            }),
            (inner.clone(), bound.clone()).prop_map(|(each, most)| {
                json!({ "type": "object", "additionalProperties": each, "maxProperties": most })
            }),
            inner.clone().prop_map(|other| json!({ "anyOf": [other, { "type": "null" }] })),
            inner.clone().prop_map(|other| json!({ "allOf": [other] })),
            (inner.clone(), inner).prop_map(|(one, two)| json!({ "oneOf": [one, two] })),
        ]
    })
    .prop_map(|rules| {
        let leaf = json!({ "type": "object", "properties": { "a": { "type": "null" } } });
        let mut rules = rules;
        rules["$defs"] = json!({ "leaf": leaf });
        rules
    })
    .prop_filter("sets do not stand in compositions", |rules| {
        let text = rules.to_string();
        !(text.contains("oneOf") && text.contains("uniqueItems"))
    })
}

/// Several such schemas for one value, put together in every way that there is.
pub(super) fn any_composition() -> impl Strategy<Value = Value> {
    let part = any_schema().prop_map(|mut part| {
        part.as_object_mut().and_then(|part| part.remove("$defs"));
        part
    });
    let list = ["allOf", "anyOf", "oneOf"];
    (
        prop::sample::select(list.to_vec()),
        prop::collection::vec(part, 4),
        0..8_u8,
    )
        .prop_map(|(word, parts, also)| {
            let [one, two, three, four] = &parts[..] else {
                unreachable!("four are made")
            };
            let mut rules = json!({
                word: [one, { "properties": { "a": two, "c": true } }, { "not": three }],
                "$defs": { "leaf": { "properties": { "a": { "type": "null" } } } },
            });
            let more = [
                ("if", json!({ "required": ["a"] })),
                ("then", json!({ "properties": { "b": four } })),
                ("contains", two.clone()),
                ("patternProperties", json!({ "^[bc]": four })),
                ("dependentRequired", json!({ "a": ["b"] })),
                ("propertyNames", json!({ "maxLength": 1 })),
                ("unevaluatedProperties", json!(false)),
                ("unevaluatedItems", one.clone()),
            ];
            for (at, (word, rule)) in more.into_iter().enumerate() {
                if usize::from(also) & at != 0 {
                    rules[word] = rule;
                }
            }
            rules
        })
}

/// Documents that come near to such schemas. No float is whole: of `1.0` the collector and JSON
/// Schema think differently, on purpose.
pub(super) fn any_document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-4..8_i64).prop_map(Value::from),
        (-4..8_i32).prop_map(|n| json!(f64::from(n) + 0.5)),
        Just(json!(1_i64 << 40)),
        "[ab]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[abc]", inner, 0..3)
                .prop_map(|members| json!(members)),
        ]
    })
}

/// A type with all that makes `serde` ask its way through a body in a special manner.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read from bodies")]
pub(super) struct Wide {
    counts: BTreeMap<String, u32>,
    by_number: BTreeMap<u8, Option<bool>>,
    pair: (String, i8),
    letter: char,
    #[schemars(length(max = 3))]
    set: BTreeSet<i32>,
    #[serde(default)]
    next: Option<Box<Wide>>,
    #[serde(default)]
    pub(super) mood: Option<Mood>,
    #[serde(default)]
    plain: Option<Plain>,
    #[serde(default)]
    outside: Option<Outside>,
    #[serde(default)]
    inside: Option<Inside>,
    #[serde(default)]
    either: Option<Either>,
    #[serde(default)]
    big: Option<u128>,
    #[serde(default)]
    small: Option<f32>,
    #[serde(default)]
    unit: (),
    #[serde(default)]
    wrapped: Wrapped,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only read from bodies")]
pub(super) struct Wrapped(#[schemars(range(max = 9))] u64);

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) enum Mood {
    Fine,
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
#[serde(tag = "kind")]
#[expect(dead_code, reason = "only read from bodies")]
pub(super) enum Inside {
    Circle { radius: u8 },
    Point,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only read from bodies")]
pub(super) enum Either {
    One { one: u8 },
    Text(String),
}

pub(super) fn wide() -> Value {
    let least = json!({
        "counts": { "a": 1, "b": 2 }, "by_number": { "7": true, "8": null }, "pair": ["a", 1],
        "letter": "x", "set": [1, 2],
    });
    let mut all = least.clone();
    let more = json!({
        "next": least, "mood": "Fine", "plain": { "a": 1, "b": 2 }, "outside": { "Pair": [1, true] },
        "inside": { "kind": "Circle", "radius": 1 }, "either": { "one": 1 }, "big": 3, "small": 0.5,
        "unit": null, "wrapped": 3,
    });
    for (name, value) in more.as_object().unwrap() {
        all[name.as_str()] = value.clone();
    }
    all
}

/// What may stand anywhere in place of what is there.
pub(super) fn any_part() -> impl Strategy<Value = Value> {
    prop_oneof![
        any_document(),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!(u64::MAX)),
        prop::sample::select(vec![
            json!("Fine"),
            json!("Unit"),
            json!({ "Unit": null }),
            json!({ "New": 2 }),
            json!({ "Struct": { "a": 1 } }),
            json!({ "Struct": [1] }),
            json!({ "Fine": null }),
            json!({ "kind": "Point" }),
            json!(["Circle", 1]),
            json!({ "kind": "Point", "radius": 1 }),
            json!([1, 2]),
            json!([2, 2]),
            json!(1.0),
            json!("xy"),
            json!({ "a": 1, "b": 2, "c": 3 }),
            json!({ "256": true }),
            json!({ "07": true }),
            json!({ "7": true, "07": true }),
        ]),
    ]
}

/// Puts `part` in place of one of the values of `body`, or beside it.
pub(super) fn disturbed(mut body: Value, at: usize, beside: bool, part: Value) -> Value {
    let mut left = at;
    let mut found = Some(part);
    disturb(&mut body, &mut left, beside, &mut found);
    body
}

fn disturb(value: &mut Value, left: &mut usize, beside: bool, part: &mut Option<Value>) {
    if part.is_none() {
        return;
    }
    if *left == 0 {
        let part = part.take().unwrap();
        match value {
            Value::Object(members) if beside => drop(members.insert("zz".to_owned(), part)),
            Value::Array(items) if beside => items.push(part),
            _ => *value = part,
        }
        return;
    }
    *left -= 1;
    match value {
        Value::Object(members) => members
            .values_mut()
            .for_each(|value| disturb(value, left, beside, part)),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|value| disturb(value, left, beside, part)),
        _ => {}
    }
}
