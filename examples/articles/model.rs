//! What callers may send: a schema for each body, a rule for each field of what they may change.

use portcullis::assign::{Assignable, View};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Deserialize, Serialize, JsonSchema)]
pub(crate) struct Article {
    #[schemars(length(min = 1, max = 200))]
    pub(crate) title: String,
    #[schemars(length(min = 1, max = 50_000))]
    pub(crate) content: String,
    #[serde(default)]
    #[schemars(length(max = 10), inner(length(max = 40)))]
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

/// A user, each of whose fields says who may set it and who may see it.
#[derive(Clone, Assignable, View)]
pub(crate) struct Profile {
    #[assign(never)]
    #[view(read)]
    pub(crate) user: String,
    #[assign(write)]
    #[view(read)]
    pub(crate) email: Option<String>,
    #[assign(write)]
    #[view(read)]
    pub(crate) name: Option<String>,
    #[assign(write)]
    #[view(read)]
    pub(crate) bio: Option<String>,
    #[assign(never)]
    #[view(read)]
    pub(crate) is_admin: bool,
}
