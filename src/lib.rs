#![doc = include_str!("../README.md")]

#[cfg(all(
    feature = "jwt",
    not(any(feature = "aws-lc-rs", feature = "rust-crypto"))
))]
compile_error!(
    "portcullis: the feature `jwt` needs a cryptography backend; enable `aws-lc-rs` (fast, the \
     default) or `rust-crypto` (no C code) as well"
);

mod alphabet;
pub mod api;
pub mod api_key;
pub mod assign;
pub mod authz;
mod body;
pub mod brute_force;
pub mod client;
pub mod clock;
pub mod config;
#[cfg(feature = "confirm")]
pub mod confirm;
pub mod content;
#[cfg(feature = "cross-origin")]
pub mod cors;
#[cfg(feature = "cross-origin")]
pub mod cross_site;
pub mod errors;
pub mod event;
#[cfg(feature = "remote")]
pub mod fetch;
mod field;
pub mod guard;
pub mod headers;
pub mod identity;
#[cfg(feature = "json")]
pub mod input;
#[cfg(feature = "remote")]
pub mod introspection;
#[cfg(feature = "jwt")]
pub mod jwt;
pub mod load;
#[cfg(feature = "cross-origin")]
mod origin;
mod partition;
pub mod preset;
pub mod problem;
#[cfg(feature = "public-id")]
pub mod public_id;
pub mod rate_limit;
pub mod resource;
pub mod secret;
#[cfg(feature = "session")]
pub mod session;
pub mod step_up;
pub mod store;
#[cfg(feature = "test-util")]
pub mod test_util;
#[cfg(all(feature = "jwt", feature = "session"))]
pub mod token_service;
pub mod version;
#[cfg(feature = "webhook")]
pub mod webhook;
