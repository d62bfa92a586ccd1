//! The attacks, by what they attack.

mod claims;
mod claims_json;
mod dates;
mod form;
mod header;
mod header_json;
mod keys;
mod list;
mod signature;
mod transport;

pub use list::attacks;
