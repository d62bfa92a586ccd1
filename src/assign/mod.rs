//! Stops callers from setting fields that are not theirs to set.
