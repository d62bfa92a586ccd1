//! The audit itself.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::concern::Finding;
use super::findings::findings;
use super::row::Row;
use crate::api::Api;
use crate::api::route::within;
use crate::api::takes::Takes;
use crate::config::ConfigError;

/// Every route of an application with what protects it, and what is the matter with it. Its
/// `Display` is a table for a terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Audit {
    /// The routes, by their paths, and what is answered where there is none.
    pub routes: Vec<Row>,
    /// What is the matter. An audit that was read has none: only the living application is judged.
    #[serde(skip_deserializing, default)]
    pub findings: Vec<Finding>,
}

impl<S: Clone + Send + Sync + 'static> Api<S> {
    /// What protects every route.
    #[must_use]
    pub fn audit(&self) -> Audit {
        let outer = self.outer.as_ref();
        let row = |method: &str, path: &str, policy, takes| {
            (Row::new(method, path, &within(outer, policy), takes), takes)
        };
        let routes = self.routes.iter();
        let routes = routes.map(|route| {
            row(
                route.method.as_str(),
                &route.path,
                &route.policy,
                route.takes,
            )
        });
        let mounts = self.mounts.iter().map(|mount| {
            let path = format!("{}/{{*}}", mount.prefix);
            row("*", &path, &mount.policy, Takes::ANYTHING)
        });
        let mut rows: Vec<_> = routes.chain(mounts).collect();
        // What axum serves by itself is not there if it is named.
        let heads: Vec<_> = rows
            .iter()
            .filter(|(row, _)| row.method == "HEAD")
            .map(|(row, _)| row.path.clone())
            .collect();
        for (row, _) in &mut rows {
            row.serves_head = row.serves_head && !heads.contains(&row.path);
        }
        rows.sort_by(|(one, _), (other, _)| one.path.cmp(&other.path));
        rows.push(row("*", "*", &self.base, Takes::of::<()>()));
        Audit {
            findings: findings(&rows),
            routes: rows.into_iter().map(|(row, _)| row).collect(),
        }
    }
}

impl Audit {
    /// The audit as JSON, to be kept for the next review.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Reads an audit that was kept.
    ///
    /// # Errors
    /// [`ConfigError`] if it is none.
    pub fn from_json(json: &Value) -> Result<Self, ConfigError> {
        Self::deserialize(json)
            .map_err(|error| ConfigError::new(format!("this is no audit: {error}")))
    }

    /// What is the matter, in the order of the routes.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}
