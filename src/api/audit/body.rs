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
    #[non_exhaustive]
    Schema {
        /// What the type is called.
        name: String,
        /// A hash of the rules: another one is another schema.
        hash: String,
        /// The longest body that is read, in bytes.
        max_bytes: usize,
        /// What the rules leave without a bound.
        unbounded: Vec<String>,
        /// Why there is no such schema, if there is none.
        fault: Option<String>,
    },
    /// A schema that the policy does not name ([`Policy::reads`](crate::api::Policy)).
    UnnamedSchema,
    /// The rules of each field of a model.
    Fields,
    /// Nobody that is known.
    Unchecked,
}

impl BodyRow {
    pub(in crate::api) fn new(policy: &Policy, takes: Takes) -> Self {
        if let Some(schema) = Self::schema(policy) {
            return schema;
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
    fn schema(policy: &Policy) -> Option<Self> {
        use crate::input::Finding;

        let reads = policy.schema()?;
        let name = reads.name.to_owned();
        Some(match &reads.schema {
            Ok(schema) => Self::Schema {
                name,
                hash: hash(&schema.document().to_string()),
                max_bytes: schema.max_bytes(),
                unbounded: schema.findings().iter().map(Finding::to_string).collect(),
                fault: None,
            },
            Err(error) => Self::Schema {
                name,
                hash: String::new(),
                max_bytes: 0,
                unbounded: Vec::new(),
                fault: Some(error.to_string()),
            },
        })
    }

    #[cfg(not(feature = "json"))]
    fn schema(policy: &Policy) -> Option<Self> {
        let _ = policy;
        None
    }

    /// What it is, in words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Schema {
                name,
                fault: Some(_),
                ..
            } => format!("{name}: no schema"),
            Self::Schema {
                name,
                hash,
                max_bytes,
                ..
            } => {
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
fn hash(text: &str) -> String {
    use std::fmt::Write;

    use sha2::{Digest, Sha256};

    let digest = Sha256::digest(text);
    digest.iter().take(4).fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
