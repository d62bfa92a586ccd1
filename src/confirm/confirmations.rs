//! Makes confirmations and sees to it that each is used once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};

use super::action::{self, Action};
use super::rule;
use super::ticket::{Confirmation, Ticket};
use super::token::{CONFIRMATION_TICKET, Claims, Keys, Purpose};
use crate::body;
use crate::clock::{Clock, SystemClock};
use crate::config::ConfigError;
use crate::field;
use crate::identity::Principal;
use crate::problem::{Kind, Problem};
use crate::store::Seen;

/// How far the clocks of instances that share a store may be apart, in seconds.
const SKEW: u64 = 60;
const MAX_LIFE: Duration = Duration::from_hours(1);

/// Makes confirmations, and sees to it that each is used once. It belongs into the router's state;
/// clones share one store.
#[derive(Clone)]
pub struct Confirmations {
    keys: Arc<Keys>,
    seen: Arc<dyn Seen>,
    clock: Arc<dyn Clock>,
    life: u64,
    ticket_life: u64,
    body_limit: usize,
}

impl Confirmations {
    /// Seals confirmations with `key`, at least 32 random bytes that serve for nothing else, and
    /// remembers in `seen` which were used. Instances with the same key and store work together.
    ///
    /// # Errors
    /// [`ConfigError`] if the key is too short.
    pub fn new(key: impl AsRef<[u8]>, seen: impl Seen) -> Result<Self, ConfigError> {
        Ok(Self {
            keys: Arc::new(Keys::new(key.as_ref())?),
            seen: Arc::new(seen),
            clock: Arc::new(SystemClock),
            life: 120,
            ticket_life: 300,
            body_limit: body::DEFAULT_MAX_BYTES,
        })
    }

    /// Knows what `key` has sealed, too, so that keys can be changed without a break: first have
    /// all instances know the new key, then have them seal with it.
    ///
    /// # Errors
    /// [`ConfigError`] if the key is shorter than 32 bytes.
    pub fn with_further_key(mut self, key: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Arc::make_mut(&mut self.keys).learn(key.as_ref())?;
        Ok(self)
    }

    /// Has confirmations be good for `life`, in whole seconds (default: 2 minutes).
    ///
    /// # Errors
    /// [`ConfigError`] unless it is 1 second to 1 hour.
    pub fn with_life(mut self, life: Duration) -> Result<Self, ConfigError> {
        self.life = checked(life)?;
        Ok(self)
    }

    /// Has tickets be good for `life`, in whole seconds (default: 5 minutes): the time that callers
    /// have for the extra step.
    ///
    /// # Errors
    /// [`ConfigError`] unless it is 1 second to 1 hour.
    pub fn with_ticket_life(mut self, life: Duration) -> Result<Self, ConfigError> {
        self.ticket_life = checked(life)?;
        Ok(self)
    }

    /// Reads bodies of at most `bytes` bytes (default: 64 KiB).
    #[must_use]
    pub fn with_body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Reads the time from `clock` (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Confirms that `caller` may do `action` once. Call it after an extra step alone.
    ///
    /// # Errors
    /// A [`Problem`] (503) if the operating system gives no randomness.
    pub fn confirm(&self, caller: &Principal, action: &Action) -> Result<Confirmation, Problem> {
        let now = self.clock.now();
        let expires = now.saturating_add(self.life);
        let claims = Claims {
            purpose: Purpose::Confirmation,
            expires,
            settled: expires,
            nonce: nonce()?,
            caller: action::caller(caller),
            action: action.clone(),
        };
        Ok(self.sealed(&claims, now))
    }

    /// The ticket that `caller` has sent as `text`. In a handler, take a [`Ticket`] instead.
    ///
    /// # Errors
    /// A [`Problem`] (403), not yet told as an event, if it is no ticket of this caller's.
    pub fn ticket(&self, text: &[u8], caller: &Principal) -> Result<Ticket, Problem> {
        let claims = self.open(text, Purpose::Ticket, caller)?;
        Ok(Ticket::new(self.clone(), claims, caller.clone()))
    }

    /// Uses the confirmation that `caller` has sent as `text` for `action`. In a handler, take
    /// [`Confirmed`](super::Confirmed) instead.
    ///
    /// # Errors
    /// A [`Problem`], not yet told as an event: 403 if it is no confirmation of this caller's for
    /// this action, or was used before; 503 if the store cannot tell.
    pub async fn spend(
        &self,
        text: &[u8],
        caller: &Principal,
        action: &Action,
    ) -> Result<(), Problem> {
        let claims = self.open(text, Purpose::Confirmation, caller)?;
        rule::is_aimed_at(&claims, &action.target).map_err(refusal)?;
        rule::bears(&claims, &action.body).map_err(refusal)?;
        self.use_up(&claims).await
    }

    pub(super) fn open(
        &self,
        text: &[u8],
        purpose: Purpose,
        caller: &Principal,
    ) -> Result<Claims, Problem> {
        let claims = self.keys.open(text).map_err(refusal)?;
        rule::holds(&claims, purpose, &action::caller(caller), self.clock.now())
            .map_err(refusal)?;
        Ok(claims)
    }

    /// Remembers that `claims` were used, if they were not yet. It comes after every other check,
    /// so that nobody's confirmation is used up by a request that is refused for another reason.
    pub(super) async fn use_up(&self, claims: &Claims) -> Result<(), Problem> {
        let key = Sha256::new_with_prefix("portcullis confirm 1 used ")
            .chain_update(claims.caller)
            .chain_update(claims.nonce);
        let until = claims.settled.saturating_add(SKEW);
        let first = self
            .seen
            .insert(key.finalize().into(), until, self.clock.now())
            .await
            .map_err(|error| {
                Problem::new(Kind::Unavailable)
                    .because("confirmation_store_down")
                    .caused_by(error)
            })?;
        if first {
            Ok(())
        } else {
            Err(refusal("confirmation_used"))
        }
    }

    /// The refusal of an action that `caller` has not confirmed, with a ticket for it.
    pub(super) fn demand(&self, caller: &Principal, action: Action) -> Problem {
        let nonce = match nonce() {
            Ok(nonce) => nonce,
            Err(problem) => return problem,
        };
        let expires = self.clock.now().saturating_add(self.ticket_life);
        let ticket = Claims {
            purpose: Purpose::Ticket,
            expires,
            settled: expires.saturating_add(self.life),
            nonce,
            caller: action::caller(caller),
            action,
        };
        let sealed = self.keys.seal(&ticket);
        let mut value = field::joined(&[sealed.expose().as_bytes()]);
        value.set_sensitive(true);
        refusal("confirmation_missing").with_header(CONFIRMATION_TICKET, value)
    }

    /// What comes of a ticket once it is redeemed.
    pub(super) fn redeemed(&self, ticket: &Claims) -> Confirmation {
        let now = self.clock.now();
        let claims = Claims {
            purpose: Purpose::Confirmation,
            // Were it good for longer than its nonce is remembered, it could be used twice.
            expires: now.saturating_add(self.life).min(ticket.settled),
            ..ticket.clone()
        };
        self.sealed(&claims, now)
    }

    pub(super) fn body_limit(&self) -> usize {
        self.body_limit
    }

    fn sealed(&self, claims: &Claims, now: u64) -> Confirmation {
        let lasts = claims.expires.saturating_sub(now);
        Confirmation::new(self.keys.seal(claims), lasts)
    }
}

impl fmt::Debug for Confirmations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Confirmations")
            .field("life", &self.life)
            .field("ticket_life", &self.ticket_life)
            .field("body_limit", &self.body_limit)
            .finish_non_exhaustive()
    }
}

pub(super) fn refusal(reason: &'static str) -> Problem {
    Problem::new(Kind::ConfirmationRequired).because(reason)
}

fn nonce() -> Result<[u8; 16], Problem> {
    let mut nonce = [0; 16];
    match SysRng.try_fill_bytes(&mut nonce) {
        Ok(()) => Ok(nonce),
        Err(error) => Err(Problem::new(Kind::Unavailable)
            .because("no_randomness")
            .caused_by(error)),
    }
}

fn checked(life: Duration) -> Result<u64, ConfigError> {
    match life.as_secs() {
        0 => Err(ConfigError::new("a life must be at least 1 second")),
        _ if life > MAX_LIFE => Err(ConfigError::new("a life must be at most 1 hour")),
        seconds => Ok(seconds),
    }
}
