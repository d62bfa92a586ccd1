//! What is kept of a family of refresh tokens: never a token.

use std::fmt;

use super::family_id::FamilyId;
use super::refresh_families::FamilyOwner;
use crate::identity::Scopes;

/// One login that lives on by refresh tokens, as a [`RefreshFamilies`](super::RefreshFamilies)
/// keeps it. Only `generation`, `rotated_at`, `idle_ends_at` and `revoked_at` ever change. Moments
/// are seconds since the Unix epoch.
///
/// Its `Debug` shows neither the salt nor the details.
#[derive(Clone, PartialEq, Eq)]
pub struct Family {
    id: FamilyId,
    salt: [u8; 32],
    issuer: Box<str>,
    subject: Box<str>,
    client: Box<str>,
    scopes: Scopes,
    bound_key: Option<[u8; 32]>,
    details: Box<str>,
    generation: u32,
    created_at: u64,
    rotated_at: u64,
    idle_ends_at: u64,
    ends_at: u64,
    revoked_at: Option<u64>,
}

impl Family {
    /// The generation of the first token.
    pub const FIRST: u32 = 1;

    /// The family `id` of `owner`, begun at `created_at` by the application `client`. `salt` is
    /// random; it goes into each token, so that a stolen server key alone makes none.
    ///
    /// It has ended already until [`with_ends`](Self::with_ends) says otherwise.
    #[must_use]
    pub fn new(
        id: FamilyId,
        salt: [u8; 32],
        owner: FamilyOwner<'_>,
        client: impl Into<Box<str>>,
        created_at: u64,
    ) -> Self {
        Self {
            id,
            salt,
            issuer: owner.issuer().into(),
            subject: owner.subject().into(),
            client: client.into(),
            scopes: Scopes::default(),
            bound_key: None,
            details: Box::default(),
            generation: Self::FIRST,
            created_at,
            rotated_at: created_at,
            idle_ends_at: created_at,
            ends_at: created_at,
            revoked_at: None,
        }
    }

    /// Has the family end at `idle_ends_at` unless it is used before, and at `ends_at` in any case.
    #[must_use]
    pub fn with_ends(mut self, idle_ends_at: u64, ends_at: u64) -> Self {
        self.idle_ends_at = idle_ends_at;
        self.ends_at = ends_at;
        self
    }

    /// Says what the tokens of the family may at most be used for.
    #[must_use]
    pub fn with_scopes(mut self, scopes: Scopes) -> Self {
        self.scopes = scopes;
        self
    }

    /// Binds the family to the key with this thumbprint (RFC 9449, section 5).
    #[must_use]
    pub fn with_bound_key(mut self, thumbprint: [u8; 32]) -> Self {
        self.bound_key = Some(thumbprint);
        self
    }

    /// Keeps what the issuer of the tokens wants to find again; engines do not look at it.
    #[must_use]
    pub fn with_details(mut self, details: impl Into<Box<str>>) -> Self {
        self.details = details.into();
        self
    }

    /// The family after a rotation: for engines.
    #[must_use]
    pub fn with_rotation(mut self, generation: u32, rotated_at: u64, idle_ends_at: u64) -> Self {
        self.generation = generation;
        self.rotated_at = rotated_at;
        self.idle_ends_at = idle_ends_at;
        self
    }

    /// Withdraws the family; a moment that stands already stays.
    #[must_use]
    pub fn with_revocation(mut self, at: u64) -> Self {
        self.revoked_at.get_or_insert(at);
        self
    }

    /// The name of the family.
    #[must_use]
    pub fn id(&self) -> FamilyId {
        self.id
    }

    /// What goes into each token besides the server's key.
    #[must_use]
    pub fn salt(&self) -> &[u8; 32] {
        &self.salt
    }

    /// Whose family it is.
    #[must_use]
    pub fn owner(&self) -> FamilyOwner<'_> {
        FamilyOwner::new(&self.issuer, &self.subject)
    }

    /// The application that the tokens were given to.
    #[must_use]
    pub fn client(&self) -> &str {
        &self.client
    }

    /// What the tokens may at most be used for.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// The thumbprint of the key that the tokens are bound to.
    #[must_use]
    pub fn bound_key(&self) -> Option<&[u8; 32]> {
        self.bound_key.as_ref()
    }

    /// What the issuer of the tokens has kept.
    #[must_use]
    pub fn details(&self) -> &str {
        &self.details
    }

    /// The generation of the token that is good now.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// When the family was begun: the login.
    #[must_use]
    pub fn created_at(&self) -> u64 {
        self.created_at
    }

    /// When the family was last rotated, or begun.
    #[must_use]
    pub fn rotated_at(&self) -> u64 {
        self.rotated_at
    }

    /// The first moment at which the family has ended for want of use.
    #[must_use]
    pub fn idle_ends_at(&self) -> u64 {
        self.idle_ends_at
    }

    /// The first moment at which the family has ended in any case.
    #[must_use]
    pub fn ends_at(&self) -> u64 {
        self.ends_at
    }

    /// When the family was withdrawn, if it was.
    #[must_use]
    pub fn revoked_at(&self) -> Option<u64> {
        self.revoked_at
    }

    /// Whether the family was withdrawn, at whatever moment.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.revoked_at.is_some()
    }

    /// Whether the family has ended at the moment `now`, for want of use or in any case.
    #[must_use]
    pub fn is_expired(&self, now: u64) -> bool {
        now >= self.idle_ends_at || now >= self.ends_at
    }

    /// Whether the family was withdrawn at `moment` or before, or has ended by then.
    #[must_use]
    pub fn is_dead_since(&self, moment: u64) -> bool {
        self.revoked_at.is_some_and(|at| at <= moment) || self.is_expired(moment)
    }
}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family")
            .field("id", &self.id)
            .field("owner", &self.owner())
            .field("client", &self.client)
            .field("scopes", &self.scopes)
            .field("is_bound", &self.bound_key.is_some())
            .field("generation", &self.generation)
            .field("created_at", &self.created_at)
            .field("rotated_at", &self.rotated_at)
            .field("idle_ends_at", &self.idle_ends_at)
            .field("ends_at", &self.ends_at)
            .field("revoked_at", &self.revoked_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_ends_at_the_earlier_of_its_ends_and_shows_no_salt() {
        let owner = FamilyOwner::new("https://id.example", "alice");
        let family = Family::new(FamilyId::from([1; 16]), [250; 32], owner, "web", 10);
        assert!(family.is_expired(10)); // until it is said when it ends
        for (idle, end) in [(20, 30), (30, 20), (20, 20)] {
            let family = family.clone().with_ends(idle, end);
            assert!(!family.is_expired(19) && family.is_expired(20));
            assert!(!family.is_dead_since(19) && family.is_dead_since(20));
        }
        let revoked = family.with_ends(90, 90).with_revocation(20);
        let revoked = revoked.with_revocation(30).with_details("{\"plan\":1}");
        assert_eq!(revoked.revoked_at(), Some(20));
        assert!(!revoked.is_dead_since(19) && revoked.is_dead_since(20));
        let shown = format!("{revoked:?}");
        assert!(!shown.contains("250") && !shown.contains("plan"), "{shown}");
    }
}
