//! Stops callers from setting fields that are not theirs to set (mass assignment; OWASP API3:2023).
//!
//! [`Allowed`] reads a JSON body into a type that names its assignable fields ([`Assignable`]);
//! [`FieldAllowlist`] does the same for trees. Any other field, at any level, ends the request with
//! 422 and the code `unknown-field`: whether there is such a field at all, the caller does not
//! learn. `const UNLISTED: Unlisted = Unlisted::Drop` drops such fields instead. The body is read as
//! strictly as by [`crate::input`]: one media type, a limit, no member twice, no object sent as an
//! array, nothing echoed.
//!
//! It leaves to others: rules about values (lengths, ranges; [`crate::input`]), whether the caller
//! may touch this object at all ([`crate::authz`] and the handler), and rules that hold only for the
//! merged model. A body in JSON Patch (RFC 6902) is not read. Nothing is stored. A list that cannot
//! be is answered with 500; ask [`FieldAllowlist::of`] at start.
//!
//! ```
//! use axum::{Router, routing::patch};
//! use portcullis::assign::{Allowed, Assignable, Field, FieldAllowlist, MediaTypes};
//! use serde::Deserialize;
//!
//! #[derive(Default, Deserialize)]
//! #[serde(default)]
//! struct ProfilePatch {
//!     name: Field<String>,
//!     bio: Field<String>,
//! }
//!
//! impl Assignable for ProfilePatch {
//!     const FIELDS: &'static [&'static str] = &["/name", "/bio"];
//!     const MEDIA_TYPES: MediaTypes = MediaTypes::JsonOrMergePatch;
//! }
//!
//! struct Profile {
//!     name: String,
//!     bio: Option<String>,
//!     admin: bool,
//! }
//!
//! # async fn load() -> Profile { Profile { name: String::new(), bio: None, admin: false } }
//! # async fn store(_: Profile) {}
//! async fn update(
//!     Allowed(patch): Allowed<ProfilePatch>,
//! ) -> Result<(), portcullis::problem::Problem> {
//!     let mut profile = load().await;
//!     patch.name.apply_required("#/name", &mut profile.name)?;
//!     patch.bio.apply(&mut profile.bio);
//!     store(profile).await;
//!     Ok(())
//! }
//!
//! # fn main() -> Result<(), portcullis::config::ConfigError> {
//! FieldAllowlist::of::<ProfilePatch>()?;
//! let app: Router = Router::new().route("/profile", patch(update));
//! # Ok(())
//! # }
//! ```

mod allowlist;
mod assignable;
mod extract;
mod field;
mod fit;
mod rule;

pub use allowlist::FieldAllowlist;
pub use assignable::{Assignable, MediaTypes, Unlisted};
pub use extract::Allowed;
pub use field::Field;
