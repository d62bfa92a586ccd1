//! Older drafts of JSON Schema, rewritten as 2020-12.

use serde_json::{Map, Value};

use super::keywords;
use crate::config::ConfigError;

/// A draft that schemas may be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Draft {
    Seven,
    Of2019,
    Of2020,
}

/// Words that a draft does not know, though a later one does.
const NOT_YET: [(Draft, &[&str]); 2] = [
    (
        Draft::Seven,
        &[
            "dependentRequired",
            "dependentSchemas",
            "maxContains",
            "minContains",
            "prefixItems",
            "unevaluatedItems",
            "unevaluatedProperties",
        ],
    ),
    (Draft::Of2019, &["prefixItems"]),
];

/// Rewrites `schema` as 2020-12, and takes its `$schema` away. Without one, it is 2020-12.
pub(super) fn modernise(schema: &mut Value) -> Result<(), ConfigError> {
    let Some(root) = schema.as_object_mut() else {
        return Ok(());
    };
    let draft = match root.remove("$schema") {
        None => Draft::Of2020,
        Some(named) => named.as_str().and_then(draft_of).ok_or_else(|| {
            ConfigError::new(
                "schema #: only JSON Schema 2020-12, 2019-09 and 7 are understood; rewrite the \
                 schema and its `$schema`",
            )
        })?,
    };
    if draft == Draft::Of2020 {
        return Ok(());
    }
    rewrite(schema, draft, "#")
}

fn draft_of(uri: &str) -> Option<Draft> {
    Some(match uri.strip_suffix('#').unwrap_or(uri) {
        "https://json-schema.org/draft/2020-12/schema" => Draft::Of2020,
        "https://json-schema.org/draft/2019-09/schema" => Draft::Of2019,
        "http://json-schema.org/draft-07/schema" => Draft::Seven,
        _ => return None,
    })
}

fn rewrite(schema: &mut Value, draft: Draft, at: &str) -> Result<(), ConfigError> {
    let Some(map) = schema.as_object_mut() else {
        return Ok(());
    };
    check_age(map, draft, at)?;
    if let Some(rest) = rewrite_items(map, at)? {
        map.insert("items".to_owned(), rest);
    }
    if draft == Draft::Seven {
        rewrite_dependencies(map, at)?;
    }
    for word in ["$defs", "definitions"] {
        if let Some(Value::Object(defs)) = map.get_mut(word) {
            for (name, def) in defs {
                rewrite(def, draft, &format!("{at}/{word}/{name}"))?;
            }
        }
    }
    for (word, _, part) in keywords::within(map) {
        rewrite(part, draft, &format!("{at}/{word}"))?;
    }
    Ok(())
}

fn check_age(map: &Map<String, Value>, draft: Draft, at: &str) -> Result<(), ConfigError> {
    let unknown = NOT_YET.iter().filter(|(before, _)| *before == draft);
    for word in unknown.flat_map(|(_, words)| *words) {
        if map.contains_key(*word) {
            return Err(ConfigError::new(format!(
                "schema {at}: `{word}` is not a word of the draft that `$schema` names; name a \
                 later one"
            )));
        }
    }
    let rules = map.keys().filter(|word| !keywords::is_note(word)).count();
    if draft == Draft::Seven && map.contains_key("$ref") && rules > 1 {
        return Err(ConfigError::new(format!(
            "schema {at}: what stands beside a `$ref` is not read in draft 7; put both into `allOf`"
        )));
    }
    // What `contains` has looked at is evaluated from 2020-12 on.
    if map.contains_key("contains") && map.contains_key("unevaluatedItems") {
        return Err(ConfigError::new(format!(
            "schema {at}: `contains` beside `unevaluatedItems` means something else in 2020-12; \
             rewrite the schema and its `$schema`"
        )));
    }
    Ok(())
}

/// A list under `items` is `prefixItems` now, and `additionalItems` is what comes after it.
fn rewrite_items(map: &mut Map<String, Value>, at: &str) -> Result<Option<Value>, ConfigError> {
    let rest = map.remove("additionalItems");
    match map.get("items") {
        Some(Value::Array(_)) => {
            if let Some(first) = map.remove("items") {
                map.insert("prefixItems".to_owned(), first);
            }
            Ok(rest)
        }
        _ if rest.is_some() => Err(ConfigError::new(format!(
            "schema {at}: `additionalItems` is read only beside a list of `items`; remove it"
        ))),
        _ => Ok(None),
    }
}

fn rewrite_dependencies(map: &mut Map<String, Value>, at: &str) -> Result<(), ConfigError> {
    let Some(dependencies) = map.remove("dependencies") else {
        return Ok(());
    };
    let Value::Object(dependencies) = dependencies else {
        return Err(ConfigError::new(format!(
            "schema {at}: `dependencies` must be an object"
        )));
    };
    let (names, schemas): (Map<_, _>, Map<_, _>) = dependencies
        .into_iter()
        .partition(|(_, dependency)| dependency.is_array());
    for (word, part) in [("dependentRequired", names), ("dependentSchemas", schemas)] {
        if !part.is_empty() {
            map.insert(word.to_owned(), Value::Object(part));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SEVEN: &str = "http://json-schema.org/draft-07/schema#";
    const OF_2019: &str = "https://json-schema.org/draft/2019-09/schema";

    fn modern(draft: &str, mut schema: Value) -> Result<Value, ConfigError> {
        schema["$schema"] = json!(draft);
        modernise(&mut schema)?;
        Ok(schema)
    }

    #[test]
    fn old_words_become_new_ones_at_every_level() {
        let old = json!({
            "properties": {
                "pair": { "items": [{ "items": [true] }, {}], "additionalItems": false },
                "list": { "items": { "type": "string" } },
            },
            "definitions": { "d": { "items": [], "additionalItems": { "items": [{}] } } },
        });
        let new = json!({
            "properties": {
                "pair": { "prefixItems": [{ "prefixItems": [true] }, {}], "items": false },
                "list": { "items": { "type": "string" } },
            },
            "definitions": { "d": { "prefixItems": [], "items": { "prefixItems": [{}] } } },
        });
        for draft in [SEVEN, OF_2019] {
            assert_eq!(modern(draft, old.clone()).unwrap(), new);
        }
        let depends = json!({ "dependencies": { "a": ["b"], "c": { "items": [{}] } } });
        let rewritten = json!({
            "dependentRequired": { "a": ["b"] }, "dependentSchemas": { "c": { "prefixItems": [{}] } },
        });
        assert_eq!(modern(SEVEN, depends.clone()).unwrap(), rewritten);
        assert_eq!(modern(OF_2019, depends.clone()).unwrap(), depends);
    }

    #[test]
    fn what_a_draft_reads_otherwise_is_refused() {
        for (draft, schema, word) in [
            (SEVEN, json!({ "prefixItems": [] }), "prefixItems"),
            (OF_2019, json!({ "prefixItems": [] }), "prefixItems"),
            (
                SEVEN,
                json!({ "not": { "unevaluatedProperties": false } }),
                "unevaluatedProperties",
            ),
            (
                SEVEN,
                json!({ "$ref": "#/definitions/a", "maxLength": 3 }),
                "allOf",
            ),
            (
                SEVEN,
                json!({ "additionalItems": false }),
                "additionalItems",
            ),
            (
                OF_2019,
                json!({ "items": {}, "additionalItems": false }),
                "additionalItems",
            ),
            (SEVEN, json!({ "dependencies": [] }), "dependencies"),
            (
                OF_2019,
                json!({ "contains": {}, "unevaluatedItems": false }),
                "contains",
            ),
            (
                "http://json-schema.org/draft-04/schema#",
                json!({}),
                "2019-09",
            ),
            (
                "https://json-schema.org/draft/next/schema",
                json!({}),
                "2019-09",
            ),
            ("", json!({}), "2019-09"),
        ] {
            let error = modern(draft, schema.clone()).unwrap_err();
            assert!(error.to_string().contains(word), "{schema}: {error}");
        }
        let noted = json!({ "$ref": "#/definitions/a", "description": "is a note" });
        assert!(modern(SEVEN, noted).is_ok());
    }
}
