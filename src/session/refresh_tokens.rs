//! Gives refresh tokens out and rotates them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rand::TryRng;
use rand::rngs::SysRng;

use super::family::{GivenToken, NewFamily, Presented};
use super::keys::RefreshKeys;
use super::refusal::{RefreshError, Refusal};
use super::rule::{self, Lives, Shown, Verdict};
use super::token;
use crate::clock::{Clock, SystemClock};
use crate::config::ConfigError;
use crate::identity::Scopes;
use crate::store::{Family, FamilyId, RefreshFamilies, StoreError};

const MAX_GRACE: Duration = Duration::from_mins(1);
/// How often a rotation that others have forestalled looks again. Who loses finds the winner's
/// step, so that the second look decides.
const MOST_LOOKS: usize = 3;

/// Gives refresh tokens out, rotates them at every use, and revokes them. A handle: clones share
/// one store.
#[derive(Clone)]
pub struct RefreshTokens {
    pub(super) families: Arc<dyn RefreshFamilies>,
    pub(super) keys: RefreshKeys,
    pub(super) clock: Arc<dyn Clock>,
    lives: Lives,
}

impl RefreshTokens {
    /// Keeps families in `families` and seals tokens with `keys`. Instances with the same keys and
    /// store work together.
    #[must_use]
    pub fn new(families: impl RefreshFamilies, keys: RefreshKeys) -> Self {
        Self {
            families: Arc::new(families),
            keys,
            clock: Arc::new(SystemClock),
            lives: Lives {
                grace: 30,
                idle: 14 * 86_400,
                whole: 30 * 86_400,
            },
        }
    }

    /// Has a used token give the same successor again for `grace`, in whole seconds (default: 30
    /// seconds), so that a lost response ends no login. Zero has every second use revoke the
    /// family.
    ///
    /// # Errors
    /// [`ConfigError`] if it is more than a minute.
    pub fn with_grace(mut self, grace: Duration) -> Result<Self, ConfigError> {
        if grace > MAX_GRACE {
            return Err(ConfigError::new(
                "the grace of refresh tokens must be at most 1 minute",
            ));
        }
        self.lives.grace = grace.as_secs();
        Ok(self)
    }

    /// Has families end that are not used for `life`, in whole seconds (default: 14 days). The
    /// whole life ends it anyway.
    ///
    /// # Errors
    /// [`ConfigError`] unless it is 1 second to 1 year.
    pub fn with_idle_life(mut self, life: Duration) -> Result<Self, ConfigError> {
        self.lives.idle = checked(life)?;
        Ok(self)
    }

    /// Has families end after `life`, in whole seconds, however much they are used (default: 30
    /// days). Then the user logs in again.
    ///
    /// # Errors
    /// [`ConfigError`] unless it is 1 second to 1 year.
    pub fn with_life(mut self, life: Duration) -> Result<Self, ConfigError> {
        self.lives.whole = checked(life)?;
        Ok(self)
    }

    /// Reads the time from `clock` (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Begins a family and gives its first token out. Call it after a login alone.
    ///
    /// # Errors
    /// [`RefreshError`] if a text is empty or too long, the operating system gives no randomness,
    /// or the store cannot answer or is full. Nobody has a token then.
    pub async fn begin(&self, new: NewFamily<'_>) -> Result<GivenToken, RefreshError> {
        new.check()?;
        let mut id = [0; FamilyId::LEN];
        let mut salt = [0; 32];
        let draw = |bytes: &mut [u8]| SysRng.try_fill_bytes(bytes);
        draw(&mut id).map_err(RefreshError::NoRandomness)?;
        draw(&mut salt).map_err(RefreshError::NoRandomness)?;
        let now = self.clock.now();
        let ends_at = now.saturating_add(self.lives.whole);
        let mut family = Family::new(id.into(), salt, new.owner, new.client, now)
            .with_ends(self.lives.idle_end(now, ends_at), ends_at)
            .with_scopes(new.scopes)
            .with_details(new.details);
        if let Some(key) = new.bound_key {
            family = family.with_bound_key(key);
        }
        let family = Arc::new(family);
        if !self.families.insert(Arc::clone(&family)).await? {
            // With 128 bits of randomness that does not happen.
            return Err(StoreError::new("refresh", "there is a family of the same id").into());
        }
        let scopes = family.scopes().clone();
        Ok(self.given(family, scopes, now))
    }

    /// Takes `token`, which `presented` came with, and gives its successor out. Untrusted text is
    /// fine: one that no key of this server has sealed is refused before the store is asked.
    ///
    /// A token that was used a moment ago gives the same successor again; one that was used before
    /// that, or is older, has its family revoked (RFC 9700, section 4.14.2).
    ///
    /// # Errors
    /// [`RefreshError`], of which no one but the log learns more than `invalid_grant` or
    /// `invalid_scope`; or the store cannot answer, and then nothing was given out and the same
    /// token may be shown again.
    pub async fn rotate(
        &self,
        token: &str,
        presented: Presented<'_>,
    ) -> Result<GivenToken, RefreshError> {
        let nothing = |_, _| async { Ok::<_, RefreshError>(()) };
        let (given, ()) = self.rotate_with(token, &presented, nothing).await?;
        Ok(given)
    }

    /// Likewise, with something that is made for the caller of this family and these scopes. It is
    /// made before the family moves on, so that the token is still good if it cannot be made.
    pub(crate) async fn rotate_with<T, E, Fut>(
        &self,
        token: &str,
        presented: &Presented<'_>,
        make: impl Fn(Arc<Family>, Scopes) -> Fut,
    ) -> Result<(GivenToken, T), E>
    where
        E: From<RefreshError>,
        Fut: Future<Output = Result<T, E>>,
    {
        let store = |error: StoreError| E::from(error.into());
        let sealed = token::read(&self.keys, token).map_err(RefreshError::from)?;
        for _ in 0..MOST_LOOKS {
            let family = self.family_of(&sealed).await?;
            let now = self.clock.now();
            let shown = Shown {
                generation: sealed.generation,
                issuer: presented.issuer,
                client: presented.client,
                key: presented.key.as_ref(),
            };
            let verdict = rule::judge(&family, shown, self.lives.grace, now);
            let verdict = verdict.map_err(|refusal| refused(refusal, &family))?;
            if let Verdict::Revoke(refusal) = verdict {
                return Err(self.turned_away(refusal, &family, now).await.into());
            }
            let scopes = presented.scopes.as_ref().unwrap_or(family.scopes()).clone();
            if !family.scopes().contains_all(&scopes) {
                return Err(RefreshError::WiderScopes { family }.into());
            }
            let extra = make(Arc::clone(&family), scopes.clone()).await?;
            if verdict == Verdict::Repeat {
                return Ok((self.given(family, scopes, now), extra));
            }
            let (id, from) = (sealed.id, sealed.generation);
            let idle_end = self.lives.idle_end(now, family.ends_at());
            let step = self.families.advance(id, from, now, idle_end);
            if step.await.map_err(store)? {
                let next = from.saturating_add(1);
                let family = Arc::unwrap_or_clone(family).with_rotation(next, now, idle_end);
                return Ok((self.given(Arc::new(family), scopes, now), extra));
            }
        }
        Err(store(StoreError::new(
            "refresh",
            "the family cannot be moved on",
        )))
    }

    /// The time by which families live.
    #[cfg(feature = "jwt")]
    pub(crate) fn now(&self) -> u64 {
        self.clock.now()
    }

    pub(super) async fn family_of(
        &self,
        sealed: &token::Sealed,
    ) -> Result<Arc<Family>, RefreshError> {
        match self.families.find(sealed.id).await? {
            Some(family) if sealed.is_of(&family) => Ok(family),
            _ => Err(Refusal::Unknown.into()),
        }
    }

    /// Revokes the family; only the first to do so is told why.
    async fn turned_away(&self, refusal: Refusal, family: &Arc<Family>, now: u64) -> RefreshError {
        match self.families.revoke(family.id(), now).await {
            Ok(true) => refused(refusal, family),
            Ok(false) => refused(Refusal::Revoked, family),
            Err(error) => error.into(),
        }
    }

    /// The token that stands.
    fn given(&self, family: Arc<Family>, scopes: Scopes, now: u64) -> GivenToken {
        GivenToken {
            token: token::write(&self.keys, &family, family.generation()),
            expires_in: family.idle_ends_at().saturating_sub(now),
            family,
            scopes,
        }
    }
}

impl fmt::Debug for RefreshTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshTokens")
            .field("families", &self.families)
            .field("lives", &self.lives)
            .finish_non_exhaustive()
    }
}

fn refused(refusal: Refusal, family: &Arc<Family>) -> RefreshError {
    RefreshError::Refused {
        refusal,
        family: Some(Arc::clone(family)),
    }
}

fn checked(life: Duration) -> Result<u64, ConfigError> {
    match life.as_secs() {
        0 => Err(ConfigError::new(
            "a refresh token must live at least 1 second",
        )),
        _ if life > Duration::from_hours(24 * 366) => {
            Err(ConfigError::new("a refresh token must live at most 1 year"))
        }
        seconds => Ok(seconds),
    }
}
