//! A store that could not answer.

use std::error::Error;

use thiserror::Error;

/// The store `store` could not answer. Whoever asked must not take that for a yes.
#[derive(Debug, Error)]
#[error("the {store} store cannot answer")]
pub struct StoreError {
    store: &'static str,
    source: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    /// The fault `source` of the store called `store` (`memory`, `redis`, ...).
    #[must_use]
    pub fn new(store: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            store,
            source: source.into(),
        }
    }

    /// Which store it was.
    #[must_use]
    pub fn store(&self) -> &'static str {
        self.store
    }
}
