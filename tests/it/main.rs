//! The one integration binary: linking once keeps the suite quick.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod api_key;
mod assign;
mod authz;
#[cfg(feature = "confirm")]
mod confirm;
mod floors;
#[cfg(feature = "json")]
mod input;
mod introduced;
#[cfg(feature = "jwt")]
mod jwt;
mod key_ring;
mod rate_limit;
mod seen;
mod step_up;
mod support;
mod walk;
