//! Stops bodies and parameters that do not follow the rules of the type they are read into.
//!
//! [`ValidatedJson`] reads a JSON body by a schema that is derived from the type or written down,
//! and made strict: what is not allowed is forbidden. It stops what `serde` alone lets through:
//!
//! - members that the type does not know, at every level; members that stand twice;
//! - an object sent as an array; numbers that do not fit; strings and lists without bounds, as far
//!   as the schema bounds them; nesting beyond 32 levels;
//! - another media type (a form that a browser sends unasked), a coding that hides the size;
//! - answers that echo what was sent or list the names that would be taken.
//!
//! The same rules hold, told in the same shape, for forms ([`ValidatedForm`]), queries
//! ([`ValidatedQuery`]), the parameters of a path ([`ValidatedPath`]) and the header fields that a
//! type names ([`ValidatedHeaders`]). Values are text there, and are read as their rules say; a fault
//! bears `"in": "query"`, `"path"` or `"header"`, one in a body bears none.
//!
//! All faults are told at once, as JSON pointers with stable codes, and with the number of the rule as
//! data (`"params": {"maxLength": 200}`). Codes are `required`, `unknown-field`, `type`, `enum`,
//! `min-length`, `max-length`, `pattern`, `format`, `minimum`, `maximum`, `exclusive-minimum`,
//! `exclusive-maximum`, `multiple-of`, `min-items`, `max-items`, `unique-items`, `min-properties`,
//! `max-properties`, `forbidden`, and `shape` where several schemas speak of one value; at most 32 of
//! them in at most 8 KiB. A malformed text is told as `syntax`, `duplicate-key` or `depth`.
//!
//! Where one set of rules speaks of each value, they are held while the type is built from the body:
//! one pass, no tree, and no word on what is wrong before something is. What several schemas speak of
//! (`anyOf`, `not`, `if`, `unevaluatedProperties`, ...) is read into a tree that borrows from the
//! body, judged, and taken from there. Only a body that is refused is read a second time, to tell its
//! faults. Parameters are written down as JSON first, which the same pass reads. `cargo bench --bench
//! json` shows the cost beside `serde_json` and `axum::Json`.
//!
//! Schemas are of JSON Schema 2020-12, 2019-09 or 7, as their `$schema` says. [`Schema::findings`]
//! lists what a schema leaves without a bound, [`Schema::bounded`] makes that an error. A body may be
//! as long as the bounds of its schema allow, unless the schema says otherwise. A coding is answered
//! 415, unless the schema takes gzip (`Schema::with_gzip`, feature `compression`): the limit holds for
//! the body too then, and what is longer is not undone. A schema can be tried out on what is sent
//! before it refuses anything ([`Schema::with_reports_only`]).
//! A schema that must mean what it says and no more is taken by [`Schema::dangerous_as_written`]; it is
//! held to the JSON-Schema-Test-Suite.
//!
//! It leaves to others: which media types a route takes ([`crate::content`]), which fields a caller
//! may set at all ([`crate::assign`]), rules between fields, and bodies that come too slowly (a
//! timeout around the service). Nothing is stored. A schema that does not compile is answered with
//! 500, never with an open door; ask [`Schema::of`] at start.
//!
//! ```
//! use axum::{Router, routing::post};
//! use portcullis::input::{Schema, ValidatedJson};
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct NewArticle {
//!     #[schemars(length(min = 1, max = 200))]
//!     title: String,
//!     #[schemars(length(min = 1, max = 50_000))]
//!     content: String,
//!     #[serde(default)]
//!     #[schemars(length(max = 10))]
//!     tags: Vec<String>,
//!     #[serde(default)]
//!     published: bool,
//! }
//!
//! async fn create(ValidatedJson(article): ValidatedJson<NewArticle>) -> String {
//!     article.title
//! }
//!
//! # fn main() -> Result<(), portcullis::config::ConfigError> {
//! let schema = Schema::of::<NewArticle>()?;
//! let open = Schema::bounded::<NewArticle>().unwrap_err();
//! assert!(open.to_string().contains("#/properties/tags/items is a string without `maxLength`"));
//! let app: Router = Router::new().route("/articles", post(create));
//!
//! let problem = schema.check(br#"{"title": "", "role": "admin"}"#).unwrap_err();
//! let told: Vec<_> = problem.faults().iter().map(|f| (f.pointer.as_str(), f.code)).collect();
//! assert_eq!(
//!     told,
//!     [("#/title", "min-length"), ("#/role", "unknown-field"), ("#/content", "required")]
//! );
//! # Ok(())
//! # }
//! ```

#[cfg(test)]
mod agreement;
mod check;
mod close;
mod compile;
mod dialect;
mod directory;
mod distinct;
mod extract;
mod foreign;
mod form;
mod given;
mod guarded;
mod header;
mod keywords;
mod kinds;
mod lint;
mod name;
mod notes;
mod number;
mod pairs;
mod parameters;
mod parts;
mod places;
mod program;
mod questions;
mod reading;
#[cfg(test)]
mod samples;
mod scalar;
mod schema;
mod set;
mod simplify;
mod size;
mod skim;
mod tree;
mod verdict;
mod watch;
mod written;

pub use extract::{ValidatedForm, ValidatedHeaders, ValidatedJson, ValidatedPath, ValidatedQuery};
pub use lint::{Finding, Lint};
pub use schema::{RequestSchema, Schema};
