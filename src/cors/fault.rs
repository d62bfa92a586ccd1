//! What is wrong with what an author wants shared, all of it at once.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use crate::config::ConfigError;
use crate::origin::OriginFault;

/// Everything that is wrong with a [`CorsPolicy`](super::CorsPolicy), in the order in which it was
/// written. Becomes a [`ConfigError`] of one sentence for each fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsError(Box<[CorsFault]>);

impl CorsError {
    pub(super) fn new(faults: Vec<CorsFault>) -> Self {
        Self(faults.into())
    }

    /// The faults, at least one.
    #[must_use]
    pub fn faults(&self) -> &[CorsFault] {
        &self.0
    }
}

impl fmt::Display for CorsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            write!(f, "{}{fault}", if i > 0 { "; " } else { "" })?;
        }
        Ok(())
    }
}

impl std::error::Error for CorsError {}

impl From<CorsError> for ConfigError {
    fn from(error: CorsError) -> Self {
        Self::new(error.to_string())
    }
}

/// One thing that is wrong with a [`CorsPolicy`](super::CorsPolicy); the message says what to change.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CorsFault {
    /// No origin is named.
    #[error("name at least one origin")]
    NoOrigin,
    /// A text names no origin.
    #[error("the origin `{written}` {fault}")]
    Origin {
        /// What was written.
        written: Box<str>,
        /// What is wrong with it.
        fault: OriginFault,
    },
    /// Every page whatsoever would act with the cookies of whoever looks at it.
    #[error("any origin and credentials cannot go together: name the origins")]
    AnyOriginWithCredentials,
    /// Whoever is on the way could act with the cookies of whoever looks at the page.
    #[error("the origin `{written}` is not secure, so that it cannot have credentials: use https")]
    InsecureOriginWithCredentials {
        /// What was written.
        written: Box<str>,
    },
    /// A method cannot be allowed.
    #[error("the method `{written}` {fault}")]
    Method {
        /// What was written.
        written: Box<str>,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// A header of requests cannot be allowed.
    #[error("the request header `{written}` {fault}")]
    RequestHeader {
        /// What was written.
        written: Box<str>,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// A header of responses cannot be exposed.
    #[error("the response header `{written}` {fault}")]
    ExposedHeader {
        /// What was written.
        written: Box<str>,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// Preflights cannot be remembered for so long: no browser does for more than a day.
    #[error("preflights cannot be remembered for {} s: use 86400 s at most", .0.as_secs())]
    MaxAge(Duration),
}

/// Why a method or header cannot be shared. The message says what to change.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NameFault {
    /// It is no token (RFC 9110, section 5.6.2).
    #[error("is not a name that can be")]
    Invalid,
    /// `*`, which is not offered.
    #[error("means all of them: name those that are needed")]
    Wildcard,
    /// A standard method in lower case, while methods are told apart by case (RFC 9110, section 9.1).
    #[error("has to be written in upper case")]
    Case,
    /// Browsers let no page use it, whatever the server says (Fetch Standard).
    #[error("is one that browsers let no page use")]
    Forbidden,
    /// It belongs to the protocol itself.
    #[error("belongs to the protocol itself: leave it out")]
    OfProtocol,
    /// Pages may read it in any case (Fetch Standard, CORS-safelisted response-header name).
    #[error("may be read by pages in any case: leave it out")]
    Needless,
}
