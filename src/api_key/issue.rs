//! New keys.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::SysError;
use thiserror::Error;

use super::format::KeyFormat;
use crate::clock::Clock;
use crate::config::ConfigError;
use crate::identity::Scopes;
use crate::secret::Secret;
use crate::store::{KeyHash, KeyRecord, KeyRing, StoreError};

/// The longest owner, tenant and label of a key in bytes, since they may come from its owner.
const MAX_TEXT_LEN: usize = 255;
/// The longest list of scopes in bytes.
const MAX_SCOPES_LEN: usize = 4_096;

/// An API key to be issued. When it ends must be said, in the last step, before it can be:
/// [`expiring_in`](Self::expiring_in), [`expiring_at`](Self::expiring_at) or
/// [`never_expiring`](Self::never_expiring).
#[derive(Clone, Debug)]
pub struct NewApiKey {
    format: KeyFormat,
    owner: Box<str>,
    tenant: Option<Box<str>>,
    label: Option<Box<str>>,
    scopes: Scopes,
}

impl NewApiKey {
    /// A key of the caller `owner`, which becomes the subject of the [`Principal`] that the key
    /// proves. It has the prefix `key` and no scopes. If several issuers know a subject of one
    /// name, give an owner that is unique among all of them.
    ///
    /// [`Principal`]: crate::identity::Principal
    #[must_use]
    pub fn owned_by(owner: impl Into<Box<str>>) -> Self {
        Self {
            format: KeyFormat::default(),
            owner: owner.into(),
            tenant: None,
            label: None,
            scopes: Scopes::default(),
        }
    }

    /// Begins the key with `prefix` (default: `key`).
    ///
    /// # Errors
    /// [`ConfigError`] if no key can begin so; see [`KeyFormat::new`].
    pub fn with_prefix(mut self, prefix: &str) -> Result<Self, ConfigError> {
        self.format = KeyFormat::new(prefix)?;
        Ok(self)
    }

    /// Names the customer on whose behalf the key acts.
    #[must_use]
    pub fn with_tenant(mut self, tenant: impl Into<Box<str>>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// Says what the key is for, in its owner's words.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<Box<str>>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Grants scopes to the key (default: none). Grant no more than whoever asks for it has.
    #[must_use]
    pub fn with_scopes(mut self, scopes: Scopes) -> Self {
        self.scopes = scopes;
        self
    }

    /// Has the key end `lifetime` after it is issued, counted in whole seconds.
    #[must_use]
    pub fn expiring_in(self, lifetime: Duration) -> DatedApiKey {
        self.ending(End::In(lifetime))
    }

    /// Has the key end at `moment`, in seconds since the Unix epoch.
    #[must_use]
    pub fn expiring_at(self, moment: u64) -> DatedApiKey {
        self.ending(End::At(moment))
    }

    /// Has the key last until it is revoked: whoever finds it in ten years can use it.
    #[must_use]
    pub fn never_expiring(self) -> DatedApiKey {
        self.ending(End::Never)
    }

    fn ending(self, end: End) -> DatedApiKey {
        DatedApiKey { key: self, end }
    }
}

/// An API key to be issued, of which it is known when it ends; see [`NewApiKey`].
#[derive(Clone, Debug)]
pub struct DatedApiKey {
    key: NewApiKey,
    end: End,
}

#[derive(Clone, Copy, Debug)]
enum End {
    In(Duration),
    At(u64),
    Never,
}

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
    /// bytes; scopes: 4096), the key would have ended already, the operating system gives no
    /// randomness, or the ring does not take the record. Nobody has the key then.
    pub async fn issue(
        self,
        ring: &(impl KeyRing + ?Sized),
        clock: &(impl Clock + ?Sized),
    ) -> Result<IssuedApiKey, IssueError> {
        let now = clock.now();
        let expires_at = match self.end {
            End::In(lifetime) => Some(now.saturating_add(lifetime.as_secs())),
            End::At(moment) => Some(moment),
            End::Never => None,
        };
        checked(&self.key, expires_at, now)?;
        let (id, key) = self.key.format.mint().map_err(IssueError::NoRandomness)?;
        let hash = KeyHash::of(key.expose());
        let mut record =
            KeyRecord::new(id, hash, self.key.owner, now, expires_at).with_scopes(self.key.scopes);
        if let Some(tenant) = self.key.tenant {
            record = record.with_tenant(tenant);
        }
        if let Some(label) = self.key.label {
            record = record.with_label(label);
        }
        let record = Arc::new(record);
        if ring.insert(Arc::clone(&record)).await? {
            Ok(IssuedApiKey { key, record })
        } else {
            Err(IssueError::IdTaken)
        }
    }
}

/// Whether a key can be as it was asked for.
fn checked(key: &NewApiKey, expires_at: Option<u64>, now: u64) -> Result<(), ConfigError> {
    let invalid = |sentence: &str| Err(ConfigError::new(sentence));
    let fits = |text: &Option<Box<str>>| {
        text.as_ref()
            .is_none_or(|text| (1..=MAX_TEXT_LEN).contains(&text.len()))
    };
    if !(1..=MAX_TEXT_LEN).contains(&key.owner.len()) {
        return invalid("the owner of an API key must have 1 to 255 bytes");
    }
    if !fits(&key.tenant) || !fits(&key.label) {
        return invalid("a tenant or label of an API key must have 1 to 255 bytes");
    }
    if key.scopes.to_string().len() > MAX_SCOPES_LEN {
        return invalid("the scopes of an API key must have at most 4096 bytes");
    }
    if expires_at.is_some_and(|end| end <= now) {
        return invalid("an API key must end after it is issued");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::store::memory::MemoryKeyRing;

    #[test]
    fn a_key_is_issued_only_with_bounded_texts_and_time_to_live() {
        let (longest, longer) = ("a".repeat(255), "a".repeat(256));
        let alice = || NewApiKey::owned_by("alice");
        let scoped = |len| alice().with_scopes(Scopes::parse(&"s".repeat(len)));
        for (key, end, fits) in [
            (alice(), None, true),
            (alice(), Some(1_001), true),
            (alice(), Some(1_000), false),
            (alice(), Some(0), false),
            (NewApiKey::owned_by(""), None, false),
            (NewApiKey::owned_by(longest.as_str()), None, true),
            (NewApiKey::owned_by(longer.as_str()), None, false),
            (alice().with_label(longest.as_str()), None, true),
            (alice().with_label(longer.as_str()), None, false),
            (alice().with_tenant(""), None, false),
            (alice().with_tenant(longer.as_str()), None, false),
            (scoped(4_096), None, true),
            (scoped(4_097), None, false),
        ] {
            assert_eq!(checked(&key, end, 1_000).is_ok(), fits, "{key:?} {end:?}");
        }
    }

    #[tokio::test]
    async fn an_issued_key_keeps_what_was_said_and_hides_the_key() {
        let (ring, clock) = (MemoryKeyRing::default(), ManualClock::at(1_000));
        let asked = NewApiKey::owned_by("alice")
            .with_tenant("acme")
            .with_label("laptop")
            .with_scopes(Scopes::parse("a b"));
        let asked = asked.expiring_in(Duration::from_millis(60_999));
        let issued = asked.clone().issue(&ring, &clock).await.unwrap();
        let kept = ring.find(issued.record.id()).await.unwrap().unwrap();
        assert_eq!((kept.created_at(), kept.expires_at()), (1_000, Some(1_060)));
        assert_eq!(kept.principal().subject(), "alice");
        assert_eq!(kept.principal().tenant(), Some("acme"));
        assert_eq!(kept.label(), Some("laptop"));
        assert!(kept.scopes().contains("b"));
        assert!(kept.hash().matches(&KeyHash::of(issued.key.expose())));

        let shown = format!("{issued:?} {kept:?} {ring:?} {asked:?}");
        let secret = &issued.key.expose()[issued.key.expose().len() - 49..];
        assert!(!shown.contains(secret));
        assert!(!shown.contains(&format!("{:?}", kept.hash().as_bytes())));

        let full = asked.issue(&MemoryKeyRing::with_capacity(0), &clock).await;
        assert!(matches!(full.unwrap_err(), IssueError::Store(_)));
    }
}
