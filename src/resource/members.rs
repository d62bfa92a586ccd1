//! The members of the document (RFC 9728, section 2).

use serde_json::{Map, Value};

use crate::config::ConfigError;

/// What the document says, all but checked members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Members(Map<String, Value>);

/// Members that have a step of their own, with which an author's could be at odds.
const OWN: [&str; 12] = [
    "resource",
    "authorization_servers",
    "jwks_uri",
    "scopes_supported",
    "bearer_methods_supported",
    "resource_name",
    "resource_documentation",
    "resource_policy_uri",
    "resource_tos_uri",
    "tls_client_certificate_bound_access_tokens",
    "dpop_signing_alg_values_supported",
    "dpop_bound_access_tokens_required",
];

impl Members {
    /// The members of the resource called `identifier`, which takes tokens in the `Authorization`
    /// header alone.
    pub(super) fn of(identifier: &str) -> Self {
        Self(Map::new())
            .with("resource", identifier)
            .with("bearer_methods_supported", vec!["header"])
    }

    /// The members and this one.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// The members and a list, which has at least one item (RFC 9728, section 3.2).
    ///
    /// # Errors
    /// [`ConfigError`] if there is no item, or one that `check` refuses.
    pub(super) fn with_list<N: AsRef<str>>(
        self,
        name: &str,
        items: impl IntoIterator<Item = N>,
        check: impl Fn(&str) -> Result<(), ConfigError>,
    ) -> Result<Self, ConfigError> {
        let item = |item: N| check(item.as_ref()).map(|()| item.as_ref().to_owned());
        let items: Vec<String> = items.into_iter().map(item).collect::<Result<_, _>>()?;
        if items.is_empty() {
            return Err(ConfigError::new(format!(
                "`{name}` lists nothing: name at least one, or leave it out"
            )));
        }
        Ok(self.with(name, items))
    }

    /// The members and one of the author's own.
    ///
    /// # Errors
    /// [`ConfigError`] if it has a step of its own, or no value.
    pub(super) fn with_own(self, name: &str, value: Value) -> Result<Self, ConfigError> {
        let fault = |what: &str| Err(ConfigError::new(format!("the member {name:?} {what}")));
        if OWN.contains(&name) {
            return fault("has a step of its own: use that");
        }
        if name.is_empty() {
            return fault("needs a name");
        }
        match &value {
            Value::Null => fault("has no value: leave it out"),
            Value::Array(items) if items.is_empty() => fault("lists nothing: leave it out"),
            _ => Ok(self.with(name, value)),
        }
    }

    /// The document.
    pub(super) fn to_json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_of_the_authors_own_neither_replace_others_nor_say_nothing() {
        let members = || Members::of("https://h");
        for name in OWN {
            assert!(members().with_own(name, json!("x")).is_err(), "{name}");
        }
        for (name, value, good) in [
            ("signed_metadata", json!("e30.e30."), true),
            ("resource_name#ja", json!("\u{8a18}\u{4e8b}"), true),
            ("x", json!(false), true),
            ("x", json!([0]), true),
            ("x", json!([]), false),
            ("x", Value::Null, false),
            ("", json!(1), false),
        ] {
            assert_eq!(members().with_own(name, value).is_ok(), good, "{name}");
        }
    }

    #[test]
    fn a_list_without_items_is_refused() {
        let members = || Members::of("https://h");
        assert!(members().with_list("x", ["a"], |_| Ok(())).is_ok());
        assert!(members().with_list("x", [""; 0], |_| Ok(())).is_err());
        let refuse = |_: &str| Err(ConfigError::new("no"));
        assert!(members().with_list("x", ["a"], refuse).is_err());
    }
}
