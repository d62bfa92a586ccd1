//! Real servers on free loopback ports, started and ended by the tests.

// Each feature needs a part of it.
#![cfg_attr(not(all(feature = "postgres", feature = "redis")), allow(dead_code))]

#[cfg(feature = "cross-origin")]
pub(crate) mod chromium;
pub(crate) mod engines;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
mod process;
#[cfg(feature = "redis")]
pub(crate) mod redis;

/// A server that can be stopped and started again on its port with what it had.
pub(crate) trait Server {
    fn stop(&mut self);
    fn resume(&mut self);
    fn signal_all(&self, signal: &str);
}
