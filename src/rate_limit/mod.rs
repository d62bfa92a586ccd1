//! Stops callers who ask too often.
//!
//! A [`RateLimit`] stands after authentication and takes from a [`Quota`]: that of the client's
//! address, of the caller, of the API key, or of a key of your own. What is over the quota is
//! answered with 429 and `Retry-After`; every answer, let in or not, tells the caller where they
//! stand in `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers). Several
//! limits may stand in one stack; each takes from its own quota and adds its own items.
//!
//! ```
//! use std::time::Duration;
//! use axum::{Router, routing::{get, post}};
//! use portcullis::guard::Shield;
//! use portcullis::rate_limit::{Quota, RateLimit};
//!
//! # fn main() -> Result<(), portcullis::config::ConfigError> {
//! let api = RateLimit::per_client(Quota::per_minute(100))?;
//! let logins = RateLimit::per_client(Quota::sliding_window(5, Duration::from_mins(15)))?
//!     .with_name("login")?
//!     .before_authentication()?;
//!
//! let app: Router = Router::new()
//!     .route("/articles", get(|| async { "all of them" }).layer(api.clone()))
//!     .route("/search", get(|| async { "some" }).layer(api)) // the same quota: clones share it
//!     .route("/login", post(|| async { "welcome" }).layer(Shield::new().with(logins)));
//! # Ok(())
//! # }
//! ```
//!
//! Serve the application with `into_make_service_with_connect_info::<SocketAddr>()`, or put a
//! client guard before: a limit that cannot know whose quota to take from (no client address; no
//! authentication guard before a limit on callers) answers 500, told as a misconfiguration. A
//! caller who is known to be a stranger is limited by their address. An IPv6 client is its /64.
//!
//! A credential may bring a quota of its own ([`Principal::allowance`]; API keys can);
//! [`RateLimit::with_allowances`] honours it.
//!
//! Quotas are kept in memory ([`MemoryQuotas`]) unless a store is given; if that cannot answer,
//! nobody is let in (503 with `Retry-After`). Of keys only a keyed hash is kept.
//!
//! What is refused takes nothing from the quota. What is let in takes from it even if a later guard
//! or the handler refuses, and limits in front of the one that refuses have taken theirs.
//!
//! [`Principal::allowance`]: crate::identity::Principal::allowance
//! [`MemoryQuotas`]: crate::store::memory::MemoryQuotas

mod builder;
mod counting;
mod decide;
mod early;
mod extract;
mod guard;
mod headers;
mod label;
mod offenders;
mod rule;
mod spent;
mod tally;

pub use crate::partition::By;
pub use crate::store::{Key, Quota};
pub use early::BeforeAuthentication;
pub use guard::RateLimit;
pub use headers::HeaderDraft;
pub use offenders::Offender;
pub use spent::Spent;
