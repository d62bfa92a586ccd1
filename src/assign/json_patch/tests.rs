//! Patches as a whole.

mod bounded;
mod hidden;
mod listed;
mod standard;

use serde_json::{Value, json};

use super::{JsonPatch, JsonPatchRules};
use crate::assign::FieldAllowlist;

const SETTABLE: [&str; 5] = ["/a", "/list", "/o/x", "/links/*/url", "/secret"];
const READABLE: [&str; 4] = ["/a", "/list", "/o/x", "/shown"];

fn document() -> Value {
    json!({
        "a": 1, "list": ["x", ["y"]], "o": { "x": 2, "hidden": 3 }, "shown": 4, "hidden": 5,
        "secret": "s", "links": [{ "url": "u", "hidden": 6 }],
    })
}

fn rules(settable: &[&str], readable: &[&str]) -> JsonPatchRules {
    let list = |fields: &[&str]| FieldAllowlist::new(fields).unwrap();
    JsonPatchRules::new(list(settable)).with_readable(list(readable))
}

/// The document after the patch, or what was told.
fn patched(before: &Value, patch: &Value, rules: &JsonPatchRules) -> Result<Value, String> {
    let told = |problem: crate::problem::Problem| {
        let faults = problem.faults().iter();
        let told: Vec<_> = faults
            .map(|f| format!("{} {}", f.pointer, f.code))
            .collect();
        told.join(", ")
    };
    let patch = JsonPatch::read(patch.to_string().as_bytes()).map_err(told)?;
    let mut after = before.clone();
    let applied = patch.apply(&mut after, rules);
    if applied.is_err() {
        assert_eq!(&after, before);
    }
    applied.map_err(told)?;
    Ok(after)
}
