//! Whose quota a request takes from.

mod by;
mod keys;
#[cfg(test)]
mod tests;

pub use by::By;
pub(crate) use by::Unknown;
