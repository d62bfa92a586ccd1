//! What a caller is handed on the way to a confirmed request.

use std::fmt;

use super::action::Action;
use super::confirmations::Confirmations;
use super::token::Claims;
use crate::identity::Principal;
use crate::secret::Secret;

/// A request that was refused for want of a confirmation, come back to be confirmed.
///
/// As an extractor it reads the header `Confirmation-Ticket`. It answers 400 if there is none, 403
/// if it is not this caller's or has expired, 401 to a stranger, and 500 if no authentication guard
/// stands before the handler.
#[derive(Clone)]
pub struct Ticket {
    confirmations: Confirmations,
    claims: Claims,
    caller: Principal,
}

impl Ticket {
    pub(super) fn new(confirmations: Confirmations, claims: Claims, caller: Principal) -> Self {
        Self {
            confirmations,
            claims,
            caller,
        }
    }

    /// Who asks; whoever was refused.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.caller
    }

    /// Whether this is a ticket for `action`: what the caller was shown is what is confirmed.
    #[must_use]
    pub fn is_for(&self, action: &Action) -> bool {
        self.claims.action == *action
    }

    /// Confirms. Call it after the extra step alone. However often a ticket is redeemed, the
    /// request is carried out once.
    #[must_use]
    pub fn confirm(self) -> Confirmation {
        self.confirmations.redeemed(&self.claims)
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("caller", &self.caller)
            .finish_non_exhaustive()
    }
}

/// Leave to make one request, once: what the client sends in the header `Confirmation`.
///
/// As a response it is `{"confirmation": "...", "expires_in": 120}`, which no cache may store.
#[derive(Clone, Debug)]
pub struct Confirmation {
    text: Secret<String>,
    expires_in: u64,
}

impl Confirmation {
    pub(super) fn new(text: Secret<String>, expires_in: u64) -> Self {
        Self { text, expires_in }
    }

    /// The value of the header.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// For how many seconds it is good.
    #[must_use]
    pub fn expires_in(&self) -> u64 {
        self.expires_in
    }
}
