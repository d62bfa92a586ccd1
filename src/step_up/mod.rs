//! Asks for a fresh or stronger login before a sensitive request.
//!
//! Stands after authentication: it reads the [`Principal`] that an authentication guard left and
//! turns the request away if the login behind it is too old, of too low a class, or lacks a method
//! ([RFC 9470]). What is not known of a login does not count in its favour: a caller whose login
//! time, class or methods are missing is turned away too, and so is a stranger. Without any
//! authentication guard the answer is 500. Nothing is stored and nothing is left for others.
//!
//! The refusal is 401 with `error="insufficient_user_authentication"` and what would suffice, in
//! one challenge, so that the client can send its user back to log in.
//!
//! ```
//! use std::time::Duration;
//! use axum::{Router, routing::post};
//! use portcullis::step_up::{AcrOrder, StepUp};
//!
//! # fn main() -> Result<(), portcullis::config::ConfigError> {
//! let recent = StepUp::within(Duration::from_mins(5));
//! let strong = StepUp::acr(["loa2"])?
//!     .with_order(AcrOrder::new(["loa1", "loa2", "loa3"])?)
//!     .with_max_age(Duration::from_mins(5));
//! let app: Router = Router::new()
//!     .route("/address", post(|| async { "changed" }).layer(recent))
//!     .route("/transfer", post(|| async { "sent" }).layer(strong));
//! # Ok(())
//! # }
//! ```
//!
//! [RFC 9470]: https://www.rfc-editor.org/rfc/rfc9470
//! [`Principal`]: crate::identity::Principal

mod guard;
mod order;
mod rule;

pub use guard::StepUp;
pub use order::AcrOrder;
