//! `input`, bodies that try to get past the rules by way of the type.

use std::collections::BTreeMap;

use portcullis::input::{RequestSchema, Schema};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

fn read<T: for<'a> Deserialize<'a> + RequestSchema>(body: &str) -> Result<T, u16> {
    let schema = Schema::of::<T>().unwrap();
    let read = schema.read::<T>(body.as_bytes());
    read.map_err(|problem| problem.status().as_u16())
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Labelled {
    #[schemars(with = "BTreeMap<String, String>")]
    labels: Value,
}

#[test]
fn no_text_within_a_string_is_parsed_past_the_rules() {
    let labelled: Labelled = read(r#"{"labels": {"a": "b"}}"#).unwrap();
    assert_eq!(labelled.labels, json!({"a": "b"}));
    let inner = r#"{\"admin\": true, \"admin\": [[1]]}"#;
    for name in ["RawValue", "Number", "R\\u0061wValue"] {
        let body = format!(r#"{{"labels": {{"$serde_json::private::{name}": "{inner}"}}}}"#);
        let refused = read::<Labelled>(&body);
        assert!(refused.is_err(), "{refused:?} of {body}");
    }
}

/// Takes what cannot be read for nothing.
#[expect(clippy::unnecessary_wraps, reason = "what serde asks for")]
fn lossy<'a, T: Deserialize<'a>, D: Deserializer<'a>>(d: D) -> Result<Option<T>, D::Error> {
    Ok(T::deserialize(d).ok())
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Forgiving {
    #[serde(default, deserialize_with = "lossy")]
    #[schemars(with = "u8", range(max = 9))]
    n: Option<u8>,
    #[serde(default, deserialize_with = "lossy")]
    #[schemars(with = "Vec<u8>", length(max = 2))]
    list: Option<Vec<u8>>,
    #[serde(default, deserialize_with = "lossy")]
    #[schemars(with = "Inner")]
    inner: Option<Inner>,
    #[serde(default)]
    b: u8,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Inner {
    x: u8,
}

#[test]
fn a_type_that_bears_errors_hides_no_fault() {
    let body = r#"{"n": 9, "list": [1, 2], "inner": {"x": 1}, "b": 5}"#;
    let read_well: Forgiving = read(body).unwrap();
    let sum = read_well.list.unwrap().len() + usize::from(read_well.inner.unwrap().x);
    assert_eq!((read_well.n, sum, read_well.b), (Some(9), 3, 5));
    for body in [
        r#"{"n": 100}"#,
        r#"{"n": "x"}"#,
        r#"{"list": [1, 2, 3]}"#,
        r#"{"list": [1, 300]}"#,
        r#"{"list": [1, 2, 3,, "b": 5}"#,
        r#"{"inner": {}}"#,
        r#"{"inner": {"x": 1, "x": 2}}"#,
        r#"{"inner": {"x": 1, "role": "admin"}}"#,
        r#"{"inner": {"x": 1, "role", "b": 5}"#,
    ] {
        let refused = read::<Forgiving>(body);
        assert!(refused.is_err(), "{refused:?} of {body}");
    }
}

#[test]
fn no_question_opens_an_object() {
    let schema = |question: Value| {
        Schema::from_value(json!({
            "type": "object",
            "properties": {"a": {"type": "string", "maxLength": 5}},
            "if": question,
            "then": {"required": ["a"]}
        }))
    };
    assert!(schema(json!({"properties": {"a": {"const": "x"}}})).is_ok());
    for question in [
        json!({"properties": {"role": true}, "required": ["role"]}),
        json!({"additionalProperties": true}),
        json!({"patternProperties": {"^r": true}}),
        json!({"allOf": [{"properties": {"role": true}}]}),
    ] {
        let fault = schema(question.clone()).err();
        let fault = fault.map(|fault| fault.to_string()).unwrap_or_default();
        assert!(fault.contains("`if`"), "{fault:?} of {question}");
    }
}
