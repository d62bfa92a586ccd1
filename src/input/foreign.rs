//! What is left to the `jsonschema` crate: compositions, patterns and formats.
//!
//! Only its verdict is asked for. Its lists of errors are made in full before the first can be
//! read, so that a body of one megabyte costs more than half a second; they are never called.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use jsonschema::{Draft, PatternOptions, Registry, Retrieve, Uri, ValidationOptions, Validator};
use serde_json::{Map, Value, json};

use super::form::Form;
use super::keywords;
use super::simplify::unescaped;
use super::tree::Tree;
use crate::config::ConfigError;

type Options<'i> = ValidationOptions<'i, Arc<dyn Retrieve>, Form>;

/// Patterns run in time linear in what they read; one that cannot (it looks around or back) does not
/// compile.
fn options<'i>(files: AtHand) -> Options<'i> {
    jsonschema::options_for::<Form>()
        .with_pattern_options(PatternOptions::regex())
        .with_retriever(files)
}

/// What references out of a schema find; nothing is fetched.
#[derive(Clone, Default)]
struct AtHand(BTreeMap<String, Value>);

impl AtHand {
    fn of(files: &[(&str, Value)]) -> Self {
        let files = files.iter();
        Self(
            files
                .map(|(uri, file)| ((*uri).to_owned(), file.clone()))
                .collect(),
        )
    }
}

impl Retrieve for AtHand {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        self.0
            .get(uri.as_str())
            .cloned()
            .ok_or_else(|| "it is not at hand".into())
    }
}

fn beside(error: impl fmt::Display) -> ConfigError {
    ConfigError::new(format!("schema: of the files beside it: {error}"))
}

/// How many schemas a composition may hold, those that it refers to counted each time.
const MAX_WEIGHT: usize = 10_000;

/// A schema, or a part of one, that `jsonschema` decides.
pub(super) struct Foreign(Validator<Form>);

impl Foreign {
    /// Compiles `schema`, whose references point into `defs`.
    pub(super) fn compile(schema: &Map<String, Value>, defs: &Value) -> Result<Self, ConfigError> {
        let mut whole = schema.clone();
        whole.insert("$defs".to_owned(), defs.clone());
        Self::build(
            &options(AtHand::default())
                .with_draft(Draft::Draft202012)
                .should_validate_formats(true),
            &Value::Object(whole),
        )
    }

    /// Compiles `schema` as it stands, of whatever draft its `$schema` names. References may point
    /// into `files` too, each under its URI.
    pub(super) fn as_written(schema: &Value, files: &[(&str, Value)]) -> Result<Self, ConfigError> {
        let at_hand = AtHand::of(files);
        // The file that says what the words of the schema mean is looked at before all else.
        let mut registry = Registry::new().retriever(at_hand.clone());
        let dialect = schema.get("$schema").and_then(Value::as_str);
        for (uri, file) in files.iter().filter(|(uri, _)| Some(*uri) == dialect) {
            registry = registry.add(uri, file).map_err(beside)?;
        }
        let registry = registry.prepare().map_err(beside)?;
        Self::build(&options(at_hand).with_registry(&registry), schema)
    }

    fn build(options: &Options<'_>, schema: &Value) -> Result<Self, ConfigError> {
        options.build(schema).map(Self).map_err(|error| {
            ConfigError::new(format!("schema #{}: {error}", error.instance_path()))
        })
    }

    /// A rule about strings alone.
    pub(super) fn of_strings(word: &str, rule: &Value) -> Result<Self, ConfigError> {
        let mut schema = Map::new();
        schema.insert(word.to_owned(), rule.clone());
        Self::compile(&schema, &json!({}))
    }

    pub(super) fn admits(&self, value: &Tree<'_>, or_null: bool) -> bool {
        (or_null && value.is_null()) || self.0.is_valid(value)
    }

    /// The same engine judges strings here and in compositions.
    pub(super) fn admits_text(&self, text: &str) -> bool {
        self.0.is_valid(&Tree::Text(Cow::Borrowed(text)))
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Foreign(..)")
    }
}

/// The schema that a reference of the strict form points to.
pub(super) fn target_of<'a>(target: &str, defs: &'a Value) -> Option<&'a Value> {
    defs.get(unescaped(target.strip_prefix("#/$defs/")?)?)
}

/// Refuses a composition whose verdict could cost more than in proportion to what it is about: one
/// that holds itself is tried anew, form by form, at each level of a document, which doubles the
/// cost with every level.
pub(super) fn check_weight(schema: &Value, defs: &Value, at: &str) -> Result<(), ConfigError> {
    let mut scale = Scale {
        defs,
        within: Vec::new(),
        weight: 0,
        at,
    };
    scale.add(schema)
}

struct Scale<'a> {
    defs: &'a Value,
    within: Vec<String>,
    weight: usize,
    at: &'a str,
}

impl Scale<'_> {
    fn add(&mut self, schema: &Value) -> Result<(), ConfigError> {
        self.weight += 1;
        if self.weight > MAX_WEIGHT {
            return Err(self.fault("has too many forms; take some away"));
        }
        let Some(mut map) = schema.as_object().cloned() else {
            return Ok(());
        };
        if map.get("uniqueItems") == Some(&Value::Bool(true)) {
            return Err(self.fault("has `uniqueItems`, which is unbounded there; check it by hand"));
        }
        let target = map.get("$ref").and_then(Value::as_str);
        if let Some(target) = target.map(str::to_owned) {
            if self.within.contains(&target) {
                return Err(self.fault(
                    "holds itself, which is unbounded; hold it by `anyOf: [{\"$ref\": ..}, \
                     {\"type\": \"null\"}]` alone or make it plain",
                ));
            }
            let def = target_of(&target, self.defs).cloned();
            let def = def.ok_or_else(|| self.fault("refers to a schema that is not there"))?;
            self.within.push(target);
            self.add(&def)?;
            self.within.pop();
        }
        for (_, _, part) in keywords::within(&mut map) {
            self.add(part)?;
        }
        Ok(())
    }

    fn fault(&self, what: &str) -> ConfigError {
        ConfigError::new(format!("schema {}: the composition {what}", self.at))
    }
}
