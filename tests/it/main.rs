//! The one integration binary: linking once keeps the suite quick.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod api_key;
mod assign;
mod floors;
#[cfg(feature = "json")]
mod input;
#[cfg(feature = "jwt")]
mod jwt;
mod quotas_contract;
mod quotas_model;
mod rate_limit;
mod rate_limit_faults;
mod rate_limit_shared;
mod support;
mod walk;
