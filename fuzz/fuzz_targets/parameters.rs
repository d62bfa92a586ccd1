//! Forms never panic, and what is let through is what the rules allow.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use portcullis::input::Schema;

static SEARCH: LazyLock<Schema> = LazyLock::new(|| {
    let rules = r#"{
        "type": "object",
        "properties": {
            "q": { "type": "string", "maxLength": 5 },
            "page": { "type": ["integer", "null"], "minimum": -9, "maximum": 99 },
            "ratio": { "type": "number" },
            "draft": { "type": "boolean" },
            "tag": { "type": "array", "maxItems": 2, "items": { "type": "string", "maxLength": 3 } },
            "id": { "type": "array", "items": { "type": "integer", "format": "uint8" } }
        }
    }"#;
    Schema::from_json(rules).expect("the schema compiles")
});

#[derive(serde::Deserialize)]
struct Search {
    q: Option<String>,
    page: Option<i8>,
    ratio: Option<f64>,
    draft: Option<bool>,
    #[serde(default)]
    tag: Vec<String>,
    #[serde(default)]
    id: Vec<u8>,
}

fuzz_target!(|form: &[u8]| {
    match SEARCH.read_form::<Search>(form) {
        Ok(search) => {
            assert!(search.q.is_none_or(|q| q.chars().count() <= 5));
            assert!(search.page.is_none_or(|page| (-9..=99).contains(&page)));
            assert!(search.ratio.is_none_or(f64::is_finite));
            assert!(search.tag.len() <= 2 && search.id.len() <= 1_024);
            let names = form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
            let known = usize::from(search.draft.is_some()) + search.tag.len() + search.id.len();
            assert!(names.count() >= known);
        }
        Err(problem) => {
            assert!(!problem.faults().is_empty());
            let response = problem.into_http::<bytes::Bytes>();
            assert!(response.body().len() <= 8 * 1024);
        }
    }
});
