//! Stops callers who ask too often.
//!
//! A [`RateLimit`] stands after authentication and takes from a [`Quota`]: that of the client's
//! address, of the caller, of the API key, of the tenant, of the route, of a key of your own, or of
//! several of these together ([`By`]). What is over the quota is answered with 429 and
//! `Retry-After`; every answer, let in or not, tells the caller where they stand in
//! `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers; [`HeaderDraft`]). A
//! quota is a token bucket, an exact sliding window, a sliding counter or a fixed window; which to
//! choose, [`choosing`] says.
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
//! # Several quotas
//!
//! [`RateLimit::and`] puts several into one decision: all are charged, or none if one refuses. Limits
//! that stand in one stack by themselves decide one after another, and those in front of the one that
//! refuses have taken theirs.
//!
//! # What a request costs
//!
//! One unit, or what [`with_cost`](RateLimit::with_cost) or
//! [`with_cost_of`](RateLimit::with_cost_of) say. What is known only afterwards is charged on arrival
//! and settled with the response: [`with_failures_only`](RateLimit::with_failures_only) and its like
//! give back what does not count, [`with_reservation`](RateLimit::with_reservation) what the handler
//! says it has not used ([`Spent`]). A request that is abandoned before its response stays charged.
//! Callers are told of the quota as it is on arrival, which is never more than they have.
//!
//! ```
//! use axum::{Router, routing::post};
//! use portcullis::rate_limit::{Quota, RateLimit, Spent};
//!
//! # fn main() -> Result<(), portcullis::config::ConfigError> {
//! async fn query(spent: Spent) -> &'static str {
//!     spent.set(40); // what the query has cost
//!     "result"
//! }
//!
//! let costs = RateLimit::per_principal(Quota::per_minute(10_000))?.with_reservation(500)?;
//! let app: Router = Router::new().route("/graphql", post(query).layer(costs));
//! # Ok(())
//! # }
//! ```
//!
//! # What is told
//!
//! An event for refusals, once a second for those of a caller, which says for how many it stands
//! ([`with_event_interval`](RateLimit::with_event_interval)); one when a quota comes to be nearly used
//! up ([`with_near_limit_at`](RateLimit::with_near_limit_at)); one for whom a limit that
//! [only reports](RateLimit::with_reports_only) would have refused. Who is refused most is kept in
//! constant memory ([`RateLimit::top_offenders`]).
//!
//! Quotas are kept in memory ([`MemoryQuotas`]) unless a store is given; if that cannot answer,
//! nobody is let in (503 with `Retry-After`). Of keys only a keyed hash is kept.
//!
//! What is refused takes nothing from the quota. What is let in takes from it even if a later guard
//! or the handler refuses, unless only some outcomes are counted.
//!
//! [`Principal::allowance`]: crate::identity::Principal::allowance
//! [`MemoryQuotas`]: crate::store::memory::MemoryQuotas

mod builder;
pub mod choosing;
mod counting;
mod decide;
mod early;
mod extract;
mod guard;
mod headers;
mod label;
mod offenders;
mod reporting;
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
