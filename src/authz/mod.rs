//! Stops callers who may not do what they ask for.
//!
//! Everything here stands after authentication and reads the [`Principal`] that it left. Nothing is
//! stored, nothing is left for others. A stranger is answered 401; without any authentication guard
//! the answer is 500, told as a misconfiguration: never "anonymous", never 200.
//!
//! | Demand | On a route | In a handler | Refusal |
//! |---|---|---|---|
//! | known at all | an authentication guard | [`Principal`] | 401 |
//! | scopes: all, any, none, nested | [`RequireScopes`] | [`Scoped`] | 403 with the scopes that would suffice ([RFC 6750], section 3.1) |
//! | permissions, roles, groups | [`RequirePermissions`] | [`Principal::permissions`] | 403 |
//! | a rule of your own | [`RequirePolicy`] | your code | 403, the reason in the event |
//!
//! Scopes in a handler's arguments are a proof: `publish` cannot be called without them, whatever
//! layers were forgotten.
//!
//! ```
//! use axum::{Router, routing::{get, post}};
//! use portcullis::authz::{RequirePermissions, RequireScopes, Scoped};
//! use portcullis::identity::Principal;
//!
//! portcullis::scopes! {
//!     /// May publish articles.
//!     pub Publish = "admin" | ("articles:write" & "articles:publish");
//! }
//!
//! async fn publish(caller: Scoped<Publish>) -> String {
//!     format!("published by {}", caller.subject())
//! }
//!
//! async fn drafts(caller: Principal) -> String {
//!     format!("the drafts of {}", caller.subject())
//! }
//!
//! # fn main() -> Result<(), portcullis::config::ConfigError> {
//! let app: Router = Router::new()
//!     .route("/articles", post(publish))
//!     .route("/drafts", get(drafts).layer(RequireScopes::any(["articles:read", "admin"])?))
//!     .route("/audit", get(|| async { "log" }).layer(RequirePermissions::all(["auditor"])?));
//! # Ok(())
//! # }
//! ```
//!
//! Whether this very article is the caller's to publish is for the handler to ask: no rule over
//! scopes can know.
//!
//! [RFC 6750]: https://www.rfc-editor.org/rfc/rfc6750
//! [`Principal`]: crate::identity::Principal
//! [`Principal::permissions`]: crate::identity::Principal::permissions

mod caller;
mod expression;
mod extract;
mod guard;
mod permissions;
mod policy;
mod rule;
mod scoped;

pub use expression::ScopeExpr;
pub use guard::RequireScopes;
pub use permissions::RequirePermissions;
pub use policy::RequirePolicy;
pub use scoped::{ScopeDemand, Scoped};
