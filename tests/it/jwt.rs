//! `jwt`, through a real router.

mod attacks;
mod cheap;
mod claims;
mod door;
mod flow;
mod jwk;
mod kept;
mod keys;
mod mutations;
mod revoked;
