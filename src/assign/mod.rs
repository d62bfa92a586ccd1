//! Stops callers from setting, and from seeing, fields that are not theirs (OWASP API3:2023, mass
//! assignment and excessive data exposure).
//!
//! Each field of a model says who may set it and who may see it. A field that says nothing does not
//! compile, so a new column is nobody's until somebody has thought of it. What callers send comes as
//! [`New`] or [`Patch`], of which nothing can be done but to [fill](New::fill) or to
//! [apply](Patch::apply) it by the caller's [`Grant`]; what they get goes through [`View`].
//!
//! ```
//! # fn main() -> Result<(), portcullis::problem::Problem> {
//! use axum::{Json, Router, routing::{patch, post}};
//! use portcullis::assign::{Assignable, Grant, New, Patch, Role, Seen, View};
//! use portcullis::identity::Principal;
//! use portcullis::problem::{FieldFault, Problem};
//!
//! #[derive(Clone, Copy, Debug, PartialEq)]
//! enum Staff { Author, Editor }
//!
//! impl Role for Staff {
//!     fn is_held_by(self, caller: &Principal) -> bool {
//!         match self {
//!             Self::Author => caller.scopes().contains("articles:write"),
//!             Self::Editor => caller.permissions().contains("editor"),
//!         }
//!     }
//! }
//!
//! #[derive(Clone, Default, Assignable, View)]
//! #[assign(role = Staff, validate = Article::check)]
//! #[view(role = Staff)]
//! struct Article {
//!     #[assign(never)]                  #[view(read)]         owner: String,
//!     #[assign(create(Author))]         #[view(read)]         slug: String,
//!     #[assign(write(Author, Editor))]  #[view(read)]         title: String,
//!     #[assign(write(Editor), optional)] #[view(read(Editor))] featured: bool,
//! }
//!
//! impl Article {
//!     fn check(&self) -> Vec<FieldFault> {
//!         let fits = (1..=200).contains(&self.title.chars().count());
//!         let fault = || FieldFault::new("#/title", "length", "must have 1 to 200 characters");
//!         (!fits).then(fault).into_iter().collect()
//!     }
//! }
//!
//! async fn create(
//!     caller: Principal,
//!     grant: Grant<Staff>,
//!     new: New<Article>,
//! ) -> Result<Json<Seen<Article>>, Problem> {
//!     let blank = Article { owner: caller.subject().into(), ..Article::default() };
//!     let article = new.fill(blank, &grant)?;
//!     Ok(Json(article.seen_by(&grant)))
//! }
//!
//! # async fn load() -> Article { Article::default() }
//! async fn change(grant: Grant<Staff>, patch: Patch<Article>) -> Result<String, Problem> {
//!     let mut article = load().await;
//!     let changed = patch.apply(&mut article, &grant)?;
//!     Ok(changed.iter().collect()) // an UPDATE of these columns
//! }
//!
//! let app: Router = Router::new()
//!     .route("/articles", post(create))
//!     .route("/articles/{slug}", patch(change));
//!
//! // What an author gets to hear who features an article; there might as well be no such field.
//! # use portcullis::identity::Scopes;
//! let author = Principal::new("alice").with_scopes(Scopes::parse("articles:write"));
//! let grant = Grant::of(author);
//! let mut article = Article { slug: "gates".into(), title: "Gates".into(), ..Article::default() };
//! let patch = Patch::<Article>::read(br#"{ "featured": true, "nosuch": true, "slug": "a" }"#)?;
//! let refusal = patch.apply(&mut article, &grant).unwrap_err();
//! assert_eq!(refusal.status(), 422);
//! for (fault, pointer) in refusal.faults().iter().zip(["#/featured", "#/nosuch", "#/slug"]) {
//!     assert_eq!(fault.pointer, pointer);
//!     assert_eq!(fault.detail, "is not a field of this resource");
//! }
//!
//! let patch = Patch::<Article>::read(br#"{ "title": "Portcullises" }"#)?;
//! assert!(patch.apply(&mut article, &grant)?.contains("/title"));
//! # Ok(())
//! # }
//! ```
//!
//! A body is refused in this order: 415 for another media type or any content coding, 413 beyond
//! the model's limit, 400 for anything that is not one strict JSON text (no member twice); then,
//! when it is used, 422 for members that the caller may not set, for values that do not fit, and for
//! what the model's own check says. Nothing that was sent is echoed. [`Unlisted`] offers to drop
//! members rather than to refuse the request.
//!
//! # When the compiler refuses
//! A field without a rule:
//!
//! ```compile_fail
//! #[derive(portcullis::assign::Assignable)]
//! struct User {
//!     #[assign(write)]
//!     name: String,
//!     is_admin: bool, // new: `is_admin` has no rule: who may set it?
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(portcullis::assign::View)]
//! struct User {
//!     #[view(read)]
//!     name: String,
//!     password_hash: String,
//! }
//! ```
//!
//! An object within, which would be written whole, past rules of its own that it does not have:
//!
//! ```compile_fail,E0277
//! struct Seo { title: String }
//!
//! #[derive(portcullis::assign::Assignable)]
//! struct Article {
//!     #[assign(nested)]
//!     seo: Seo,
//! }
//! ```
//!
//! What was sent, read past its rules:
//!
//! ```compile_fail,E0616
//! # #[derive(Clone, portcullis::assign::Assignable)]
//! # struct User { #[assign(write)] name: String }
//! fn peek(patch: portcullis::assign::Patch<User>) {
//!     let _ = patch.sent;
//! }
//! ```
//!
//! # What is left to you
//! Whether the caller may touch this object at all ([`crate::authz`] and the handler); rules about
//! values, in the model's check or by a schema (`portcullis::input`). Trees without a model are
//! checked by a [`FieldAllowlist`], and changed by a [`JsonPatch`] (RFC 6902) within such lists. A field that is `whole` is its type's affair. Patch types that
//! are written by hand, for a schema, have [`Field`] for what is absent, null or set.
//!
//! # What happens when
//! - no authentication guard stands before a handler that takes a [`Grant`]: 500, told as a
//!   misconfiguration; a stranger is answered 401;
//! - the feature `arbitrary_precision` of `serde_json` is on anywhere in the program, with which
//!   callers could counterfeit numbers: 500;
//! - nothing is stored, and nothing is left for others.

mod allowlist;
mod assignable;
mod changed;
mod extract;
mod field;
mod fit;
mod grant;
mod json_patch;
mod listing;
mod node;
mod role;
mod rules;
mod said;
mod sent;
mod step;
mod view;

pub use allowlist::FieldAllowlist;
pub use assignable::{Assignable, Unlisted};
pub use changed::Changed;
pub use field::Field;
pub use grant::Grant;
pub use json_patch::{JsonPatch, JsonPatchRules};
#[cfg(feature = "derive")]
pub use portcullis_macros::{Assignable, View};
pub use role::{Anyone, Role, Who};
pub use rules::Rule;
pub use said::Said;
pub use sent::{New, Patch};
/// For what is derived.
#[doc(hidden)]
pub use serde::Serializer;
pub use view::{Seen, Showing, View};
