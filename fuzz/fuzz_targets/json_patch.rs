//! A JSON Patch never panics, leaves what is hidden as it is, and grows nothing without bound.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use portcullis::assign::{FieldAllowlist, JsonPatch, JsonPatchRules};
use serde_json::{Value, json};

static RULES: LazyLock<JsonPatchRules> = LazyLock::new(|| {
    let list = |fields: &[&str]| FieldAllowlist::new(fields).expect("the list is well formed");
    JsonPatchRules::new(list(&["/a", "/list", "/o/x", "/o/*/y", "/links/*/url"]))
        .with_readable(list(&["/a", "/list", "/o/x"]))
        .with_max_bytes(4_096)
});

fn document(hidden: u64) -> Value {
    json!({
        "a": 1, "list": ["x", ["y"]], "o": { "x": 2, "hidden": hidden, "n": { "y": 3 } },
        "links": [{ "url": "u", "hidden": hidden }], "hidden": hidden,
    })
}

fuzz_target!(|body: &[u8]| {
    let outcomes = [1_u64, 2].map(|hidden| {
        let patch = JsonPatch::read(body).ok()?;
        let before = document(hidden);
        let mut after = before.clone();
        let applied = patch.apply(&mut after, &RULES);
        if let Err(problem) = applied {
            assert_eq!(after, before);
            return Some(Err(problem.faults().to_vec()));
        }
        assert_eq!(after["hidden"], before["hidden"]);
        assert_eq!(after["o"]["hidden"], before["o"]["hidden"]);
        let kept = after["links"].as_array().expect("the list is there");
        assert!(kept.iter().any(|link| link["hidden"] == hidden));
        assert!(after.to_string().len() <= 4_096);
        Some(Ok(after["a"].clone()))
    });
    // What is hidden makes no difference.
    assert_eq!(outcomes[0], outcomes[1]);
});
