//! Stops callers who ask too often.
