//! What an `if` makes known of an object, beside what the schemas around it say.
//!
//! A member that an `if` speaks of counts as evaluated when it holds, so that
//! `unevaluatedProperties: false` does not forbid it any more: a question would open the object.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::simplify;

/// Whether the questions about an object with this schema let members through that nothing else
/// speaks of. References point into `originals`.
pub(super) fn open(schema: &Map<String, Value>, originals: &Map<String, Value>) -> bool {
    let mut names = Names {
        originals,
        followed: BTreeSet::new(),
        stated: BTreeSet::new(),
        asked: BTreeSet::new(),
        is_open: false,
    };
    names.gather(schema, false);
    names.is_open || !names.asked.is_subset(&names.stated)
}

struct Names<'s> {
    originals: &'s Map<String, Value>,
    followed: BTreeSet<String>,
    stated: BTreeSet<&'s str>,
    asked: BTreeSet<&'s str>,
    is_open: bool,
}

impl<'s> Names<'s> {
    /// Gathers from all schemas that speak of the same object.
    fn gather(&mut self, schema: &'s Map<String, Value>, is_asked: bool) {
        for (word, part) in schema {
            match (word.as_str(), part) {
                ("properties", Value::Object(members)) => {
                    let names = members.keys().map(String::as_str);
                    if is_asked {
                        self.asked.extend(names);
                    } else {
                        self.stated.extend(names);
                    }
                }
                ("additionalProperties" | "unevaluatedProperties" | "patternProperties", part) => {
                    self.is_open |= is_asked && *part != Value::Bool(false);
                }
                ("allOf" | "anyOf" | "oneOf", Value::Array(parts)) => {
                    for part in parts {
                        self.part(part, is_asked);
                    }
                }
                ("dependentSchemas", Value::Object(parts)) => {
                    for part in parts.values() {
                        self.part(part, is_asked);
                    }
                }
                ("then" | "else", part) => self.part(part, is_asked),
                ("if", part) => self.part(part, true),
                ("$ref", Value::String(target)) => self.follow(target, is_asked),
                _ => {}
            }
        }
    }

    fn part(&mut self, part: &'s Value, is_asked: bool) {
        if let Value::Object(schema) = part {
            self.gather(schema, is_asked);
        }
    }

    fn follow(&mut self, target: &str, is_asked: bool) {
        let name = target.rsplit('/').next().and_then(simplify::unescaped);
        let Some(name) = name.filter(|name| !self.followed.contains(name)) else {
            return;
        };
        if let Some(part) = self.originals.get(&name) {
            self.followed.insert(name);
            self.part(part, is_asked);
        }
    }
}
