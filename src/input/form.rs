//! How the `jsonschema` crate sees a tree.

use std::borrow::Cow;
use std::cmp::Ordering;

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, JsonNumber, Node, NodeIdentity, Object, cmp};
use serde_json::{Number as AsWritten, Value};

use super::number::Number;
use super::tree::{Members, Tree};

/// The representation whose nodes are trees.
#[derive(Debug)]
pub(super) struct Form;

impl Json for Form {
    type Node<'a> = &'a Tree<'a>;
    type PreparedKey = Box<str>;
    type StringBuffer = ();

    const ACYCLIC: bool = true;

    fn prepare_key(key: &str) -> Box<str> {
        key.into()
    }

    fn with_string_node<T>((): &mut (), text: &str, f: impl FnOnce(Self::Node<'_>) -> T) -> T {
        f(&Tree::Text(Cow::Borrowed(text)))
    }
}

impl<'a> Node<'a, Form> for &'a Tree<'a> {
    type Object = &'a Members<'a>;
    type Array = Elements<'a>;
    type Number = Written<'a>;

    fn as_object(&self) -> Option<&'a Members<'a>> {
        match self {
            Tree::Members(members) => Some(members),
            _ => None,
        }
    }

    fn as_array(&self) -> Option<Elements<'a>> {
        match self {
            Tree::List(list) => Some(Elements(list)),
            _ => None,
        }
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match self {
            Tree::Text(text) => Some(Cow::Borrowed(text)),
            _ => None,
        }
    }

    fn as_number(&self) -> Option<Written<'a>> {
        match self {
            Tree::Number(number) => Some(Written(number)),
            _ => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        match self {
            Tree::Bool(value) => Some(*value),
            _ => None,
        }
    }

    fn is_null(&self) -> bool {
        matches!(self, Tree::Null)
    }

    fn json_type(&self) -> JsonType {
        match self {
            Tree::Null => JsonType::Null,
            Tree::Bool(_) => JsonType::Boolean,
            Tree::Number(_) => JsonType::Number,
            Tree::Text(_) => JsonType::String,
            Tree::List(_) => JsonType::Array,
            Tree::Members(_) => JsonType::Object,
        }
    }

    fn equals_value(&self, expected: &Value) -> bool {
        match (self, expected) {
            (Tree::Text(text), Value::String(expected)) => text == expected,
            (Tree::Text(_), _) | (_, Value::String(_)) => false,
            _ => cmp::equal(&self.to_value(), expected),
        }
    }

    fn to_value(&self) -> Cow<'a, Value> {
        Cow::Owned(match self {
            Tree::Null => Value::Null,
            Tree::Bool(value) => Value::Bool(*value),
            Tree::Number(number) => Value::Number(number.clone()),
            Tree::Text(text) => Value::String(text.as_ref().to_owned()),
            Tree::List(list) => list
                .iter()
                .map(|item| item.to_value().into_owned())
                .collect(),
            Tree::Members(members) => {
                let members = members.list.iter();
                members
                    .map(|(name, value)| (name.as_ref().to_owned(), value.to_value().into_owned()))
                    .collect()
            }
        })
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(
            std::ptr::from_ref::<Tree<'_>>(self).addr(),
        ))
    }
}

impl<'a> Object<'a, Form> for &'a Members<'a> {
    type Node = &'a Tree<'a>;
    type MemberName = &'a str;
    type MembersIter = Named<'a>;

    fn len(&self) -> usize {
        self.list.len()
    }

    fn get(&self, key: &Box<str>) -> Option<&'a Tree<'a>> {
        self.find(key)
    }

    fn members(&self) -> Named<'a> {
        Named(self.list.iter())
    }
}

/// The members of an object, one after the other.
pub(super) struct Named<'a>(std::slice::Iter<'a, (Cow<'a, str>, Tree<'a>)>);

impl<'a> Iterator for Named<'a> {
    type Item = (&'a str, &'a Tree<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, value)| (name.as_ref(), value))
    }
}

/// The items of an array.
pub(super) struct Elements<'a>(&'a [Tree<'a>]);

impl<'a> Array<'a, Form> for Elements<'a> {
    type Node = &'a Tree<'a>;
    type ElementsIter = std::slice::Iter<'a, Tree<'a>>;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn elements(&self) -> Self::ElementsIter {
        self.0.iter()
    }

    /// By sorting: no choice of items makes many comparisons of it, as it could with hashes that
    /// are known.
    fn is_unique(&self) -> bool {
        let mut sorted: Vec<_> = self.0.iter().map(Ordered::of).collect();
        sorted.sort_unstable();
        sorted.windows(2).all(|pair| match pair {
            [one, two] => one != two,
            _ => true,
        })
    }
}

/// A number as it came.
pub(super) struct Written<'a>(&'a AsWritten);

impl JsonNumber for Written<'_> {
    fn as_u64(&self) -> Option<u64> {
        self.0.as_u64()
    }

    fn as_i64(&self) -> Option<i64> {
        self.0.as_i64()
    }

    fn as_f64(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Owned(self.0.to_string())
    }

    fn to_number(&self) -> Cow<'_, AsWritten> {
        Cow::Borrowed(self.0)
    }

    fn is_integer(&self) -> bool {
        Number::of_json(self.0).is_some_and(Number::is_integral)
    }

    fn is_written_as_integer(&self) -> bool {
        !self.0.is_f64()
    }
}

/// A value in an order in which what JSON Schema calls equal is equal: numbers by what they are,
/// objects whatever the order of their members.
#[derive(Debug, PartialEq, PartialOrd)]
enum Ordered<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(&'a str),
    List(Vec<Ordered<'a>>),
    Members(Vec<(&'a str, Ordered<'a>)>),
}

impl<'a> Ordered<'a> {
    fn of(tree: &'a Tree<'a>) -> Self {
        match tree {
            Tree::Null => Self::Null,
            Tree::Bool(value) => Self::Bool(*value),
            // The parser gives no other numbers.
            Tree::Number(number) => Number::of_json(number).map_or(Self::Null, Self::Number),
            Tree::Text(text) => Self::Text(text),
            Tree::List(list) => Self::List(list.iter().map(Self::of).collect()),
            Tree::Members(members) => {
                let members = members.list.iter();
                let mut members: Vec<_> = members
                    .map(|(name, value)| (name.as_ref(), Self::of(value)))
                    .collect();
                members.sort_unstable_by_key(|(name, _)| *name);
                Self::Members(members)
            }
        }
    }
}

// No number is NaN, so the order is a total one.
impl Eq for Ordered<'_> {}

impl Ord for Ordered<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.partial_cmp(other).unwrap_or(Ordering::Equal)
    }
}
