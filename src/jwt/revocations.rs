//! Tokens that are taken back before they expire.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::fault::Fault;
use super::guard::RequireJwt;
use super::key_source::Refused;
use crate::clock::{Clock, SystemClock};
use crate::config::ConfigError;
use crate::identity::Principal;
use crate::store::memory::MemoryRevocationMarks;
use crate::store::{RevocationMarks, SeenKey, StoreError};

/// How many revocations an own memory holds.
const IN_MEMORY: usize = 100_000;

/// Beyond the longest life of a token, in seconds: what a leeway may add to it.
const SLACK: u64 = 300;

/// The tokens that were taken back: one by its id, all of a subject, all of an issuer. A handle for
/// [`RequireJwt::with_revocations`] and for whoever revokes; clones share the store.
///
/// ```
/// use portcullis::jwt::{RequireJwt, Revocations, VerifyingKey};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let revocations = Revocations::in_memory();
/// let key = VerifyingKey::hs256([7; 32])?;
/// let guard = RequireJwt::new("https://id.example", "articles", key)?
///     .with_revocations(revocations.clone());
///
/// // When alice changes her password, whatever was issued to her until now opens nothing more.
/// revocations.revoke_subject("https://id.example", "alice").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Revocations {
    store: Arc<dyn RevocationMarks>,
    longest: u64,
    clock: Arc<dyn Clock>,
}

/// What the revocations of one token would be kept under: those of its issuer, its subject, and,
/// if it has an id, itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    all: [SeenKey; 3],
    count: usize,
}

impl RequireJwt {
    /// Refuses tokens that were taken back, and asks about each request with a token, kept or not.
    /// A store that is down refuses (503).
    #[must_use]
    pub fn with_revocations(mut self, revocations: Revocations) -> Self {
        self.revocations = Some(revocations);
        self
    }
}

impl Revocations {
    /// Revocations of this process, up to 100,000 at a time, which end with it.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::in_store(MemoryRevocationMarks::with_capacity(IN_MEMORY))
    }

    /// Revocations that `store` keeps.
    #[must_use]
    pub fn in_store(store: impl RevocationMarks) -> Self {
        Self {
            store: Arc::new(store),
            longest: 24 * 60 * 60,
            clock: Arc::new(SystemClock),
        }
    }

    /// Remembers each revocation for as long as a token may live, which is `lifetime`, in whole
    /// seconds (default: 24 hours). An older token is refused, since its revocation may have been
    /// forgotten.
    ///
    /// # Errors
    /// [`ConfigError`] if `lifetime` is less than a second or more than 400 days.
    pub fn with_longest_lifetime(mut self, lifetime: Duration) -> Result<Self, ConfigError> {
        if !(Duration::from_secs(1)..=Duration::from_hours(400 * 24)).contains(&lifetime) {
            return Err(ConfigError::new(
                "the longest life of a token has to be from one second to 400 days: give what your \
                 issuer gives its tokens at most",
            ));
        }
        self.longest = lifetime.as_secs();
        Ok(self)
    }

    /// Reads the time from `clock` (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Takes one token back: that of `issuer` with this id (`jti`).
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot say that it has kept it; try again.
    pub async fn revoke_token(&self, issuer: &str, jti: &str) -> Result<(), StoreError> {
        self.mark(mark("jti", issuer, jti), u64::MAX).await
    }

    /// Takes all tokens of `subject` back that `issuer` has issued until now, by the issuer's clock
    /// and to the second: those of this very second too.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot say that it has kept it; try again.
    pub async fn revoke_subject(&self, issuer: &str, subject: &str) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.mark(mark("sub", issuer, subject), now).await
    }

    /// Takes all tokens back that `issuer` has issued at `moment` or before, in seconds since the
    /// Unix epoch: after a leak, or to end every session.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot say that it has kept it; try again.
    pub async fn revoke_all_before(&self, issuer: &str, moment: u64) -> Result<(), StoreError> {
        self.mark(mark("iss", issuer, ""), moment).await
    }

    async fn mark(&self, mark: SeenKey, issued: u64) -> Result<(), StoreError> {
        let now = self.clock.now();
        let until = now.saturating_add(self.longest).saturating_add(SLACK);
        self.store.revoke(mark, issued, until, now).await
    }

    /// Whether a token with these marks stands at `now`.
    pub(super) async fn judge(
        &self,
        marks: &Marks,
        issued_at: Option<u64>,
        now: u64,
    ) -> Result<(), Refused> {
        // One that does not say when it was issued may be of any age.
        let issued_at = issued_at.unwrap_or(0);
        if now > issued_at.saturating_add(self.longest).saturating_add(SLACK) {
            return Err(Fault::TOO_OLD.into());
        }
        let marks = marks.all.get(..marks.count).unwrap_or(&marks.all);
        match self.store.latest(marks, now).await {
            Ok(Some(revoked)) if issued_at <= revoked => Err(Fault::REVOKED.into()),
            Ok(_) => Ok(()),
            Err(error) => Err(Refused::Store(error)),
        }
    }
}

impl Marks {
    pub(super) fn of(caller: &Principal) -> Self {
        let issuer = caller.issuer().unwrap_or_default();
        let id = caller.credential().id();
        Self {
            all: [
                mark("iss", issuer, ""),
                mark("sub", issuer, caller.subject()),
                mark("jti", issuer, id.unwrap_or_default()),
            ],
            count: if id.is_some() { 3 } else { 2 },
        }
    }
}

/// A digest, so that it has a fixed size and tells nobody anything. Names cannot run into each
/// other: each is led by its length.
fn mark(what: &str, issuer: &str, name: &str) -> SeenKey {
    let mut digest = Sha256::new_with_prefix(b"portcullis revocation\0");
    for part in [what, issuer, name] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocations")
            .field("store", &self.store)
            .field("longest", &self.longest)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_run_into_each_other() {
        let marks = [
            mark("sub", "ab", "c"),
            mark("sub", "a", "bc"),
            mark("jti", "ab", "c"),
            mark("iss", "abc", ""),
            mark("sub", "", "abc"),
        ];
        let distinct: std::collections::HashSet<_> = marks.into();
        assert_eq!(distinct.len(), marks.len());
    }

    #[tokio::test]
    async fn a_token_is_refused_that_is_older_than_revocations_are_remembered() {
        let revocations = Revocations::in_memory()
            .with_longest_lifetime(Duration::from_secs(100))
            .unwrap();
        let marks = Marks::of(&Principal::new("alice").with_issuer("i"));
        for (issued, stands) in [
            (Some(1_000), true),
            (Some(600), true),
            (Some(599), false),
            (None, false),
        ] {
            let verdict = revocations.judge(&marks, issued, 1_000).await;
            assert_eq!(verdict.is_ok(), stands, "{issued:?}");
        }
        for lifetime in [Duration::from_millis(999), Duration::from_hours(9601)] {
            let refused = Revocations::in_memory().with_longest_lifetime(lifetime);
            assert!(refused.is_err(), "{lifetime:?}");
        }
    }
}
