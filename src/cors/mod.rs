//! Lets the pages of named origins read what the API answers, and no others.
//!
//! A browser sends what a page asks for, and keeps the answer from the page unless the server says that
//! its origin may read it (Fetch Standard, CORS protocol). [`Cors`] says so for the origins that are
//! named, and says nothing at all to others: no header tells them what is allowed to whom.
//!
//! ```
//! use std::time::Duration;
//!
//! use axum::{Router, routing::get};
//! use portcullis::cors::Cors;
//! use portcullis::guard::Shield;
//! use portcullis::rate_limit::{Quota, RateLimit};
//!
//! # fn main() -> Result<(), portcullis::config::ConfigError> {
//! let cors = Cors::for_origins(["https://app.example.com", "https://*.preview.example.com"])
//!     .with_methods(["PUT", "DELETE"])
//!     .with_request_headers(["Authorization", "Content-Type"])
//!     .with_exposed_headers(["RateLimit", "RateLimit-Policy", "Retry-After"])
//!     .with_max_age(Duration::from_mins(10))
//!     .refusing_foreign_origins()
//!     .build()?;
//! let shield = Shield::new()
//!     .with(cors)
//!     .with(RateLimit::per_client(Quota::per_minute(100))?);
//! let app: Router = Router::new()
//!     .route("/articles", get(|| async { "all of them" }))
//!     .layer(shield);
//! # Ok(())
//! # }
//! ```
//!
//! # What it answers
//!
//! - A preflight (`OPTIONS` with `Origin` and `Access-Control-Request-Method`) is answered on the spot,
//!   before anybody is asked for credentials, which browsers do not send along: with 204 and
//!   what was asked for, or with 403 and nothing. The event says which of origin, method and headers was
//!   in the way. Other `OPTIONS` requests go on.
//! - Other requests go on, whoever sends them: this is no access control. The response bears
//!   `Access-Control-Allow-Origin` if the origin is named. With
//!   [`refusing_foreign_origins`](CorsPolicy::refusing_foreign_origins) those that would change something
//!   and come from the page of another origin are refused (403), for which browsers would not have asked.
//! - Every response says in `Vary` that it depends on `Origin`, also one to a request without it, so that no
//!   cache hands one origin's answer to another. What the handler has in `Vary` stays.
//! - Refusals by later guards bear the headers too, so that the page can read why.
//!
//! Two `Origin` fields are none that is named, nor is one longer than an origin can be. A request without `Origin`
//! costs no allocation. Headers of this protocol that the handler sets itself are not taken away: leave
//! them to this guard. Access from public pages to private networks is not offered.
//!
//! Give it to a whole `Router` (`.layer(...)`), not to a route: axum answers methods that a route does not have,
//! such as the `OPTIONS` of a preflight, outside of the route's own layers.
//!
//! # What does not build
//!
//! [`CorsPolicy::build`] tells everything that is wrong at once, as values that programs can read:
//!
//! ```
//! use portcullis::cors::{Cors, CorsFault, NameFault, OriginFault};
//!
//! let error = Cors::for_origins(["https://app.example.com/", "null", "http://example.com"])
//!     .with_methods(["patch"])
//!     .with_credentials()
//!     .build()
//!     .unwrap_err();
//! assert_eq!(error.faults().len(), 4);
//! assert!(matches!(
//!     error.faults()[0],
//!     CorsFault::Origin { fault: OriginFault::TrailingSlash, .. }
//! ));
//! assert!(matches!(
//!     error.faults()[3],
//!     CorsFault::Method { fault: NameFault::Case, .. }
//! ));
//! ```

mod fault;
mod guard;
mod names;
mod policy;
mod request_headers;
mod rule;

pub use crate::origin::OriginFault;
pub use fault::{CorsError, CorsFault, NameFault};
pub use guard::Cors;
pub use policy::CorsPolicy;

#[cfg(test)]
mod tests;
