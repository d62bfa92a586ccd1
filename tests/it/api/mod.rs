//! The router in which every route has a policy.

#[cfg(feature = "json")]
mod audit;
mod build;
#[cfg(feature = "json")]
mod changes;
mod nested;
#[cfg(feature = "json")]
pub(crate) mod openapi;
mod pages;
mod preset;
mod routing;
mod trees;
mod tripwire;
mod world;
