//! The strict form of a schema: everything that it does not allow is forbidden.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::dialect;
use super::keywords::{self, OPEN, Speaks};
use super::kinds::Kinds;
use super::questions;
use super::simplify;
use crate::config::ConfigError;

/// The name that the root gets if the schema refers to itself.
pub(super) const ROOT: &str = "portcullis-root";

/// The ending of a definition's name where it is one of several schemas for a value.
const OPEN_COPY: &str = ".open";

/// Closes every object and array of `schema`, bounds its integers, and makes all of its references
/// point into `$defs`.
pub(super) fn close(mut schema: Value) -> Result<Value, ConfigError> {
    dialect::modernise(&mut schema)?;
    let root = schema.as_object_mut().ok_or_else(|| {
        ConfigError::new("schema #: a schema that allows anything or nothing guards nothing")
    })?;
    root.remove("$id");
    let mut originals = definitions(root)?;
    if let Some(name) = originals
        .keys()
        .find(|name| *name == ROOT || name.ends_with(OPEN_COPY))
    {
        return Err(ConfigError::new(format!(
            "schema #/$defs: the name `{name}` is taken; change it"
        )));
    }
    originals.insert(ROOT.to_owned(), schema.clone());
    let mut closer = Closer {
        originals,
        wanted: BTreeSet::new(),
        queue: Vec::new(),
    };
    closer.visit(&mut schema, "#", Place::Outer)?;
    let mut defs = Map::new();
    while let Some((name, place)) = closer.queue.pop() {
        let mut def = closer.originals.get(&name).cloned().unwrap_or_default();
        closer.visit(&mut def, &format!("#/$defs/{name}"), place)?;
        defs.insert(def_name(&name, place), def);
    }
    if let Some(root) = schema.as_object_mut() {
        root.insert("$defs".to_owned(), Value::Object(defs));
    }
    Ok(schema)
}

/// Takes the definitions out of `root`.
pub(super) fn definitions(
    root: &mut Map<String, Value>,
) -> Result<Map<String, Value>, ConfigError> {
    let mut all = Map::new();
    for word in ["$defs", "definitions"] {
        if let Some(Value::Object(defs)) = root.remove(word) {
            if let Some(name) = defs.keys().find(|name| all.contains_key(*name)) {
                return Err(ConfigError::new(format!(
                    "schema #: `{name}` stands in `$defs` and in `definitions`; keep one"
                )));
            }
            all.extend(defs);
        }
    }
    Ok(all)
}

/// The name of the definition that `target` refers to.
pub(super) fn name_of(target: &str) -> Option<String> {
    if target == "#" {
        return Some(ROOT.to_owned());
    }
    let step = target
        .strip_prefix("#/$defs/")
        .or_else(|| target.strip_prefix("#/definitions/"))?;
    simplify::unescaped(step)
}

/// Where a schema stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// It alone speaks of its value, or the others stand within it.
    Outer,
    /// It is one of several for its value: the outermost closes the object, since what one branch
    /// does not know another may.
    Branch,
    /// It is asked, not demanded: closing it could let more through.
    Question,
}

struct Closer {
    originals: Map<String, Value>,
    wanted: BTreeSet<(String, Place)>,
    queue: Vec<(String, Place)>,
}

impl Closer {
    fn visit(&mut self, schema: &mut Value, at: &str, place: Place) -> Result<(), ConfigError> {
        let map = match schema {
            Value::Object(map) => map,
            Value::Bool(allowed) if !*allowed || place != Place::Outer => return Ok(()),
            _ => return Err(open(at, "allows anything")),
        };
        simplify::flatten(map);
        keywords::check_words(map, at)?;
        if let Some(marker) = map.get(OPEN)
            && *marker != json!(true)
        {
            return Err(ConfigError::new(format!(
                "schema {at}: `{OPEN}` must be `true`"
            )));
        }
        let nullable = simplify::nullable(map).is_some();
        if place != Place::Question {
            bound_integers(map);
            if !nullable {
                shut(map, at, place)?;
            }
            let is_shut = map.get("unevaluatedProperties") == Some(&json!(false));
            if is_shut && questions::open(map, &self.originals) {
                return Err(ConfigError::new(format!(
                    "schema {at}: an `if` may ask only for members that are stated elsewhere, in \
                     `properties`: what it asks for would be allowed"
                )));
            }
        }
        if let Some(Value::String(target)) = map.get_mut("$ref") {
            *target = self.refer(target, at, place)?;
        }
        if map.get("uniqueItems") == Some(&json!(true)) && place != Place::Question {
            self.check_unique(map, at)?;
        }
        let opened = map.contains_key(OPEN);
        for (word, speaks, part) in keywords::within(map) {
            let inner = match speaks {
                _ if place == Place::Question => Place::Question,
                Speaks::Question => Place::Question,
                Speaks::Part if opened && *part == json!(true) => continue,
                Speaks::Part => Place::Outer,
                Speaks::Value if nullable => place,
                Speaks::Value => Place::Branch,
            };
            self.visit(part, &format!("{at}/{word}"), inner)?;
        }
        Ok(())
    }

    /// Where a reference points to in the strict form.
    fn refer(&mut self, target: &str, at: &str, place: Place) -> Result<String, ConfigError> {
        let known = name_of(target).filter(|name| self.originals.contains_key(name));
        let (Some(name), true) = (known, place != Place::Question) else {
            return Err(ConfigError::new(format!(
                "schema {at}: a `$ref` may point to a name in `$defs` or to `#`, and not from \
                 within `not`, `if`, `contains` or `propertyNames`"
            )));
        };
        let def = def_name(&name, place);
        if self.wanted.insert((name.clone(), place)) {
            self.queue.push((name, place));
        }
        Ok(format!("#/$defs/{}", simplify::escaped(&def)))
    }

    /// Comparing all items with each other is bounded only if there are few, and quick only if they
    /// are plain.
    fn check_unique(&self, map: &Map<String, Value>, at: &str) -> Result<(), ConfigError> {
        let scalar = |items: &Value| {
            let target = items.get("$ref").and_then(Value::as_str);
            let name = target.and_then(|target| simplify::unescaped(target.rsplit('/').next()?));
            let items = name
                .and_then(|name| self.originals.get(&name))
                .unwrap_or(items);
            let Some(mut items) = items.as_object().cloned() else {
                return false;
            };
            simplify::flatten(&mut items);
            keywords::is_native(&items)
                && (items.contains_key("enum")
                    || !Kinds::of_schema(&items).meets(Kinds::ARRAY.or(Kinds::OBJECT)))
        };
        if map.contains_key("maxItems")
            && !map.contains_key("prefixItems")
            && map.get("items").is_some_and(scalar)
        {
            return Ok(());
        }
        Err(ConfigError::new(format!(
            "schema {at}: `uniqueItems` needs `maxItems` (of a set: `#[schemars(length(max = n))]`) \
             and items that are neither arrays nor objects"
        )))
    }
}

/// Closes the object and the array that `map` may be about.
fn shut(map: &mut Map<String, Value>, at: &str, place: Place) -> Result<(), ConfigError> {
    if map.contains_key(OPEN) {
        return Ok(());
    }
    for word in ["additionalProperties", "unevaluatedProperties"] {
        if map
            .get(word)
            .is_some_and(|rule| *rule == json!(true) || *rule == json!({}))
        {
            return Err(open(at, "has members without a rule"));
        }
    }
    let kinds = Kinds::of_schema(map);
    let composed = keywords::is_composed(map);
    if place == Place::Outer && !simplify::says_kind(map) {
        return Err(open(at, "does not say of which `type` its values are"));
    }
    if !composed && map.get("unevaluatedProperties") == Some(&json!(false)) {
        map.remove("unevaluatedProperties");
        map.insert("additionalProperties".to_owned(), json!(false));
    }
    let stated =
        map.contains_key("additionalProperties") || map.contains_key("unevaluatedProperties");
    if place == Place::Outer && !stated {
        if composed && kinds.meets(Kinds::OBJECT) {
            map.insert("unevaluatedProperties".to_owned(), json!(false));
        } else if !composed && map.contains_key("type") && kinds.meets(Kinds::OBJECT) {
            map.insert("additionalProperties".to_owned(), json!(false));
        }
    }
    if map.contains_key("type") && kinds.meets(Kinds::ARRAY) && !map.contains_key("items") {
        if !map.contains_key("prefixItems") {
            return Err(open(at, "has `items` without a rule"));
        }
        map.insert("items".to_owned(), json!(false));
    }
    Ok(())
}

/// Gives integers the bounds of the type that they are read into, which `schemars` states for 8 and
/// 16 bits only.
fn bound_integers(map: &mut Map<String, Value>) {
    let (least, most) = match map.get("format").and_then(Value::as_str) {
        Some("int32") => (json!(i32::MIN), json!(i32::MAX)),
        Some("int64") => (json!(i64::MIN), json!(i64::MAX)),
        Some("int") => (json!(isize::MIN), json!(isize::MAX)),
        Some("uint32") => (json!(u32::MIN), json!(u32::MAX)),
        Some("uint64" | "uint128") => (json!(u64::MIN), json!(u64::MAX)),
        Some("uint") => (json!(usize::MIN), json!(usize::MAX)),
        Some("float") => (json!(f32::MIN), json!(f32::MAX)),
        _ => return,
    };
    if Kinds::of_schema(map).meets(Kinds::NUMBER) {
        map.entry("minimum").or_insert(least);
        map.entry("maximum").or_insert(most);
    }
}

fn def_name(name: &str, place: Place) -> String {
    match place {
        Place::Branch => format!("{name}{OPEN_COPY}"),
        Place::Outer | Place::Question => name.to_owned(),
    }
}

fn open(at: &str, what: &str) -> ConfigError {
    ConfigError::new(format!(
        "schema {at}: this level {what}; give it a rule, or open it by `\"{OPEN}\": true` (in Rust: \
         `#[schemars(extend(\"{OPEN}\" = true))]`)"
    ))
}
