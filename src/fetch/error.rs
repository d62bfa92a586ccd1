//! What can go wrong when something is fetched.

use std::error::Error;
use std::sync::Arc;

use http::StatusCode;
use thiserror::Error;

use crate::problem::{Kind, Problem};

/// A fetch that gave nothing. It never holds anything of the answer's body, nor the address.
///
/// It is told to everyone who waited for the same fetch, so that it can be cloned.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The whole answer did not come in time.
    #[error("the server did not answer in time")]
    TimedOut,
    /// There was no connection, or it broke.
    #[error("the server cannot be reached")]
    Unreachable(#[source] Arc<dyn Error + Send + Sync>),
    /// The answer sends elsewhere, where it is not followed.
    #[error("the server answered with a redirect, which is not followed")]
    Redirected,
    /// The answer has a status other than the one that was expected.
    #[error("the server answered with status {0}")]
    Status(StatusCode),
    /// The body is longer than this many bytes.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// The body is not JSON by its media type, or is compressed.
    #[error("the answer is not plain JSON")]
    NotJson,
    /// The body is not what it should be.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Nothing could run the fetch: there is no tokio runtime around the request, or the fetch
    /// panicked.
    #[error("the fetch could not be run to its end")]
    Broken,
}

impl FetchError {
    /// No connection, for the reason `cause`, whose text must hold nothing that is secret.
    #[must_use]
    pub fn unreachable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unreachable(Arc::from(cause.into()))
    }
}

/// A document that is not what it should be, in a stable word such as `issuer_mismatch`.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the document is not what it should be: {0}")]
pub struct Malformed(&'static str);

impl Malformed {
    /// The fault `word`. Being static, it can hold nothing of the document.
    #[must_use]
    pub const fn new(word: &'static str) -> Self {
        Self(word)
    }

    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.0
    }
}

/// What is needed cannot be had at the moment. Whoever asked must not take that for a yes, nor for
/// a no.
#[derive(Clone, Debug, Error)]
#[error("what is needed from another server cannot be had for the moment")]
pub struct Unavailable {
    retry_after: u64,
    #[source]
    cause: Option<FetchError>,
}

impl Unavailable {
    /// Not at the moment, because of `cause`; in `retry_after` seconds (1 to 60) perhaps.
    #[must_use]
    pub fn new(retry_after: u64, cause: Option<FetchError>) -> Self {
        Self {
            retry_after: retry_after.clamp(1, 60),
            cause,
        }
    }

    /// In how many seconds it is worth another try, 1 to 60.
    #[must_use]
    pub fn retry_after(&self) -> u64 {
        self.retry_after
    }

    /// Why the last try failed.
    #[must_use]
    pub fn cause(&self) -> Option<&FetchError> {
        self.cause.as_ref()
    }

    /// The refusal that says so: 503 with `Retry-After`, for the event with `reason`.
    #[must_use]
    pub fn into_problem(self, reason: &'static str) -> Problem {
        let problem = Problem::new(Kind::Unavailable)
            .because(reason)
            .with_retry_after(self.retry_after);
        match self.cause {
            Some(cause) => problem.caused_by(cause),
            None => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::RETRY_AFTER;

    use super::*;

    #[test]
    fn what_cannot_be_had_is_a_503_that_says_when_to_come_back() {
        for (given, told) in [(0, 1), (1, 1), (30, 30), (60, 60), (61, 60), (u64::MAX, 60)] {
            let problem = Unavailable::new(given, Some(FetchError::TimedOut)).into_problem("keys");
            assert_eq!(problem.status(), 503);
            assert_eq!(problem.headers()[RETRY_AFTER], told.to_string());
            assert!(problem.source().is_some());
        }
    }
}
