//! Stops callers from counting, guessing and mixing up ids (OWASP API1:2023).
//!
//! A sequential key of a database tells how much there is and which one comes next. [`PublicId`] is
//! what callers get instead: the prefix of its entity, an underscore and 26 characters, as
//! `article_1rd3a4n64a7bryr8c96gwx3n6r`. It is either 128 random bits, to be stored beside the row,
//! or the sealed form of the row's own key ([`DbId`]), which needs no column: encrypted, so that it
//! says nothing; with 64 bits that must come out right, so that one in 2^64 guesses is an id at all;
//! and by a key of its entity, so that the id of an order is not one of an article.
//!
//! There is one text for each id, in lower case, and whatever is none (a typo, a raw `42`, another
//! entity's id) is answered exactly as an id of which there is nothing: 404 `not-found`.
//!
//! ```
//! use axum::extract::FromRef;
//! use axum::{Json, Router, routing::get};
//! use portcullis::problem::Problem;
//! use portcullis::public_id::{DbId, Entity, IdKeys, PublicId, Wanted};
//! use serde::Serialize;
//!
//! struct Article {
//!     id: DbId<Article>,
//!     title: String,
//! }
//!
//! impl Entity for Article {
//!     const PREFIX: &'static str = "article";
//! }
//!
//! #[derive(Serialize)]
//! struct Shown {
//!     id: PublicId<Article>,
//!     title: String,
//! }
//!
//! # async fn load(_: DbId<Article>) -> Option<Article> { None }
//! async fn show(
//!     wanted: Wanted<DbId<Article>>,
//!     axum::extract::State(keys): axum::extract::State<IdKeys>,
//! ) -> Result<Json<Shown>, Problem> {
//!     let article = load(wanted.id()).await;
//!     let article = wanted.found(article)?; // 404, as for an id that is none
//!     Ok(Json(Shown { id: keys.seal(article.id), title: article.title }))
//! }
//!
//! # fn main() -> Result<(), portcullis::config::ConfigError> {
//! # let (new_key, old_key) = ([7; 32], [8; 32]);
//! let keys = IdKeys::new(new_key)?.with_further_key(old_key)?; // ids of the old key are known
//! let id = keys.seal(DbId::<Article>::new(42));
//! assert_eq!(keys.open(id), Some(DbId::new(42)));
//! let app: Router = Router::new().route("/articles/{article}", get(show)).with_state(keys);
//! # Ok(())
//! # }
//! ```
//!
//! A key of the database cannot leave by accident, as it is no value of JSON:
//!
//! ```compile_fail,E0277
//! use portcullis::public_id::{DbId, Entity};
//!
//! struct Article;
//! impl Entity for Article {
//!     const PREFIX: &'static str = "article";
//! }
//! let text = serde_json::to_string(&DbId::<Article>::new(42));
//! ```
//!
//! An id of one entity is none of another:
//!
//! ```compile_fail,E0308
//! # use portcullis::public_id::{DbId, Entity};
//! # struct Article;
//! # impl Entity for Article { const PREFIX: &'static str = "article"; }
//! # struct Order;
//! # impl Entity for Order { const PREFIX: &'static str = "order"; }
//! let order: DbId<Order> = DbId::<Article>::new(42);
//! ```
//!
//! # What is left to you
//! An id that cannot be guessed is no permission: whoever has one may have been sent it, so ask in
//! the handler, or in [`crate::authz`], whether this is the caller's. Ids are not secrets, and not
//! compared in constant time. A key that is lost takes the ids that it sealed with it.
//!
//! # What happens when
//! - the route has no parameter of the entity's name and not exactly one parameter: 500, told as a
//!   misconfiguration;
//! - keys are changed: an id that the old key sealed stays good for as long as you know that key,
//!   and the same row has a new one beside it;
//! - nothing is stored, and nothing is left for others.

mod base32;
mod db_id;
mod entity;
mod extract;
mod id;
mod keys;
mod wanted;

pub use db_id::DbId;
pub use entity::Entity;
pub use id::{NoPublicId, PublicId};
pub use keys::IdKeys;
pub use wanted::Wanted;
