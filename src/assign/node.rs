//! A tree of fields that are listed by their pointers.

use std::collections::BTreeMap;

use serde_json::Value;

use super::listing::{Listing, holds_object};
use super::step::unescaped;
use crate::config::ConfigError;

/// What is listed of one field.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// Whether the field itself is listed.
    listed: bool,
    members: BTreeMap<String, Node>,
    each: Option<Box<Node>>,
}

impl Node {
    pub(super) fn list(&mut self, pointer: &str) -> Result<(), ConfigError> {
        let bad = || {
            ConfigError::new(format!(
                "`{pointer}` does not list a field; write a JSON pointer such as `/seo/title`"
            ))
        };
        let steps = pointer.strip_prefix('/').ok_or_else(bad)?;
        let mut node = self;
        for step in steps.split('/') {
            if step.is_empty() || step == "**" {
                return Err(bad());
            }
            node = match step {
                "*" => node.each.get_or_insert_default(),
                name => {
                    let name = unescaped(name).ok_or_else(bad)?;
                    node.members.entry(name).or_default()
                }
            };
        }
        node.listed = true;
        Ok(())
    }

    /// What is listed for each member is listed for those with a name as well.
    pub(super) fn spread(&mut self) {
        if let Some(each) = &self.each {
            for member in self.members.values_mut() {
                member.join(each);
            }
        }
        self.members.values_mut().for_each(Self::spread);
        if let Some(each) = &mut self.each {
            each.spread();
        }
    }

    fn join(&mut self, other: &Self) {
        self.listed |= other.listed;
        for (name, member) in &other.members {
            self.members.entry(name.clone()).or_default().join(member);
        }
        if let Some(each) = &other.each {
            self.each.get_or_insert_default().join(each);
        }
    }

    pub(super) fn lists_something(&self) -> bool {
        self.each.is_some() || !self.members.is_empty()
    }
}

impl Listing for &Node {
    fn member(self, name: &str) -> Option<Self> {
        self.members.get(name).or(self.each.as_deref())
    }

    fn each(self) -> Option<Self> {
        self.each.as_deref()
    }

    fn has_members(self) -> bool {
        self.lists_something()
    }

    fn takes(self, value: &Value) -> bool {
        self.listed && !holds_object(value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::assign::FieldAllowlist;

    fn offenders(fields: &[&str], body: &Value) -> Vec<String> {
        match FieldAllowlist::new(fields).unwrap().check(body) {
            Ok(()) => Vec::new(),
            Err(problem) => problem.faults().iter().map(|f| f.pointer.clone()).collect(),
        }
    }

    #[test]
    fn only_listed_fields_are_let_through_and_dropping_agrees_with_checking() {
        let none: &[&str] = &[];
        for (fields, body, bad, kept) in [
            (&["/a"][..], json!({ "a": 1 }), none, json!({ "a": 1 })),
            (
                &["/a"],
                json!({ "a": null, "b": 1, "A": 2, "a\u{0}": 3 }),
                &["#/A", "#/a%00", "#/b"],
                json!({ "a": null }),
            ),
            (
                &["/a"],
                json!({ "a": [1, ["x"]] }),
                none,
                json!({ "a": [1, ["x"]] }),
            ),
            (&["/a"], json!({ "a": { "b": 1 } }), &["#/a"], json!({})),
            (&["/a"], json!({ "a": {} }), &["#/a"], json!({})),
            (&["/a"], json!({ "a": [{ "b": 1 }] }), &["#/a"], json!({})),
            (
                &["/a/b"],
                json!({ "a": { "b": 1, "c": 2 } }),
                &["#/a/c"],
                json!({ "a": { "b": 1 } }),
            ),
            (&["/a/b"], json!({ "a": null }), &["#/a"], json!({})),
            (&["/a/b"], json!({ "a": ["x"] }), &["#/a"], json!({})),
            (
                &["/a/*"],
                json!({ "a": { "x": 1, "y": { "z": 1 } } }),
                &["#/a/y"],
                json!({ "a": { "x": 1 } }),
            ),
            (
                &["/a/*/b"],
                json!({ "a": [{ "b": 1 }, { "c": 1 }, 5] }),
                &["#/a/1/c", "#/a/2"],
                json!({ "a": [{ "b": 1 }, {}] }),
            ),
            (
                &["/a/*", "/a/x/b"],
                json!({ "a": { "x": 1, "y": 2 } }),
                none,
                json!({ "a": { "x": 1, "y": 2 } }),
            ),
            (
                &["/a/*", "/a/x/b"],
                json!({ "a": { "x": { "b": 1 } } }),
                none,
                json!({ "a": { "x": { "b": 1 } } }),
            ),
            (
                &["/a~1b"],
                json!({ "a/b": 1, "a": { "b": 1 } }),
                &["#/a"],
                json!({ "a/b": 1 }),
            ),
        ] {
            assert_eq!(offenders(fields, &body), bad, "{fields:?} {body}");
            let mut dropped = body;
            FieldAllowlist::new(fields)
                .unwrap()
                .drop_unlisted(&mut dropped)
                .unwrap();
            assert_eq!(dropped, kept);
            assert_eq!(offenders(fields, &dropped), none);
        }
    }

    #[test]
    fn a_body_that_is_no_object_is_refused_either_way() {
        let list = FieldAllowlist::new(["/a"]).unwrap();
        for mut body in [json!(null), json!([1]), json!("a"), json!(1)] {
            assert_eq!(list.check(&body).unwrap_err().faults()[0].code, "type");
            assert!(list.drop_unlisted(&mut body).is_err());
        }
    }

    #[test]
    fn a_list_that_lists_nothing_is_not_made() {
        for fields in [
            &[][..],
            &[""],
            &["/"],
            &["a"],
            &["/a/"],
            &["/a//b"],
            &["/~"],
            &["/a~2"],
            &["/~~01"],
            &["/**"],
        ] {
            assert!(FieldAllowlist::new(fields).is_err(), "{fields:?}");
        }
    }
}
