//! New keys are drawn and kept.

use std::sync::Arc;

use rand::rngs::SysError;
use thiserror::Error;

use super::new_key::DatedApiKey;
use crate::clock::Clock;
use crate::config::ConfigError;
use crate::secret::Secret;
use crate::store::{KeyRecord, KeyRing, StoreError};

/// A key that was issued: the only moment at which the key itself can be read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IssuedApiKey {
    /// The key, to be shown to its owner once. It is kept nowhere.
    pub key: Secret<String>,
    /// What is kept of it.
    pub record: Arc<KeyRecord>,
}

/// Why no key was issued.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The key that was asked for cannot be; the sentence says what to change.
    #[error(transparent)]
    Invalid(#[from] ConfigError),
    /// The operating system has no randomness to give.
    #[error("the operating system has no randomness to give")]
    NoRandomness(#[source] SysError),
    /// The ring has a key of the same id. With 95 bits of randomness that does not happen.
    #[error("there is a key of the same id")]
    IdTaken,
    /// The key that was to be replaced cannot be: there is none of that id, or it has expired, is
    /// withdrawn, or has a successor already.
    #[error("there is no live key of this id to be replaced")]
    NotReplaceable,
    /// The ring cannot answer, or has no room. Should the key be in the ring all the same, nobody
    /// knows it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DatedApiKey {
    /// Draws the key and keeps its hash in `ring`. `clock` tells when that was.
    ///
    /// # Errors
    /// [`IssueError`] if the owner is empty, a text is too long (owner, tenant and label: 255
    /// bytes; scopes: 4096), the key would have ended already or before it begins, the operating
    /// system gives no randomness, or the ring does not take the record. Nobody has the key then.
    pub async fn issue(
        self,
        ring: &(impl KeyRing + ?Sized),
        clock: &(impl Clock + ?Sized),
    ) -> Result<IssuedApiKey, IssueError> {
        let issued = self.drawn(clock.now())?;
        if ring.insert(Arc::clone(&issued.record)).await? {
            Ok(issued)
        } else {
            Err(IssueError::IdTaken)
        }
    }

    fn drawn(self, now: u64) -> Result<IssuedApiKey, IssueError> {
        let expires_at = self.end.moment(now);
        self.key.checked(expires_at, now)?;
        let (id, key) = self.key.format.mint().map_err(IssueError::NoRandomness)?;
        let hash = self.key.hasher.hash(key.expose());
        let record = Arc::new(self.key.record(id, hash, now, expires_at));
        Ok(IssuedApiKey { key, record })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::api_key::NewApiKey;
    use crate::clock::ManualClock;
    use crate::identity::{Allowance, Scopes};
    use crate::store::KeyHash;
    use crate::store::memory::MemoryKeyRing;

    #[tokio::test]
    async fn an_issued_key_keeps_what_was_said_and_hides_the_key() {
        let (ring, clock) = (MemoryKeyRing::default(), ManualClock::at(1_000));
        let asked = NewApiKey::owned_by("alice")
            .with_tenant("acme")
            .with_label("laptop")
            .with_scopes(Scopes::parse("a b"))
            .with_allowance(Allowance::new(5, 60).unwrap())
            .with_not_before(1_010)
            .with_networks(["10.0.0.0/8"])
            .unwrap();
        let asked = asked.expiring_in(Duration::from_millis(60_999));
        let issued = asked.clone().issue(&ring, &clock).await.unwrap();
        let kept = ring.find(issued.record.id()).await.unwrap().unwrap();
        assert_eq!((kept.created_at(), kept.expires_at()), (1_000, Some(1_060)));
        assert_eq!(kept.principal().subject(), "alice");
        assert_eq!(kept.principal().tenant(), Some("acme"));
        assert_eq!(kept.label(), Some("laptop"));
        assert!(kept.scopes().contains("b"));
        assert_eq!(kept.allowance(), Allowance::new(5, 60).ok());
        assert_eq!(kept.not_before(), Some(1_010));
        assert_eq!(kept.networks().to_string(), "10.0.0.0/8");
        assert_eq!(kept.prefix(), "key");
        assert!(kept.hash().matches(&KeyHash::of(issued.key.expose())));

        let shown = format!("{issued:?} {kept:?} {ring:?} {asked:?}");
        let secret = &issued.key.expose()[issued.key.expose().len() - 49..];
        assert!(!shown.contains(secret));
        assert!(!shown.contains(&format!("{:?}", kept.hash().as_bytes())));

        let full = asked.issue(&MemoryKeyRing::with_capacity(0), &clock).await;
        assert!(matches!(full.unwrap_err(), IssueError::Store(_)));
    }
}
