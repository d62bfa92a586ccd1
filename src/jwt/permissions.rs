//! Permissions, roles and groups among the claims.

use serde_json::{Map, Value};

use super::fault::Fault;
use super::guard::RequireJwt;
use crate::identity::Permissions;

/// Where permissions stand: the names of members, from the outermost in.
pub(super) type Path = Box<[Box<str>]>;

impl RequireJwt {
    /// Reads permissions, roles or groups from the claim at `path`, the names of members from the
    /// outermost in: `["roles"]`, or `["realm_access", "roles"]`. It holds an array of names, or one
    /// name; of several such claims all count. A guard behind this one may demand them; see
    /// [`RequirePermissions`](crate::authz::RequirePermissions).
    #[must_use]
    pub fn with_permissions_claim<N: AsRef<str>>(
        mut self,
        path: impl IntoIterator<Item = N>,
    ) -> Self {
        let path: Path = path.into_iter().map(|name| name.as_ref().into()).collect();
        self.issuers
            .each(|policy| policy.permissions.push(path.clone()));
        self
    }
}

/// The permissions that stand at each of `paths` in a checked payload: an array of names, or one
/// name as text. A claim that is not there grants nothing; one of another type is a fault, since
/// nobody can say what it was meant to grant.
pub(super) fn read(payload: &[u8], paths: &[Path]) -> Result<Permissions, Fault> {
    let claims: Map<String, Value> =
        serde_json::from_slice(payload).map_err(|_| Fault::BAD_PERMISSIONS)?;
    let mut names = Vec::new();
    for path in paths {
        match find(&claims, path)? {
            None => {}
            Some(Value::String(name)) => names.push(name.as_str()),
            Some(Value::Array(several)) => {
                for name in several {
                    names.push(name.as_str().ok_or(Fault::BAD_PERMISSIONS)?);
                }
            }
            Some(_) => return Err(Fault::BAD_PERMISSIONS),
        }
    }
    Permissions::of(names).map_err(|_| Fault::BAD_PERMISSIONS)
}

fn find<'c>(claims: &'c Map<String, Value>, path: &Path) -> Result<Option<&'c Value>, Fault> {
    let mut inside = claims;
    let mut names = path.iter().peekable();
    while let Some(name) = names.next() {
        let found = inside.get(&**name);
        match found {
            None => return Ok(None),
            found if names.peek().is_none() => return Ok(found),
            Some(Value::Object(deeper)) => inside = deeper,
            Some(_) => return Err(Fault::BAD_PERMISSIONS),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(names: &[&str]) -> Path {
        names.iter().map(|name| (*name).into()).collect()
    }

    #[test]
    fn permissions_are_an_array_of_names_or_one_name_at_the_end_of_a_path() {
        let paths = [path(&["roles"]), path(&["realm_access", "roles"])];
        let bad = Err(Fault::BAD_PERMISSIONS);
        for (claims, expected) in [
            ("{}", Ok("")),
            (r#"{"roles":[]}"#, Ok("")),
            (r#"{"roles":"Domain Admins"}"#, Ok("Domain Admins")),
            (r#"{"roles":["b","a b"]}"#, Ok("a b, b")),
            (r#"{"realm_access":{"roles":["c"]}}"#, Ok("c")),
            (r#"{"realm_access":{}}"#, Ok("")),
            (
                r#"{"roles":["a"],"realm_access":{"roles":["c","a"]}}"#,
                Ok("a, c"),
            ),
            (r#"{"realm_access.roles":["c"]}"#, Ok("")),
            (r#"{"roles":["a",1]}"#, bad),
            (r#"{"roles":[["a"]]}"#, bad),
            (r#"{"roles":{"a":true}}"#, bad),
            (r#"{"roles":null}"#, bad),
            (r#"{"roles":true}"#, bad),
            (r#"{"realm_access":["roles"]}"#, bad),
            (r#"{"realm_access":{"roles":7}}"#, bad),
        ] {
            let found = read(claims.as_bytes(), &paths).map(|held| held.to_string());
            assert_eq!(found, expected.map(str::to_owned), "{claims}");
        }
    }

    #[test]
    fn more_than_can_be_held_is_a_fault_and_not_cut() {
        let names: Vec<_> = (0..=Permissions::MAX).map(|n| n.to_string()).collect();
        let claims = serde_json::json!({ "roles": names }).to_string();
        let read = read(claims.as_bytes(), &[path(&["roles"])]);
        assert_eq!(read, Err(Fault::BAD_PERMISSIONS));
    }
}
