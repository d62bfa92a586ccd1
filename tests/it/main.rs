//! The one integration binary: linking once keeps the suite quick.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod admission;
mod api;
mod api_key;
#[cfg(feature = "derive")]
mod assign;
mod authz;
#[cfg(all(feature = "cross-origin", feature = "jwt"))]
mod browser;
mod brute_force;
mod cached_key_ring;
mod client;
#[cfg(feature = "confirm")]
mod confirm;
#[cfg(feature = "json")]
mod content;
#[cfg(all(feature = "cross-origin", feature = "jwt"))]
mod cors;
#[cfg(all(feature = "postgres", feature = "sqlite"))]
mod crash;
#[cfg(feature = "jwt")]
mod dpop;
mod errors;
#[cfg(feature = "aws-lc-rs")]
mod example;
mod failing_over;
#[cfg(feature = "remote")]
mod fetch;
mod floors;
#[cfg(all(feature = "test-util", feature = "jwt"))]
mod hardened;
mod headers;
mod headway;
#[cfg(feature = "json")]
mod input;
#[cfg(feature = "json")]
mod input_attacks;
#[cfg(feature = "json")]
mod input_bounds;
#[cfg(feature = "compression")]
mod input_gzip;
#[cfg(feature = "json")]
mod input_reports;
#[cfg(feature = "json")]
mod input_rfcs;
#[cfg(feature = "json")]
mod input_rules;
#[cfg(feature = "json")]
mod input_suite;
mod interop;
mod introduced;
#[cfg(feature = "remote")]
mod introspection;
#[cfg(all(feature = "jwt", feature = "remote"))]
mod jwks;
#[cfg(feature = "jwt")]
mod jwt;
mod key_ring;
#[cfg(all(feature = "aws-lc-rs", feature = "sqlite"))]
mod keys_tool;
mod load;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod outages;
#[cfg(feature = "remote")]
mod outgoing;
#[cfg(feature = "json")]
mod parameters;
#[cfg(feature = "public-id")]
mod public_id;
mod quotas_contract;
mod quotas_model;
mod quotas_reference;
mod quotas_room;
mod rate_limit;
mod rate_limit_faults;
mod rate_limit_keys;
mod rate_limit_kit;
mod rate_limit_settled;
mod rate_limit_several;
mod rate_limit_shared;
mod rate_limit_told;
#[cfg(feature = "redis")]
mod redis_cluster;
#[cfg(feature = "redis")]
mod redis_faults;
#[cfg(feature = "redis")]
mod redis_leases;
#[cfg(feature = "redis")]
mod redis_quotas;
mod refresh_families;
mod resource;
mod revocation_marks;
mod secrets;
mod seen;
mod servers;
#[cfg(feature = "session")]
mod session;
#[cfg(all(feature = "postgres", feature = "sqlite"))]
mod sql;
mod step_up;
mod support;
#[cfg(all(feature = "jwt", feature = "session"))]
mod token_service;
mod versions;
mod walk;
#[cfg(feature = "webhook")]
mod webhook;
