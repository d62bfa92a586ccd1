//! Stops callers whose credential does not bear the scopes that a route needs.
//!
//! [`RequireScopes`] stands after authentication and reads the [`Principal`] that it left; the
//! answer to a caller without the scopes is 403 with the scopes that were needed ([RFC 6750],
//! section 3.1), to a stranger 401. Without any authentication guard it is 500, told as a
//! misconfiguration: never "anonymous", never 200. In handlers, `Principal` and
//! `Option<Principal>` are extractors that read the same fact. Nothing is stored.
//!
//! ```
//! use axum::{Router, routing::post};
//! use portcullis::authz::RequireScopes;
//! use portcullis::identity::Principal;
//!
//! async fn publish(caller: Principal) -> String {
//!     format!("published by {}", caller.subject())
//! }
//!
//! # fn main() -> Result<(), portcullis::config::ConfigError> {
//! let app: Router = Router::new()
//!     .route("/articles", post(publish).layer(RequireScopes::all(["articles:write"])?));
//! # Ok(())
//! # }
//! ```
//!
//! [RFC 6750]: https://www.rfc-editor.org/rfc/rfc6750
//! [`Principal`]: crate::identity::Principal

mod extract;
mod guard;

pub use guard::RequireScopes;
