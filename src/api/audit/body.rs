//! What a route reads of a body.

use serde::{Deserialize, Serialize};

use crate::api::policy::Policy;
use crate::api::takes::Takes;

/// What a handler reads of the body, and who checks it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BodyRow {
    /// It reads none.
    None,
    /// A schema.
    Schema(SchemaRow),
    /// A schema that the policy does not name ([`Policy::reads`](crate::api::Policy)).
    UnnamedSchema,
    /// The rules of each field of a model.
    Fields,
    /// Nobody that is known.
    Unchecked,
}

/// A schema that bodies are checked by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SchemaRow {
    /// What the type is called.
    pub name: String,
    /// A hash of the rules: another one is another schema.
    pub hash: String,
    /// The longest body that is read, in bytes.
    pub max_bytes: usize,
    /// What the rules leave without a bound.
    pub unbounded: Vec<String>,
    /// Why there is no such schema, if there is none.
    pub fault: Option<String>,
    /// Whether the handler takes it as `ValidatedJson`; otherwise it may be that nobody checks it.
    pub is_taken: bool,
}

impl BodyRow {
    pub(in crate::api) fn new(policy: &Policy, takes: Takes) -> Self {
        if let Some(schema) = Self::schema(policy, takes) {
            return Self::Schema(schema);
        }
        if !takes.reads_body() {
            Self::None
        } else if takes.validates() {
            Self::UnnamedSchema
        } else if takes.assigns_fields() {
            Self::Fields
        } else {
            Self::Unchecked
        }
    }

    #[cfg(feature = "json")]
    fn schema(policy: &Policy, takes: Takes) -> Option<SchemaRow> {
        use crate::input::Finding;

        let reads = policy.schema()?;
        let schema = reads.schema.as_ref();
        let findings = schema.map(|schema| schema.findings()).unwrap_or_default();
        Some(SchemaRow {
            name: reads.name.to_owned(),
            hash: schema.map_or_else(|_| String::new(), |schema| hash(schema.document())),
            max_bytes: schema.map_or(0, |schema| schema.max_bytes()),
            unbounded: findings.iter().map(Finding::to_string).collect(),
            fault: schema.err().map(ToString::to_string),
            is_taken: takes.validates_as(reads.whole_name),
        })
    }

    #[cfg(not(feature = "json"))]
    fn schema(policy: &Policy, takes: Takes) -> Option<SchemaRow> {
        let _ = (policy, takes);
        None
    }

    /// What it is, in words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Schema(schema) if schema.fault.is_some() => format!("{}: no schema", schema.name),
            Self::Schema(schema) => {
                let SchemaRow {
                    name,
                    hash,
                    max_bytes,
                    ..
                } = schema;
                format!("{name} {hash}, {max_bytes} bytes")
            }
            Self::UnnamedSchema => "a schema that is not named".to_owned(),
            Self::Fields => "field by field".to_owned(),
            Self::Unchecked => "unchecked".to_owned(),
        }
    }
}

/// The first eight digits of a hash: enough to see that something has changed.
#[cfg(feature = "json")]
fn hash(document: &serde_json::Value) -> String {
    use std::fmt::Write;

    use sha2::{Digest, Sha256};

    let digest = Sha256::digest(document.to_string());
    digest.iter().take(4).fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
