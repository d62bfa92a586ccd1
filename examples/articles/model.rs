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

/// Which articles a query asks for: `?published=true&tag=castle&tag=gate`.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Asked {
    published: Option<bool>,
    #[serde(default)]
    #[schemars(length(max = 3), inner(length(max = 30)))]
    tag: Vec<String>,
}

impl Asked {
    pub(crate) fn is_for(&self, article: &Article) -> bool {
        self.published
            .is_none_or(|published| published == article.published)
            && self.tag.iter().all(|tag| article.tags.contains(tag))
    }
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
