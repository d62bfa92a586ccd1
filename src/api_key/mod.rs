//! Stops requests without a valid API key.
