//! What is wrong with a request, part by part.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::Value;

/// One thing that is wrong with a body or with parameters, for the caller to mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FieldFault {
    /// Where: a JSON pointer in URI fragment form (RFC 6901, section 6).
    pub pointer: String,
    /// What the pointer points into; none if that is the body.
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Which rule is broken: a stable word for programs.
    pub code: &'static str,
    /// The rule in words, never the value.
    pub detail: Cow<'static, str>,
    /// What the rule says, as data: `{"maxLength": 200}`. Never what was sent.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<&'static str, Value>,
}

/// Parts of a request beside its body, in the words of `OpenAPI`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Location {
    /// The parameters in the query of the address.
    Query,
    /// The parameters in the path of the address.
    Path,
    /// The header fields.
    Header,
}

impl Location {
    /// The stable word for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Path => "path",
            Self::Header => "header",
        }
    }
}

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl FieldFault {
    /// A fault in the body, at `pointer`, against the rule `code`, told as `detail`.
    #[must_use]
    pub fn new(
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            pointer: pointer.into(),
            location: None,
            code,
            detail: detail.into(),
            params: BTreeMap::new(),
        }
    }

    /// Says that the pointer points into `location` (default: the body).
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// Adds what the rule says, as data.
    #[must_use]
    pub fn with_param(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.params.insert(name, value.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fault_says_what_it_has_to_say_and_no_more() {
        let fault = FieldFault::new("#/a", "maximum", "must be at most 6");
        assert_eq!(
            json!(fault),
            json!({ "pointer": "#/a", "code": "maximum", "detail": "must be at most 6" })
        );
        for (location, word) in [
            (Location::Query, "query"),
            (Location::Path, "path"),
            (Location::Header, "header"),
        ] {
            let whole = json!(fault.clone().at(location).with_param("maximum", 6));
            assert_eq!(whole["in"], word);
            assert_eq!(whole["params"], json!({ "maximum": 6 }));
        }
    }
}
