//! Which fields may be assigned, and the check that nothing else is.

use serde_json::Value;

use super::listing::{check_members, drop_members, not_an_object};
use super::node::Node;
use crate::body::{Faults, Path};
use crate::config::ConfigError;
use crate::problem::Problem;

/// Lets only listed fields reach a model.
///
/// A field is listed by its JSON pointer (RFC 6901): `/email`, `/seo/title`. The step `*` stands for
/// any one member of an object or element of an array, and reaches one level only: `/seo/*`,
/// `/links/*/url`. A listed field takes any value that holds no object; the fields of an object are
/// listed each by themselves. So a listed field takes a list too, of which some types make an object
/// (`serde` reads a struct from its fields in their order): list no field whose type is a struct, and
/// where a tree is merged into a document, no field of a list of objects that must not be replaced.
/// There is no way to list a whole subtree and no list of what is
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
        if !root.lists_something() {
            return Err(ConfigError::new(
                "a list of assignable fields is empty; list a field, such as `/name`",
            ));
        }
        root.spread();
        Ok(Self(root))
    }

    /// Lists the field at `pointer` as well, as in `authors.clone().allow("/featured")?` for the
    /// list of those who may set a little more.
    ///
    /// # Errors
    /// [`ConfigError`] if that is no pointer to a field.
    pub fn allow(mut self, pointer: &str) -> Result<Self, ConfigError> {
        self.0.list(pointer)?;
        self.0.spread();
        Ok(self)
    }

    pub(super) fn node(&self) -> &Node {
        &self.0
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
            Value::Object(members) => check_members(&self.0, members, &mut path, &mut faults),
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
            drop_members(&self.0, members);
            return Ok(());
        }
        let mut faults = Faults::default();
        not_an_object(&mut faults);
        Err(faults.into_problem("fields_not_assignable"))
    }
}
