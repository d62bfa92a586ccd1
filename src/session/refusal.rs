//! Why a refresh token was not accepted.

use std::sync::Arc;

use rand::rngs::SysError;
use thiserror::Error;

use crate::config::ConfigError;
use crate::store::{Family, StoreError};

/// Why a refresh token was not accepted. Callers are told `invalid_grant` in every case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// It has not the form of a token.
    Malformed,
    /// No key of this server has sealed it.
    Forged,
    /// There is no such family (any more), or the token was made without the family's salt.
    Unknown,
    /// It was given to another application.
    OtherClient,
    /// It is bound to a key that the caller has not shown.
    OtherKey,
    /// The family was revoked before.
    Revoked,
    /// The family has not been used for too long.
    Idle,
    /// The family has come to the end of its life.
    Expired,
    /// It was used before, and by now somebody else may have its successor: the family has been
    /// revoked. Of any number of calls that find this out, one is told so, and the others that the
    /// family is revoked.
    Reused,
    /// It is newer than what the store knows, which has lost a rotation: the family has been
    /// revoked, as the token before might have come alive again. It is told once as well.
    Ahead,
}

impl Refusal {
    /// The stable word for the event.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "refresh_token_malformed",
            Self::Forged => "refresh_token_forged",
            Self::Unknown => "refresh_token_unknown",
            Self::OtherClient => "refresh_token_of_another_client",
            Self::OtherKey => "refresh_token_of_another_key",
            Self::Revoked => "refresh_token_revoked",
            Self::Idle => "refresh_token_idle",
            Self::Expired => "refresh_token_expired",
            Self::Reused => "refresh_token_reused",
            Self::Ahead => "refresh_token_ahead",
        }
    }
}

/// Why no refresh token was given out. The messages are fixed: nothing of a token is in them.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// The token is not accepted: `invalid_grant`.
    #[error("the refresh token is not accepted")]
    Refused {
        /// Why, for the event.
        refusal: Refusal,
        /// The family that the token was found to be of.
        family: Option<Arc<Family>>,
    },
    /// More scopes were asked for than the family has: `invalid_scope`. The token is still good.
    #[error("more scopes were asked for than were granted")]
    WiderScopes {
        /// The family that the token is of.
        family: Arc<Family>,
    },
    /// The store cannot answer, so nothing was given out. The same token may be tried again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system has no randomness to give.
    #[error("the operating system has no randomness to give")]
    NoRandomness(#[source] SysError),
    /// The family that was asked for cannot be; the sentence says what to change.
    #[error(transparent)]
    Invalid(#[from] ConfigError),
}

impl RefreshError {
    /// The stable word for the event.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Refused { refusal, .. } => refusal.reason(),
            Self::WiderScopes { .. } => "refresh_scope_wider",
            Self::Store(_) => "refresh_store_unavailable",
            Self::NoRandomness(_) => "no_randomness",
            Self::Invalid(_) => "refresh_family_invalid",
        }
    }

    /// The family that the token was found to be of.
    #[must_use]
    pub fn family(&self) -> Option<&Arc<Family>> {
        match self {
            Self::Refused { family, .. } => family.as_ref(),
            Self::WiderScopes { family } => Some(family),
            _ => None,
        }
    }
}

impl From<Refusal> for RefreshError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused {
            refusal,
            family: None,
        }
    }
}
