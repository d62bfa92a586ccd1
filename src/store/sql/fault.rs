//! Why a database did not answer, without a value that came with a request.

use std::io;
use std::time::Duration;

use thiserror::Error;

/// Why a database did not answer. Drivers put values into their messages, so of what the database
/// says only its code is kept, which its manual explains.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Fault {
    /// The time was over.
    #[error("no answer within {0:?}")]
    Late(Duration),
    /// The database refused the statement.
    #[error("the database reports error {0}")]
    Refused(Box<str>),
    /// The tables are not there.
    #[error("the tables are missing: call migrate() first")]
    NoTables,
    /// The tables are those of a later version of this crate.
    #[error("the tables are of schema {found}, which is later than {known}: update this program")]
    Later {
        /// What was found.
        found: i64,
        /// What this version of the crate knows.
        known: i64,
    },
    /// The database cannot be reached.
    #[error("the connection failed: {0}")]
    Connection(io::ErrorKind),
    /// The pool has no connection to give.
    #[error("the pool of connections is exhausted or closed")]
    Pool,
    /// TLS could not be set up.
    #[error("no TLS connection could be made")]
    Tls,
    /// A row is not what this crate writes.
    #[error("the column {0} does not hold what belongs there")]
    Column(usize),
    /// Anything else.
    #[error("the driver failed: {0}")]
    Driver(&'static str),
}

impl Fault {
    /// Whether it is the connection that failed, not the statement.
    #[cfg(feature = "postgres")]
    pub(super) fn is_of_the_connection(&self) -> bool {
        match self {
            Self::Connection(_) => true,
            // The classes of lost connections and of servers that end.
            Self::Refused(code) => code.starts_with("08") || code.starts_with("57P0"),
            _ => false,
        }
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                // SQLite has one code for all that is wrong with a statement.
                let no_tables = code == "42P01"
                    || (code == "1" && error.message().starts_with("no such table"));
                if no_tables {
                    Self::NoTables
                } else {
                    Self::Refused(code.into())
                }
            }
            sqlx::Error::Io(error) => Self::Connection(error.kind()),
            sqlx::Error::Tls(_) => Self::Tls,
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => Self::Pool,
            sqlx::Error::WorkerCrashed => Self::Driver("its worker has ended"),
            sqlx::Error::Configuration(_) => Self::Driver("its configuration cannot be used"),
            sqlx::Error::Protocol(_) => Self::Driver("the protocol was broken"),
            sqlx::Error::Encode(_) => Self::Driver("a value cannot be sent"),
            sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => {
                Self::Driver("a value cannot be read")
            }
            _ => Self::Driver("for a reason of its own"),
        }
    }
}
