//! Ends logins, and lists them.

use std::sync::Arc;

use super::family::Presented;
use super::refresh_tokens::RefreshTokens;
use super::refusal::RefreshError;
use super::{rule, token};
use crate::store::{Family, FamilyId, FamilyOwner, RefreshFamilies, StoreError};

impl RefreshTokens {
    /// Revokes the family of `token`, whichever generation it is of, if it was given to whoever
    /// `presented` it; a key need not be shown. The family is told if it was this call that revoked
    /// it; whoever shows something else changes nothing, and that is no error (RFC 7009).
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot answer: the token may still be good then.
    pub async fn revoke(
        &self,
        token: &str,
        presented: Presented<'_>,
    ) -> Result<Option<Arc<Family>>, StoreError> {
        let Ok(sealed) = token::read(&self.keys, token) else {
            return Ok(None);
        };
        let family = match self.family_of(&sealed).await {
            Ok(family) => family,
            Err(RefreshError::Store(error)) => return Err(error),
            Err(_) => return Ok(None),
        };
        if rule::is_theirs(&family, presented.issuer, presented.client).is_err() {
            return Ok(None);
        }
        let first = self.families.revoke(sealed.id, self.clock.now()).await?;
        Ok(first.then_some(family))
    }

    /// Revokes the family `id` if it is one of `owner`'s: one of a user's sessions. `false` if it
    /// is not, or was revoked before.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot answer.
    pub async fn revoke_family(
        &self,
        owner: FamilyOwner<'_>,
        id: FamilyId,
    ) -> Result<bool, StoreError> {
        match self.families.find(id).await? {
            Some(family) if family.owner() == owner => {
                self.families.revoke(id, self.clock.now()).await
            }
            _ => Ok(false),
        }
    }

    /// Revokes every family of `owner` (after a change of the password, a lost device), and tells
    /// how many that were. Access tokens that were given out are good until they expire.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot answer.
    pub async fn revoke_owner(&self, owner: FamilyOwner<'_>) -> Result<u64, StoreError> {
        self.families.revoke_owner(owner, self.clock.now()).await
    }

    /// The families of `owner` from the id `after` on: a user's sessions, a page at a time (see
    /// [`RefreshFamilies::list`]). Those that are over are among them.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot answer.
    pub async fn list(
        &self,
        owner: FamilyOwner<'_>,
        after: Option<FamilyId>,
    ) -> Result<Vec<Arc<Family>>, StoreError> {
        self.families.list(owner, after).await
    }
}
