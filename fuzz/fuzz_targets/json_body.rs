//! Bodies never panic, and what is accepted is what `serde_json` and `jsonschema` accept.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use portcullis::input::Schema;
use serde_json::Value;

static ARTICLE: LazyLock<Schema> = LazyLock::new(|| {
    let rules = r##"{
        "type": "object",
        "required": ["title"],
        "properties": {
            "title": { "type": "string", "minLength": 1, "maxLength": 8, "pattern": "^[a-z]*$" },
            "level": { "type": "integer", "format": "uint32" },
            "tags": { "type": "array", "uniqueItems": true, "maxItems": 4, "items": { "type": ["number", "null"] } },
            "next": { "anyOf": [{ "$ref": "#" }, { "type": "null" }] },
            "kind": { "oneOf": [{ "type": "string" }, { "type": "boolean" }] },
            "map": { "type": "object", "additionalProperties": { "type": "boolean" } }
        }
    }"##;
    Schema::from_json(rules).expect("the schema compiles")
});
static ORACLE: LazyLock<jsonschema::Validator> =
    LazyLock::new(|| jsonschema::validator_for(ARTICLE.document()).expect("the schema compiles"));

/// Reads the same bodies in its own manner.
#[derive(serde::Deserialize)]
#[allow(dead_code)]
struct Article {
    title: String,
    level: Option<u32>,
    map: Option<std::collections::BTreeMap<String, bool>>,
    next: Option<Box<Article>>,
    kind: Option<Value>,
}

fuzz_target!(|body: &[u8]| {
    let checked = ARTICLE.check(body).is_ok();
    if let Ok(article) = ARTICLE.read::<Article>(body) {
        assert!(checked);
        let alone: Article = serde_json::from_slice(body).expect("it is read without rules too");
        assert_eq!(article.title, alone.title);
    }
    match ARTICLE.read::<Value>(body) {
        Ok(value) => assert!(checked && ORACLE.is_valid(&value)),
        Err(problem) => {
            assert!(!checked);
            assert!(!problem.faults().is_empty());
            let response = problem.into_http::<bytes::Bytes>();
            assert!(response.body().len() <= 8 * 1024);
        }
    }
});
