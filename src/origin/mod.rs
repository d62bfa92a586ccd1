//! Web origins (RFC 6454): how one is written, which are named, and which is the service's own.

mod fault;
mod own;
mod pattern;
mod set;

pub use fault::OriginFault;

pub(crate) use own::{changes_nothing, is_own, only_origin};
pub(crate) use pattern::Pattern;
pub(crate) use set::Origins;
