//! What callers may send: a schema for each body, a list of fields for each patch.

use portcullis::assign::Assignable;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Deserialize, Serialize, JsonSchema)]
pub(crate) struct Article {
    #[schemars(length(min = 1, max = 200))]
    pub(crate) title: String,
    #[schemars(length(min = 1, max = 50_000))]
    pub(crate) content: String,
    #[serde(default)]
    #[schemars(length(max = 10))]
    pub(crate) tags: Vec<String>,
    #[serde(default)]
    pub(crate) published: bool,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Login {
    #[schemars(length(max = 64))]
    pub(crate) user: String,
    #[schemars(length(max = 64))]
    pub(crate) password: String,
}

/// What a user may change of themselves: not their role, whatever else the model has.
#[derive(Deserialize)]
pub(crate) struct ProfilePatch {
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) bio: Option<String>,
}

impl Assignable for ProfilePatch {
    const FIELDS: &'static [&'static str] = &["/email", "/name", "/bio"];
}
