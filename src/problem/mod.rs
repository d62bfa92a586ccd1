//! How every refusal looks: one table of kinds, one door out ([RFC 9457]).
//!
//! A refusal has two audiences. The caller sees the [`Kind`]: a stable slug, a status and a
//! generic title. The author's log sees the *reason* and its cause as well, through [`crate::event`].
//! No secret, token, key or query text is in either.
//!
//! Handlers can answer with a [`Problem`] too:
//!
//! ```
//! use portcullis::problem::{Kind, Problem};
//!
//! let problem = Problem::new(Kind::Forbidden).because("not_the_owner");
//! let response = problem.into_http::<axum::body::Body>();
//! assert_eq!(response.status(), 403);
//! assert_eq!(response.headers()["content-type"], "application/problem+json");
//! ```
//!
//! A request that speaks gRPC is answered with a trailers-only `grpc-status`, one that accepts
//! `application/graphql-response+json` with an `errors` body, and [`Render`] gives every other
//! refusal the shape that the author likes, in one place.
//!
//! [RFC 9457]: https://www.rfc-editor.org/rfc/rfc9457

mod author;
mod challenge;
mod details;
mod dialect;
mod fault;
mod grpc_code;
mod kind;
mod response;

pub use challenge::Challenge;
pub use details::Problem;
pub use dialect::{PlainError, Render};
pub use fault::{FieldFault, Location};
pub use grpc_code::GrpcCode;
pub use kind::Kind;

pub(crate) use author::{Author, inherit, is_of_body};
pub(crate) use dialect::{Dialect, Renderer};
