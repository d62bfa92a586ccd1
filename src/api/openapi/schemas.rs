//! The schemas of bodies, among the components of a document.

use serde_json::Value;
#[cfg(feature = "json")]
use serde_json::json;

#[cfg(feature = "json")]
use super::document::{absent, part};
use crate::api::policy::Policy;

/// The body that `policy` says is read; its schema is added to the document.
#[cfg(feature = "json")]
pub(super) fn request_body(document: &mut Value, policy: &Policy) -> Option<Value> {
    let reads = policy.schema()?;
    let schema = reads.schema.as_ref().ok()?.document();
    let schemas = part(part(document, "components"), "schemas");
    let plain: String = reads
        .name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let base = if plain.is_empty() { "Body" } else { &plain };
    let mut name = base.to_owned();
    let mut times = 1;
    let placed = loop {
        let placed = moved(schema, &name);
        match schemas.get(&name) {
            // Another schema of this name stays what it is.
            Some(other) if *other != placed => {
                times += 1;
                name = format!("{base}{times}");
            }
            _ => break placed,
        }
    };
    absent(schemas, &name, placed);
    let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
    Some(json!({
        "required": true,
        "content": { "application/json": { "schema": schema } },
    }))
}

#[cfg(not(feature = "json"))]
pub(super) fn request_body(document: &mut Value, policy: &Policy) -> Option<Value> {
    let _ = (document, policy);
    None
}

/// A schema whose references to itself lead to where it stands now.
#[cfg(feature = "json")]
fn moved(schema: &Value, name: &str) -> Value {
    let mut moved = schema.clone();
    if let Some(root) = moved.as_object_mut() {
        root.remove("$schema");
    }
    redirect(&mut moved, name);
    moved
}

#[cfg(feature = "json")]
fn redirect(value: &mut Value, name: &str) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|one| redirect(one, name)),
        Value::Object(map) => {
            for (key, part) in map {
                match part {
                    Value::String(target) if key == "$ref" => {
                        if let Some(rest) = target.strip_prefix('#') {
                            *target = format!("#/components/schemas/{name}{rest}");
                        }
                    }
                    part => redirect(part, name),
                }
            }
        }
        _ => {}
    }
}

#[cfg(all(test, feature = "json"))]
mod tests {
    use super::*;

    #[test]
    fn references_lead_to_where_the_schema_stands_now() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "properties": { "a": { "$ref": "#/$defs/A" }, "b": [{ "$ref": "#" }] },
            "$defs": { "A": { "type": "string" } },
        });
        let expected = json!({
            "properties": {
                "a": { "$ref": "#/components/schemas/X/$defs/A" },
                "b": [{ "$ref": "#/components/schemas/X" }],
            },
            "$defs": { "A": { "type": "string" } },
        });
        assert_eq!(moved(&schema, "X"), expected);
    }
}
