//! From a strict schema to a program.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::directory::Directory;
use super::foreign::{self, Foreign};
use super::keywords::{self, OPEN};
use super::kinds::Kinds;
use super::number::Number;
use super::places::Places;
use super::program::{
    ArrayRules, Member, Node, NodeId, NumberRules, ObjectRules, Program, Rules, TextRules,
};
use super::simplify;
use crate::config::ConfigError;

/// Compiles `schema`, which is in its strict form.
pub(super) fn compile(schema: &Value) -> Result<Program, ConfigError> {
    let empty = Value::Object(Map::new());
    let defs = schema.get("$defs").unwrap_or(&empty);
    // The whole is compiled by jsonschema as well: it knows what a schema may look like.
    if let Value::Object(map) = schema {
        Foreign::compile(map, defs)?;
    }
    let mut compiler = Compiler {
        defs,
        nodes: Vec::new(),
        known: BTreeMap::new(),
    };
    let root = compiler.node(schema, "#")?;
    let program = Program {
        nodes: compiler.nodes,
        root,
    };
    for node in &program.nodes {
        if !matches!(node, Node::Never) && matches!(program.resolve(node).0, Node::Never) {
            return Err(ConfigError::new(
                "schema: a chain of references leads nowhere; give it a schema to end at",
            ));
        }
    }
    Ok(program.shortened())
}

struct Compiler<'a> {
    defs: &'a Value,
    nodes: Vec<Node>,
    known: BTreeMap<String, NodeId>,
}

impl Compiler<'_> {
    fn node(&mut self, schema: &Value, at: &str) -> Result<NodeId, ConfigError> {
        let node = match schema {
            Value::Bool(true) => Node::Anything,
            Value::Object(map) => self.object(schema, map, at)?,
            _ => Node::Never,
        };
        Ok(self.push(node))
    }

    fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        NodeId(self.nodes.len() - 1)
    }

    fn object(
        &mut self,
        schema: &Value,
        map: &Map<String, Value>,
        at: &str,
    ) -> Result<Node, ConfigError> {
        if let Some(other) = simplify::nullable(map) {
            return self.node(other, at).map(Node::OrNull);
        }
        if !keywords::is_native(map) {
            foreign::check_weight(schema, self.defs, at)?;
            return Foreign::compile(map, self.defs).map(|foreign| Node::Foreign(foreign.into()));
        }
        if let Some(target) = map.get("$ref").and_then(Value::as_str) {
            return self.reference(target, at).map(Node::Same);
        }
        let one_of = match (map.get("enum"), map.get("const")) {
            (Some(_), Some(_)) => {
                return Err(ConfigError::new(format!(
                    "schema {at}: `enum` and `const` cannot stand together; remove one"
                )));
            }
            (Some(list), None) => list.as_array().cloned(),
            (None, value) => value.map(|value| vec![value.clone()]),
        };
        let kinds = Kinds::of_schema(map);
        if one_of.is_none() && kinds == Kinds::ANY && map.keys().all(|word| keywords::is_note(word))
        {
            return Ok(Node::Anything);
        }
        let text = text(map)?;
        let is_formed = text.pattern.is_some() || text.format.is_some();
        let free = |kind| one_of.is_none() && kinds.has(kind);
        Ok(Node::Rules(Box::new(Rules {
            kinds,
            is_plain_text: free(Kinds::STRING) && !is_formed,
            is_plain_bool: free(Kinds::BOOLEAN),
            one_of,
            text,
            number: number(map),
            array: self.array(map, at)?,
            object: self.members(map, at)?,
        })))
    }

    /// A schema that is referred to is compiled once. Its place is taken before it is, since it may
    /// refer to itself.
    fn reference(&mut self, target: &str, at: &str) -> Result<NodeId, ConfigError> {
        if let Some(known) = self.known.get(target) {
            return Ok(*known);
        }
        let schema = foreign::target_of(target, self.defs).ok_or_else(|| {
            ConfigError::new(format!("schema {at}: `{target}` is not there; define it"))
        })?;
        let id = self.push(Node::Never);
        self.known.insert(target.to_owned(), id);
        let made = self.node(schema, target)?;
        if let Some(place) = self.nodes.get_mut(id.0) {
            *place = Node::Same(made);
        }
        Ok(id)
    }

    fn array(&mut self, map: &Map<String, Value>, at: &str) -> Result<ArrayRules, ConfigError> {
        let mut first = Vec::new();
        for (i, item) in list(map, "prefixItems").iter().enumerate() {
            first.push(self.node(item, &format!("{at}/prefixItems/{i}"))?);
        }
        let rest = match map.get("items") {
            Some(items) => Some(self.node(items, &format!("{at}/items"))?),
            None => Some(self.push(Node::Anything)).filter(|_| map.contains_key(OPEN)),
        };
        Ok(ArrayRules {
            first,
            rest,
            min: size(map, "minItems"),
            max: size(map, "maxItems"),
            unique: map.get("uniqueItems") == Some(&Value::Bool(true)),
        })
    }

    fn members(&mut self, map: &Map<String, Value>, at: &str) -> Result<ObjectRules, ConfigError> {
        let others = match map.get("additionalProperties") {
            Some(Value::Bool(false)) => None,
            Some(rule) => Some(self.node(rule, &format!("{at}/additionalProperties"))?),
            None => Some(self.push(Node::Anything)).filter(|_| map.contains_key(OPEN)),
        };
        let mut members = BTreeMap::new();
        if let Some(Value::Object(properties)) = map.get("properties") {
            for (name, rule) in properties {
                let node = self.node(rule, &format!("{at}/properties/{name}"))?;
                members.insert(name.as_str(), (node, false));
            }
        }
        for name in list(map, "required").iter().filter_map(Value::as_str) {
            match (members.get_mut(name), others) {
                (Some((_, required)), _) => *required = true,
                (None, Some(node)) => drop(members.insert(name, (node, true))),
                (None, None) => {
                    return Err(ConfigError::new(format!(
                        "schema {at}: `{name}` is required and has no rule; add it to `properties`"
                    )));
                }
            }
        }
        let mut required = Places::default();
        for (place, (_, demanded)) in members.values().enumerate() {
            if *demanded {
                required.insert(place);
            }
        }
        Ok(ObjectRules {
            directory: Directory::of(&members.keys().copied().collect::<Vec<_>>()),
            members: members
                .iter()
                .enumerate()
                .map(|(place, (name, (node, _)))| Member::new(name, place, *node))
                .collect(),
            required,
            others,
            min: size(map, "minProperties"),
            max: size(map, "maxProperties"),
        })
    }
}

fn text(map: &Map<String, Value>) -> Result<TextRules, ConfigError> {
    let pattern = map
        .get("pattern")
        .map(|rule| Foreign::of_strings("pattern", rule));
    let format = map
        .get("format")
        .and_then(Value::as_str)
        .filter(|format| keywords::is_checked_format(format));
    let format = format.map(|format| {
        let checked = Foreign::of_strings("format", &Value::from(format))?;
        Ok::<_, ConfigError>((format.to_owned(), checked))
    });
    Ok(TextRules {
        min: size(map, "minLength"),
        max: size(map, "maxLength"),
        pattern: pattern.transpose()?,
        format: format.transpose()?,
    })
}

fn number(map: &Map<String, Value>) -> NumberRules {
    let limit = |word: &str| map.get(word).and_then(Number::of);
    NumberRules {
        min: limit("minimum"),
        max: limit("maximum"),
        over: limit("exclusiveMinimum"),
        under: limit("exclusiveMaximum"),
        multiple_of: map.get("multipleOf").and_then(Value::as_u64),
    }
}

fn list<'a>(map: &'a Map<String, Value>, word: &str) -> &'a [Value] {
    map.get(word)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// A size may be written as `2.0`; one that no memory could hold is no bound.
fn size(map: &Map<String, Value>, word: &str) -> Option<usize> {
    let value = map.get(word)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it saturates"
    )]
    let from_float = || value.as_f64().map(|size| size as u64);
    let size = value.as_u64().or_else(from_float)?;
    Some(usize::try_from(size).unwrap_or(usize::MAX))
}
