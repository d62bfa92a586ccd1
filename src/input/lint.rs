//! What a schema leaves without a bound.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

use super::keywords::{self, OPEN, Speaks};
use super::kinds::Kinds;
use super::simplify;

/// Says of one level that its author knows what it leaves without a bound.
pub(super) const UNBOUNDED: &str = "x-dangerous-unbounded";

/// What a place in a schema leaves without a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Lint {
    /// Members without a rule, or values of any kind.
    OpenLevel,
    /// A string without `maxLength`, `enum` or a format that bounds it.
    LongString,
    /// A string that is held to a `pattern` whatever its length.
    LongPattern,
    /// An array without `maxItems`.
    LongArray,
    /// `uniqueItems` without `maxItems`.
    LongSet,
    /// An object without `maxProperties` that takes names at will.
    BroadMap,
    /// An integer without a least or a greatest.
    WideInteger,
    /// A definition that holds itself: as deep as bodies may be.
    Recursion,
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenLevel => "is open: name its members",
            Self::LongString => "is a string without `maxLength`",
            Self::LongPattern => "has a `pattern` and no `maxLength`",
            Self::LongArray => "is an array without `maxItems`",
            Self::LongSet => "has `uniqueItems` and no `maxItems`",
            Self::BroadMap => "takes any number of members: state `maxProperties`",
            Self::WideInteger => "is an integer without `minimum` and `maximum`",
            Self::Recursion => "holds itself: state how deep by another way",
        })
    }
}

/// A place in a schema, and what it leaves without a bound.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Finding {
    /// Where in the strict form of the schema, as a JSON pointer.
    pub at: String,
    /// What is not bounded there.
    pub lint: Lint,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.at, self.lint)
    }
}

/// All that a strict schema leaves without a bound, in order.
pub(super) fn lint(schema: &Value) -> Vec<Finding> {
    let mut schema = schema.clone();
    let mut linter = Linter::default();
    let defs = schema.as_object_mut().and_then(|root| root.remove("$defs"));
    linter.visit(&mut schema, "#");
    if let Some(Value::Object(mut defs)) = defs {
        let names: Vec<String> = defs.keys().cloned().collect();
        for name in &names {
            if holds_itself(name, &defs) && !excused(defs.get(name)) {
                linter.find(&format!("#/$defs/{name}"), Lint::Recursion);
            }
        }
        for (name, def) in &mut defs {
            linter.visit(def, &format!("#/$defs/{name}"));
        }
    }
    linter.found.into_iter().collect()
}

#[derive(Default)]
struct Linter {
    found: BTreeSet<Finding>,
}

impl Linter {
    fn find(&mut self, at: &str, lint: Lint) {
        self.found.insert(Finding {
            at: at.to_owned(),
            lint,
        });
    }

    fn visit(&mut self, schema: &mut Value, at: &str) {
        let Some(map) = schema.as_object_mut() else {
            return;
        };
        if map.get(UNBOUNDED) != Some(&Value::Bool(true)) {
            for lint in of_level(map) {
                self.find(at, lint);
            }
        }
        for (word, speaks, part) in keywords::within(map) {
            if speaks != Speaks::Question {
                self.visit(part, &format!("{at}/{word}"));
            }
        }
    }
}

fn excused(schema: Option<&Value>) -> bool {
    schema.is_some_and(|schema| schema.get(UNBOUNDED) == Some(&Value::Bool(true)))
}

fn of_level(map: &Map<String, Value>) -> Vec<Lint> {
    let has = |word: &str| map.contains_key(word);
    let mut found = Vec::new();
    if has(OPEN) {
        found.push(Lint::OpenLevel);
    }
    if has("enum") || has("const") || !has("type") {
        return found;
    }
    let kinds = Kinds::of_schema(map);
    if kinds.meets(Kinds::STRING) && !has("maxLength") {
        if has("pattern") {
            found.push(Lint::LongPattern);
        } else if simplify::longest_of_format(map).is_none() {
            found.push(Lint::LongString);
        }
    }
    let ends = map.get("items") == Some(&Value::Bool(false));
    if kinds.meets(Kinds::ARRAY) && !has("maxItems") && !ends {
        found.push(if has("uniqueItems") {
            Lint::LongSet
        } else {
            Lint::LongArray
        });
    }
    let takes = |word: &str| map.get(word).is_some_and(Value::is_object);
    let broad = takes("additionalProperties") || takes("patternProperties");
    if kinds.meets(Kinds::OBJECT) && broad && !has("maxProperties") {
        found.push(Lint::BroadMap);
    }
    let whole = kinds.has(Kinds::INTEGER) && !kinds.has(Kinds::NUMBER);
    let bound = |one: &str, two: &str| has(one) || has(two);
    let low = bound("minimum", "exclusiveMinimum");
    if whole && !(low && bound("maximum", "exclusiveMaximum")) {
        found.push(Lint::WideInteger);
    }
    found
}

fn holds_itself(name: &str, defs: &Map<String, Value>) -> bool {
    let mut known = BTreeSet::new();
    let mut queue = vec![name.to_owned()];
    while let Some(next) = queue.pop() {
        let mut targets = Vec::new();
        if let Some(def) = defs.get(&next) {
            collect_targets(def, &mut targets);
        }
        for target in targets {
            if target == name {
                return true;
            }
            if known.insert(target.clone()) {
                queue.push(target);
            }
        }
    }
    false
}

fn collect_targets(schema: &Value, targets: &mut Vec<String>) {
    let Some(mut map) = schema.as_object().cloned() else {
        return;
    };
    let target = map.get("$ref").and_then(Value::as_str);
    targets.extend(
        target
            .and_then(|target| target.strip_prefix("#/$defs/"))
            .and_then(simplify::unescaped),
    );
    for (_, _, part) in keywords::within(&mut map) {
        collect_targets(part, targets);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::input::Schema;

    fn lint_of(rules: Value) -> Vec<Finding> {
        Schema::from_value(rules).unwrap().findings()
    }

    #[test]
    fn each_rule_finds_what_has_no_bound_and_nothing_else() {
        let object = |part: Value| json!({ "type": "object", "properties": { "a": part } });
        for (bad, lint, good) in [
            (
                json!({ "type": "string" }),
                Lint::LongString,
                json!({ "type": "string", "maxLength": 9 }),
            ),
            (
                json!({ "type": ["string", "null"] }),
                Lint::LongString,
                json!({ "type": "string", "enum": ["a"] }),
            ),
            (
                json!({ "type": "string", "format": "email" }),
                Lint::LongString,
                json!({ "type": "string", "format": "uuid" }),
            ),
            (
                json!({ "type": "string", "pattern": "a" }),
                Lint::LongPattern,
                json!({ "type": "string", "pattern": "a", "maxLength": 9 }),
            ),
            (
                json!({ "type": "array", "items": { "type": "boolean" } }),
                Lint::LongArray,
                json!({ "type": "array", "items": { "type": "boolean" }, "maxItems": 3 }),
            ),
            (
                json!({ "type": "object", "additionalProperties": { "type": "boolean" } }),
                Lint::BroadMap,
                json!({ "type": "object", "additionalProperties": { "type": "boolean" }, "maxProperties": 3 }),
            ),
            (
                json!({ "type": "integer", "minimum": 0 }),
                Lint::WideInteger,
                json!({ "type": "integer", "format": "uint64" }),
            ),
            (
                json!({ "type": "integer", "maximum": 0 }),
                Lint::WideInteger,
                json!({ "type": "number" }),
            ),
            (
                json!({ "type": "object", "x-dangerous-open": true }),
                Lint::OpenLevel,
                json!({ "type": "object", "x-dangerous-open": true, "x-dangerous-unbounded": true }),
            ),
            (
                json!({ "type": "string" }),
                Lint::LongString,
                json!({ "type": "string", "x-dangerous-unbounded": true }),
            ),
            (
                json!({ "type": "array", "prefixItems": [{ "type": "string" }] }),
                Lint::LongString,
                json!({ "type": "array", "prefixItems": [{ "type": "boolean" }] }),
            ),
        ] {
            let found = lint_of(object(bad.clone()));
            assert_eq!(found.len(), 1, "{bad} {found:?}");
            assert_eq!(found[0].lint, lint, "{bad}");
            assert!(found[0].at.starts_with("#/properties/a"), "{found:?}");
            assert_eq!(lint_of(object(good.clone())), [], "{good}");
        }
    }

    #[test]
    fn a_definition_that_holds_itself_is_found_also_by_way_of_others() {
        let next = |name: &str| json!({ "anyOf": [{ "$ref": format!("#/$defs/{name}") }, { "type": "null" }] });
        let rules = json!({
            "type": "object",
            "properties": { "a": next("a"), "c": next("c") },
            "$defs": {
                "a": { "type": "object", "properties": { "b": next("b") } },
                "b": { "type": "object", "properties": { "a": next("a") } },
                "c": { "type": "object", "properties": { "a": { "type": "boolean" } } },
            },
        });
        let found = lint_of(rules);
        let at: Vec<_> = found
            .iter()
            .map(|finding| (finding.at.as_str(), finding.lint))
            .collect();
        assert_eq!(
            at,
            [
                ("#/$defs/a", Lint::Recursion),
                ("#/$defs/b", Lint::Recursion)
            ]
        );
    }
}
