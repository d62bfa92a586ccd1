//! What is wrong with a configuration, said when it is built and never to a caller.

use thiserror::Error;

/// A configuration that cannot be: the message is a sentence that says what to change.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct ConfigError(Box<str>);

impl ConfigError {
    /// A fault described by `sentence`, which says what to change.
    #[must_use]
    pub fn new(sentence: impl Into<Box<str>>) -> Self {
        Self(sentence.into())
    }
}
