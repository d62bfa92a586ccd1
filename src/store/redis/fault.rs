//! Why Redis did not answer, without a value that came with a request.

use std::error::Error;
use std::io;
use std::time::Duration;

use redis::RedisError;
use thiserror::Error;

/// Why Redis did not answer. Of what the server says only its code is kept.
#[derive(Clone, Debug, Error)]
pub(super) enum Fault {
    #[error("no answer within {0:?}")]
    Late(Duration),
    #[error("whoever was to ask has ended")]
    Abandoned,
    #[error("the connection failed: {0}")]
    Connection(io::ErrorKind),
    #[error("the server reports {0}")]
    Refused(Box<str>),
    #[error("the driver failed: {0}")]
    Driver(Box<str>),
    #[error("the field {0} does not hold what belongs there")]
    Field(&'static str),
    #[error("the server forgets: {0}")]
    Forgetful(&'static str),
}

impl From<RedisError> for Fault {
    fn from(error: RedisError) -> Self {
        if let Some(code) = error.code() {
            return Self::Refused(code.into());
        }
        let io = error.source().and_then(|source| source.downcast_ref());
        match io.map(io::Error::kind) {
            Some(kind) => Self::Connection(kind),
            None if error.is_io_error() => Self::Connection(io::ErrorKind::Other),
            None => Self::Driver(error.category().into()),
        }
    }
}

impl Fault {
    /// Whether this is what a cluster says of keys that lie in different slots.
    pub(super) fn is_of_slots(&self) -> bool {
        matches!(self, Self::Refused(code) if &**code == "CROSSSLOT")
    }
}
