//! Which fields may be assigned, and the check that nothing else is.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::assignable::Assignable;
use crate::body::{Faults, Path, PerType, numbers_are_plain};
use crate::config::ConfigError;
use crate::problem::Problem;

/// Lets only listed fields reach a model.
///
/// A field is listed by its JSON pointer (RFC 6901): `/email`, `/seo/title`. The step `*` stands for
/// any one member of an object or element of an array, and reaches one level only: `/seo/*`,
/// `/links/*/url`. A listed field takes any value that holds no object; the fields of an object are
/// listed each by themselves. There is no way to list a whole subtree and no list of what is
/// forbidden: a field that is added to the model later is not assignable until it is listed.
///
/// ```
/// use portcullis::assign::FieldAllowlist;
/// use serde_json::json;
///
/// let list = FieldAllowlist::new(["/email", "/name", "/seo/*"])?;
/// assert!(list.check(&json!({ "name": "Ada", "seo": { "title": "x" } })).is_ok());
///
/// let problem = list.check(&json!({ "role": "admin", "seo": { "a": { "b": 1 } } })).unwrap_err();
/// assert_eq!(problem.status(), 422);
/// assert_eq!(problem.faults()[0].pointer, "#/role");
/// assert_eq!(problem.faults()[1].pointer, "#/seo/a");
/// # Ok::<(), portcullis::config::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct FieldAllowlist(Node);

#[derive(Clone, Debug, Default)]
struct Node {
    /// Whether the field itself is listed.
    listed: bool,
    members: BTreeMap<String, Node>,
    each: Option<Box<Node>>,
}

impl FieldAllowlist {
    /// Lists the fields at `pointers`.
    ///
    /// # Errors
    /// [`ConfigError`] if one of them is no pointer to a field, or there are none.
    pub fn new<P: AsRef<str>>(pointers: impl IntoIterator<Item = P>) -> Result<Self, ConfigError> {
        let mut root = Node::default();
        for pointer in pointers {
            root.list(pointer.as_ref())?;
        }
        if root.members.is_empty() && root.each.is_none() {
            return Err(ConfigError::new(
                "a list of assignable fields is empty; list a field, such as `/name`",
            ));
        }
        root.spread();
        Ok(Self(root))
    }

    /// The list of `T`. Ask for it when the program starts, so that a list that is wrong stops the
    /// start and not the requests.
    ///
    /// # Errors
    /// [`ConfigError`] as [`new`](Self::new).
    pub fn of<T: Assignable>() -> Result<&'static Self, ConfigError> {
        static LISTS: PerType<Result<FieldAllowlist, ConfigError>> = PerType::new();
        let made = LISTS.get::<T>(|| {
            if numbers_are_plain() {
                return Self::new(T::FIELDS);
            }
            Err(ConfigError::new(
                "the feature `arbitrary_precision` of serde_json is on, with which callers can \
                 counterfeit numbers; turn it off",
            ))
        });
        made.as_ref().map_err(Clone::clone)
    }

    /// Checks that `body` is an object that has listed fields only.
    ///
    /// # Errors
    /// A [`Problem`] of the kind `InvalidBody` with all others (at most 32). A field that may not
    /// be assigned is told exactly as one that does not exist.
    pub fn check(&self, body: &Value) -> Result<(), Problem> {
        let mut faults = Faults::default();
        let mut path = Path::default();
        match body {
            Value::Object(members) => self.0.check_members(members, &mut path, &mut faults),
            _ => not_an_object(&mut faults),
        }
        if faults.is_empty() {
            return Ok(());
        }
        Err(faults.into_problem("fields_not_assignable"))
    }

    /// Drops all but the listed fields from `body`, for callers that send whole objects back. The
    /// caller does not learn of it; prefer [`check`](Self::check).
    ///
    /// # Errors
    /// A [`Problem`] of the kind `InvalidBody` if `body` is not an object.
    pub fn drop_unlisted(&self, body: &mut Value) -> Result<(), Problem> {
        if let Value::Object(members) = body {
            self.0.drop_members(members);
            return Ok(());
        }
        let mut faults = Faults::default();
        not_an_object(&mut faults);
        Err(faults.into_problem("fields_not_assignable"))
    }
}

impl Node {
    fn list(&mut self, pointer: &str) -> Result<(), ConfigError> {
        let bad = || {
            ConfigError::new(format!(
                "`{pointer}` does not list a field; write a JSON pointer such as `/seo/title`"
            ))
        };
        let steps = pointer.strip_prefix('/').ok_or_else(bad)?;
        let mut node = self;
        for step in steps.split('/') {
            let rest = step.replace("~0", "").replace("~1", "");
            if step.is_empty() || rest.contains('~') || step == "**" {
                return Err(bad());
            }
            node = match step {
                "*" => node.each.get_or_insert_default(),
                name => {
                    let name = name.replace("~1", "/").replace("~0", "~");
                    node.members.entry(name).or_default()
                }
            };
        }
        node.listed = true;
        Ok(())
    }

    /// What is listed for each member is listed for those with a name as well.
    fn spread(&mut self) {
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

    fn member(&self, name: &str) -> Option<&Self> {
        self.members.get(name).or(self.each.as_deref())
    }

    fn has_members(&self) -> bool {
        self.each.is_some() || !self.members.is_empty()
    }

    fn check<'a>(&self, value: &'a Value, path: &mut Path<'a>, faults: &mut Faults) {
        match (value, &self.each) {
            (Value::Object(members), _) if self.has_members() => {
                self.check_members(members, path, faults);
            }
            (value, _) if self.listed && !holds_object(value) => {}
            (Value::Array(elements), Some(each)) => {
                for (index, element) in elements.iter().enumerate() {
                    path.enter_index(index);
                    each.check(element, path, faults);
                    path.leave();
                }
            }
            _ => unknown(path, faults),
        }
    }

    fn check_members<'a>(
        &self,
        members: &'a Map<String, Value>,
        path: &mut Path<'a>,
        faults: &mut Faults,
    ) {
        for (name, value) in members {
            path.enter(name.into());
            match self.member(name) {
                Some(member) => member.check(value, path, faults),
                None => unknown(path, faults),
            }
            path.leave();
        }
    }

    /// Whether `value` may stay, once what may not has been dropped from it.
    fn drop_from(&self, value: &mut Value) -> bool {
        match (value, &self.each) {
            (Value::Object(members), _) if self.has_members() => {
                self.drop_members(members);
                true
            }
            (value, _) if self.listed && !holds_object(value) => true,
            (Value::Array(elements), Some(each)) => {
                elements.retain_mut(|element| each.drop_from(element));
                true
            }
            _ => false,
        }
    }

    fn drop_members(&self, members: &mut Map<String, Value>) {
        members.retain(|name, value| {
            self.member(name)
                .is_some_and(|member| member.drop_from(value))
        });
    }
}

fn holds_object(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::Array(elements) => elements.iter().any(holds_object),
        _ => false,
    }
}

fn unknown(path: &Path<'_>, faults: &mut Faults) {
    faults.add(
        || path.pointer(),
        "unknown-field",
        "is not a field of this resource",
    );
}

fn not_an_object(faults: &mut Faults) {
    faults.add(|| "#".to_owned(), "type", "must be of type object");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
            &["/**"],
        ] {
            assert!(FieldAllowlist::new(fields).is_err(), "{fields:?}");
        }
    }
}
