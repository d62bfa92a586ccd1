//! Stops bodies that break the rules of a resource.
