//! Why no tokens were given out, and how that is told (RFC 6749, section 5.2).

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use thiserror::Error;

use crate::jwt::IssueError;
use crate::problem::{Challenge, Kind, Problem, Render};
use crate::session::RefreshError;
use crate::store::{Family, StoreError};

/// When to ask again after a store was down, in seconds.
const STORE_RETRY: u64 = 5;

/// Why no tokens were given out.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The refresh token was not taken, or none could be given.
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    /// The access token could not be made.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The author's own function let the login go on no longer; its family has been revoked.
    #[error("the login may not go on")]
    NotRenewed {
        /// The family that was revoked.
        family: Arc<Family>,
    },
    /// A problem that the author's own function answers with.
    #[error(transparent)]
    Own(Problem),
    /// What was kept with the family is not what this version keeps, or the author's own function
    /// gave a grant for somebody else.
    #[error("the grant of the login cannot be restored")]
    Grant,
}

impl TokenError {
    /// The family that the tokens were found to be of.
    #[must_use]
    pub fn family(&self) -> Option<&Arc<Family>> {
        match self {
            Self::Refresh(error) => error.family(),
            Self::NotRenewed { family } => Some(family),
            _ => None,
        }
    }
}

impl From<StoreError> for TokenError {
    fn from(error: StoreError) -> Self {
        Self::Refresh(error.into())
    }
}

/// For handlers of the author's own: the problem has the status that the token routes answer with.
impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        Fault::from(error).problem
    }
}

/// A refusal with its word of RFC 6749; a problem of the author's own has none and is answered as
/// it is.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) problem: Problem,
    pub(super) code: Option<&'static str>,
    /// Whether the event has been told by whoever refused.
    pub(super) is_told: bool,
}

pub(super) const INVALID_GRANT: &str = "invalid_grant";

impl Fault {
    /// A problem that the author's own function has told.
    pub(super) fn told(problem: Problem) -> Self {
        Self {
            is_told: true,
            ..problem.into()
        }
    }

    /// The request cannot be understood.
    pub(super) fn request(reason: &'static str) -> Self {
        Self::new(
            Problem::new(Kind::InvalidRequest),
            "invalid_request",
            reason,
        )
    }

    /// The body could not be read: 400, whatever would be said of another body.
    pub(super) fn body(problem: Problem) -> Self {
        Self {
            problem: problem.with_status(StatusCode::BAD_REQUEST),
            code: Some("invalid_request"),
            is_told: false,
        }
    }

    /// The page may not send the cookie.
    pub(super) fn foreign(reason: &'static str) -> Self {
        Self::new(Problem::new(Kind::Forbidden), "invalid_request", reason)
    }

    /// The login or the refresh token is not accepted.
    pub(super) fn grant(reason: &'static str) -> Self {
        Self::new(bad(Kind::InvalidCredential), INVALID_GRANT, reason)
    }

    /// More scopes were asked for than there are, or something that is none.
    pub(super) fn scope(reason: &'static str) -> Self {
        Self::new(bad(Kind::InsufficientScope), "invalid_scope", reason)
    }

    /// There is no such way to a token here.
    pub(super) fn grant_type() -> Self {
        let problem = Problem::new(Kind::InvalidRequest);
        Self::new(problem, "unsupported_grant_type", "unsupported_grant_type")
    }

    /// The application is not known.
    pub(super) fn client(reason: &'static str) -> Self {
        let challenge = Challenge::new("Basic").with("realm", "token");
        let problem = Problem::new(Kind::InvalidCredential).with_challenge(&challenge);
        Self::new(problem, "invalid_client", reason)
    }

    fn new(problem: Problem, code: &'static str, reason: &'static str) -> Self {
        Self {
            problem: problem.because(reason),
            code: Some(code),
            is_told: false,
        }
    }
}

fn bad(kind: Kind) -> Problem {
    Problem::new(kind).with_status(StatusCode::BAD_REQUEST)
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self {
            problem,
            code: None,
            is_told: false,
        }
    }
}

impl From<TokenError> for Fault {
    fn from(error: TokenError) -> Self {
        let unavailable = |reason| {
            let problem = Problem::new(Kind::Unavailable).with_retry_after(STORE_RETRY);
            Self::new(problem, "temporarily_unavailable", reason)
        };
        let broken = |problem| Self {
            problem,
            code: Some("server_error"),
            is_told: false,
        };
        let misconfigured = |reason| broken(Problem::new(Kind::Misconfigured).because(reason));
        match error {
            TokenError::Own(problem) => problem.into(),
            TokenError::Issue(error) => broken(error.into()),
            TokenError::Grant => misconfigured("grant_not_restored"),
            TokenError::NotRenewed { .. } => Self::grant("refresh_not_renewed"),
            TokenError::Refresh(error) => {
                let reason = error.reason();
                match error {
                    RefreshError::Refused { .. } => Self::grant(reason),
                    RefreshError::WiderScopes { .. } => Self::scope(reason),
                    RefreshError::Store(error) => unavailable(reason).caused_by(error),
                    RefreshError::NoRandomness(error) => unavailable(reason).caused_by(error),
                    RefreshError::Invalid(error) => misconfigured(reason).caused_by(error),
                }
            }
        }
    }
}

impl Fault {
    fn caused_by(mut self, error: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.problem = self.problem.caused_by(error);
        self
    }
}

/// The one shape in which these endpoints refuse.
#[derive(Clone, Copy, Debug)]
pub(super) struct OAuthError(pub(super) &'static str);

impl Render for OAuthError {
    fn render(&self, _: &Problem) -> (HeaderValue, Bytes) {
        let body = format!(r#"{{"error":"{}"}}"#, self.0);
        (HeaderValue::from_static("application/json"), body.into())
    }
}
