//! The one integration binary: linking once keeps the suite quick.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod api_key;
mod assign;
#[cfg(feature = "jwt")]
mod dpop;
mod floors;
#[cfg(feature = "json")]
mod input;
mod interop;
#[cfg(feature = "jwt")]
mod jwt;
mod key_ring;
mod rate_limit;
mod seen;
mod support;
mod walk;
