//! What is asked of a new key.

use std::time::Duration;

use super::format::KeyFormat;
use super::hasher::KeyHasher;
use crate::config::ConfigError;
use crate::identity::{Allowance, Networks, Scopes};
use crate::store::{KeyHash, KeyId, KeyRecord};

/// The longest owner, tenant and label of a key in bytes, since they may come from its owner.
const MAX_TEXT_LEN: usize = 255;
/// The longest list of scopes in bytes.
const MAX_SCOPES_LEN: usize = 4_096;

/// An API key to be issued. When it ends must be said, in the last step, before it can be:
/// [`expiring_in`](Self::expiring_in), [`expiring_at`](Self::expiring_at) or
/// [`never_expiring`](Self::never_expiring).
#[derive(Clone, Debug)]
pub struct NewApiKey {
    pub(super) format: KeyFormat,
    pub(super) hasher: KeyHasher,
    owner: Box<str>,
    tenant: Option<Box<str>>,
    label: Option<Box<str>>,
    scopes: Scopes,
    networks: Networks,
    allowance: Option<Allowance>,
    not_before: Option<u64>,
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
            hasher: KeyHasher::default(),
            owner: owner.into(),
            tenant: None,
            label: None,
            scopes: Scopes::default(),
            networks: Networks::default(),
            allowance: None,
            not_before: None,
        }
    }

    /// Begins the key with `prefix` (default: `key`), which tells its environment.
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

    /// Has the key be good in these networks alone, as `203.0.113.0/24` or `2001:db8::/32`
    /// (default: in all). The guard reads the [`ClientAddr`]; if nobody has left it, a request with
    /// such a key is answered with 500.
    ///
    /// [`ClientAddr`]: crate::identity::ClientAddr
    ///
    /// # Errors
    /// [`ConfigError`] if one of them is no network, or there are none or more than 32.
    pub fn with_networks<N: AsRef<str>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, ConfigError> {
        self.networks = Networks::of(names)?;
        Ok(self)
    }

    /// Gives the key a quota of its own, for a `RateLimit` with allowances.
    #[must_use]
    pub fn with_allowance(mut self, allowance: Allowance) -> Self {
        self.allowance = Some(allowance);
        self
    }

    /// Has the key be refused before `moment`, in seconds since the Unix epoch.
    #[must_use]
    pub fn with_not_before(mut self, moment: u64) -> Self {
        self.not_before = Some(moment);
        self
    }

    /// Hashes the key with `hasher` (default: plain SHA-256). It must be that of the guards.
    #[must_use]
    pub fn with_hasher(mut self, hasher: KeyHasher) -> Self {
        self.hasher = hasher;
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

    /// The record of the key, if it can be as it was asked for.
    pub(super) fn record(
        self,
        id: KeyId,
        hash: KeyHash,
        now: u64,
        expires_at: Option<u64>,
    ) -> KeyRecord {
        let mut record = KeyRecord::new(id, hash, self.owner, now, expires_at)
            .with_prefix(self.format.prefix())
            .with_scopes(self.scopes)
            .with_networks(self.networks);
        if let Some(tenant) = self.tenant {
            record = record.with_tenant(tenant);
        }
        if let Some(label) = self.label {
            record = record.with_label(label);
        }
        if let Some(allowance) = self.allowance {
            record = record.with_allowance(allowance);
        }
        match self.not_before {
            Some(moment) => record.with_not_before(moment),
            None => record,
        }
    }

    /// Whether a key can be as it was asked for.
    pub(super) fn checked(&self, expires_at: Option<u64>, now: u64) -> Result<(), ConfigError> {
        let invalid = |sentence: &str| Err(ConfigError::new(sentence));
        let fits = |text: &Option<Box<str>>| {
            text.as_ref()
                .is_none_or(|text| (1..=MAX_TEXT_LEN).contains(&text.len()))
        };
        if !(1..=MAX_TEXT_LEN).contains(&self.owner.len()) {
            return invalid("the owner of an API key must have 1 to 255 bytes");
        }
        if !fits(&self.tenant) || !fits(&self.label) {
            return invalid("a tenant or label of an API key must have 1 to 255 bytes");
        }
        if self.scopes.to_string().len() > MAX_SCOPES_LEN {
            return invalid("the scopes of an API key must have at most 4096 bytes");
        }
        let start = self.not_before.unwrap_or(now).max(now);
        if expires_at.is_some_and(|end| end <= start) {
            return invalid("an API key must end after it is issued, and after it begins");
        }
        Ok(())
    }
}

/// An API key to be issued, of which it is known when it ends; see [`NewApiKey`].
#[derive(Clone, Debug)]
pub struct DatedApiKey {
    pub(super) key: NewApiKey,
    pub(super) end: End,
}

/// When a key ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    In(Duration),
    At(u64),
    Never,
}

impl End {
    pub(super) fn moment(self, now: u64) -> Option<u64> {
        match self {
            Self::In(lifetime) => Some(now.saturating_add(lifetime.as_secs())),
            Self::At(moment) => Some(moment),
            Self::Never => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            (alice().with_not_before(2_000), Some(2_001), true),
            (alice().with_not_before(2_000), Some(2_000), false),
            (scoped(4_096), None, true),
            (scoped(4_097), None, false),
        ] {
            assert_eq!(key.checked(end, 1_000).is_ok(), fits, "{key:?} {end:?}");
        }
    }
}
