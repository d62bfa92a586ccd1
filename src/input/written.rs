//! Schemas that are taken as they are written.

use serde_json::{Map, Value, json};

use super::close::{ROOT, definitions, name_of};
use super::compile::compile;
use super::dialect;
use super::foreign::Foreign;
use super::keywords::{self, OPEN};
use super::program::{Node, NodeId, Program};
use super::schema::Schema;
use super::simplify;
use crate::config::ConfigError;

impl Schema {
    /// Takes a schema of JSON Schema (2020-12 unless its `$schema` names another draft) to mean what
    /// it says and no more, for rules that others write and that must be held to the letter.
    ///
    /// That opens what [`from_value`](Self::from_value) closes: members and items that the schema
    /// does not name are let through, words that it does not define are notes, `1.0` is an integer,
    /// and a `format` is a note too. The bounds of a verdict are the author's: a composition that
    /// holds itself, or `uniqueItems` without `maxItems`, can cost more than in proportion to the
    /// body. What holds of every body holds here as well: one strict JSON text, no name twice, 32
    /// levels, 64 KiB unless the note `x-max-bytes` or [`with_max_bytes`](Self::with_max_bytes) says
    /// otherwise; and patterns run in linear time.
    ///
    /// References may point into `files`, each given with its URI; nothing is fetched.
    ///
    /// ```
    /// use portcullis::input::Schema;
    /// use serde_json::json;
    ///
    /// let name = json!({ "type": "string", "minLength": 1 });
    /// let cat = json!({ "properties": { "name": { "$ref": "https://example.com/name.json" } } });
    /// let schema = Schema::dangerous_as_written(cat, &[("https://example.com/name.json", name)])?;
    /// assert!(schema.check(br#"{"name": "Tom", "anything": "else"}"#).is_ok());
    /// assert!(schema.check(br#"{"name": ""}"#).is_err());
    /// # Ok::<(), portcullis::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] if the schema is none, or refers to what is not at hand.
    pub fn dangerous_as_written(
        schema: Value,
        files: &[(&str, Value)],
    ) -> Result<Self, ConfigError> {
        Self::check_numbers()?;
        let mut rules = match schema {
            Value::Object(rules) => rules,
            Value::Bool(true) => Map::new(),
            Value::Bool(false) => Map::from_iter([("not".to_owned(), json!({}))]),
            _ => {
                return Err(ConfigError::new(
                    "schema #: is neither an object nor a boolean",
                ));
            }
        };
        rules.insert(OPEN.to_owned(), json!(true));
        let notes = rules.clone();
        let document = Value::Object(rules);
        let whole = Foreign::as_written(&document, files)?;
        // What the one pass cannot do, it does not begin.
        let program = opened(document.clone()).and_then(|opened| compile(&opened).ok());
        let program = program.unwrap_or_else(|| Program {
            nodes: vec![Node::Foreign(whole.into())],
            root: NodeId(0),
        });
        Self::of_program(program, document).with_notes(&notes)
    }
}

/// Words by which a schema changes what others mean.
const SHIFTING: [&str; 7] = [
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$recursiveAnchor",
    "$recursiveRef",
    "$schema",
];

/// The form that [`compile`] reads of a schema that is open at every level, if it has one.
fn opened(mut schema: Value) -> Option<Value> {
    dialect::modernise(&mut schema).ok()?;
    let mut defs = definitions(schema.as_object_mut()?).ok()?;
    if defs.insert(ROOT.to_owned(), schema.clone()).is_some() {
        return None;
    }
    for def in defs.values_mut() {
        open(def)?;
    }
    open(&mut schema)?;
    schema
        .as_object_mut()?
        .insert("$defs".to_owned(), Value::Object(defs));
    Some(schema)
}

fn open(schema: &mut Value) -> Option<()> {
    let Value::Object(map) = schema else {
        return schema.is_boolean().then_some(());
    };
    // Items are compared by the tree, which needs no bound for that.
    if map.keys().any(|word| SHIFTING.contains(&word.as_str())) || map.contains_key("uniqueItems") {
        return None;
    }
    map.retain(|word, _| keywords::is_rule(word) && word != "format");
    if let Some(target) = map.get_mut("$ref") {
        let name = name_of(target.as_str()?)?;
        *target = json!(format!("#/$defs/{}", simplify::escaped(&name)));
    }
    let_integers_be_floats(map)?;
    map.insert(OPEN.to_owned(), json!(true));
    keywords::within(map)
        .into_iter()
        .try_for_each(|(_, _, part)| open(part))
}

/// To JSON Schema an integer is a number without a fraction, however it is written: a multiple of 1,
/// as is each multiple of another whole number.
fn let_integers_be_floats(map: &mut Map<String, Value>) -> Option<()> {
    let whole = json!("integer");
    match map.get_mut("type") {
        Some(Value::Array(kinds)) if kinds.contains(&whole) => {
            kinds.retain(|kind| *kind != whole);
            if kinds.contains(&json!("number")) {
                return Some(());
            }
            kinds.push(json!("number"));
        }
        Some(kind) if *kind == whole => *kind = json!("number"),
        _ => return Some(()),
    }
    let divisor = map.entry("multipleOf").or_insert(json!(1));
    divisor.is_u64().then_some(())
}
