//! Stops bodies of another media type than a route takes, and requests for one that it does not give.
//!
//! [`Consumes`] names the media types that a route takes, as a guard before whatever reads the body.
//! It reads `Content-Type` once: `ValidatedJson`, `New`, `Patch`, `JsonPatch` and the like go by what
//! it has read, so that no two readers of the header differ. One line, one exact type, no parameter
//! but `charset=utf-8`; all else is 415, with the types that are taken in `Accept` (`Accept-Patch`
//! for PATCH). A type that no form of a page can bear, such as JSON, makes browsers ask for
//! permission first, wherever else the request came from (OWASP ASVS 5.0, 3.5.2).
//!
//! Requests without a body need no type, and requests by GET, HEAD, OPTIONS and TRACE are let on
//! whatever they say. An empty POST is the one request that changes things and that a page of any
//! origin can send unasked: [`Consumes::with_type_on_empty_posts`] demands the type there too, for
//! APIs that know their callers by cookies.
//!
//! [`Produces`] names the media types that a route gives. A request whose `Accept` takes none of
//! them is answered 406 before any work is done; otherwise the handler is told the one that its
//! caller likes best, by [`Negotiated`]. A request without the header takes anything.
//!
//! ```
//! use axum::{Router, routing::{get, post}};
//! use portcullis::content::{Consumes, Negotiated, Produces};
//!
//! async fn export(Negotiated(media_type): Negotiated) -> String {
//!     format!("as {media_type}")
//! }
//!
//! # fn main() -> Result<(), portcullis::config::ConfigError> {
//! let app: Router = Router::new()
//!     .route("/export", get(export))
//!     .route_layer(Produces::one_of(["application/json", "text/csv"])?)
//!     .merge(
//!         Router::new()
//!             .route("/articles", post(|| async { "read" }))
//!             .route_layer(Consumes::json()),
//!     );
//! # Ok(())
//! # }
//! ```
//!
//! It leaves to others: the body itself (the extractors), content
//! codings, languages. Nothing is stored.

mod accept;
mod consumes;
mod extract;
mod produces;
mod types;

pub use consumes::Consumes;
pub use extract::Negotiated;
pub use produces::Produces;
