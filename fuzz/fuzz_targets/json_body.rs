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

fuzz_target!(|body: &[u8]| {
    match ARTICLE.read::<Value>(body) {
        Ok(value) => assert!(ORACLE.is_valid(&value)),
        Err(problem) => {
            assert!(!problem.faults().is_empty());
            let response = problem.into_http::<bytes::Bytes>();
            assert!(response.body().len() <= 8 * 1024);
        }
    }
});
