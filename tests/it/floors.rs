//! The plan guards itself.
