//! JSON Patch (RFC 6902) within lists of what may be set and read, and within bounds.

mod equal;
mod operation;
mod patch;
mod place;
mod pointer;
mod raw;
mod rules;
mod run;
#[cfg(test)]
mod tests;

pub use patch::JsonPatch;
pub use rules::JsonPatchRules;
