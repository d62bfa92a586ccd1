//! A key takes the place of another.

use std::sync::Arc;
use std::time::Duration;

use super::format::KeyFormat;
use super::hasher::KeyHasher;
use super::issue::{IssueError, IssuedApiKey};
use super::new_key::End;
use crate::clock::Clock;
use crate::config::ConfigError;
use crate::store::{KeyId, KeyRecord, KeyRing};

/// For how long the old key stays good, unless it is said.
const OVERLAP: Duration = Duration::from_hours(24);
const LONGEST_OVERLAP: Duration = Duration::from_hours(24 * 30);

/// A key is given a successor with the same owner, tenant, label, scopes, networks, allowance and
/// prefix; for a while both are good, so that the owner can put the new one everywhere in peace.
///
/// The successor is kept and the end of the old key set in one operation of the ring, so that no
/// crash leaves one without the other. A key has one successor: of two who rotate it at the same
/// time, one fails.
///
/// ```
/// # use portcullis::api_key::{IssueError, IssuedApiKey, KeyRotation};
/// # use portcullis::clock::SystemClock;
/// # use portcullis::store::{KeyId, KeyRing};
/// async fn rotated(ring: &dyn KeyRing, old: KeyId) -> Result<IssuedApiKey, IssueError> {
///     KeyRotation::of(old).rotate(ring, &SystemClock).await
/// }
/// ```
#[derive(Clone, Debug)]
pub struct KeyRotation {
    old: KeyId,
    overlap: Duration,
    end: Option<End>,
    hasher: KeyHasher,
}

impl KeyRotation {
    /// A successor for the key `old`. Whether the caller may have it is not asked here: compare
    /// the [`owner`](KeyRecord::owner) of the record first.
    #[must_use]
    pub fn of(old: KeyId) -> Self {
        Self {
            old,
            overlap: OVERLAP,
            end: None,
            hasher: KeyHasher::default(),
        }
    }

    /// Has the old key end after `overlap` (default: 24 hours), if it does not end earlier; zero
    /// ends it at once, for a key that has leaked.
    ///
    /// # Errors
    /// [`ConfigError`] if `overlap` is more than 30 days.
    pub fn with_overlap(mut self, overlap: Duration) -> Result<Self, ConfigError> {
        if overlap > LONGEST_OVERLAP {
            return Err(ConfigError::new(
                "a key that has been replaced must end within 30 days",
            ));
        }
        self.overlap = overlap;
        Ok(self)
    }

    /// Hashes the new key with `hasher` (default: plain SHA-256). It must be that of the guards.
    #[must_use]
    pub fn with_hasher(mut self, hasher: KeyHasher) -> Self {
        self.hasher = hasher;
        self
    }

    /// Has the new key end `lifetime` after it is issued (default: as long as the old one was to
    /// last when it was issued, or until it is revoked if the old one was).
    #[must_use]
    pub fn expiring_in(mut self, lifetime: Duration) -> Self {
        self.end = Some(End::In(lifetime));
        self
    }

    /// Draws the new key, keeps it in `ring`, and has the old one end.
    ///
    /// # Errors
    /// [`IssueError`]: [`NotReplaceable`](IssueError::NotReplaceable) if there is no such key, or
    /// it has expired, is withdrawn or has a successor already; and whatever keeps a key from
    /// being issued. The old key is as it was then, unless the error is one of the store.
    pub async fn rotate(
        self,
        ring: &(impl KeyRing + ?Sized),
        clock: &(impl Clock + ?Sized),
    ) -> Result<IssuedApiKey, IssueError> {
        let now = clock.now();
        let old = ring.find(self.old).await?;
        let old = old.ok_or(IssueError::NotReplaceable)?;
        let issued = self.successor(&old, now)?;
        let ends_at = now.saturating_add(self.overlap.as_secs());
        if ring.replace(Arc::clone(&issued.record), ends_at).await? {
            Ok(issued)
        } else {
            Err(IssueError::NotReplaceable)
        }
    }

    fn successor(&self, old: &KeyRecord, now: u64) -> Result<IssuedApiKey, IssueError> {
        if old.is_revoked() || old.is_expired(now) || old.replaced_by().is_some() {
            return Err(IssueError::NotReplaceable);
        }
        let start = now.max(old.not_before().unwrap_or(now));
        let end = self.end.unwrap_or_else(|| lifetime(old)).moment(start);
        if end.is_some_and(|end| end <= now) {
            return Err(ConfigError::new("an API key must end after it is issued").into());
        }
        let (id, key) = KeyFormat::new(old.prefix())?
            .mint()
            .map_err(IssueError::NoRandomness)?;
        let hash = self.hasher.hash(key.expose());
        let record = Arc::new(old.successor(id, hash, now, end));
        Ok(IssuedApiKey { key, record })
    }
}

/// As long as a key was to last when it was issued.
fn lifetime(old: &KeyRecord) -> End {
    old.expires_at().map_or(End::Never, |end| {
        let start = old.not_before().unwrap_or(0).max(old.created_at());
        End::In(Duration::from_secs(end.saturating_sub(start)))
    })
}
