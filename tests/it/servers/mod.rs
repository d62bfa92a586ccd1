//! Real servers on free loopback ports, started and ended by the tests.

pub(crate) mod engines;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
mod process;
#[cfg(feature = "redis")]
pub(crate) mod redis;
