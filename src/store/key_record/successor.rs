//! The record of a key that takes the place of another.

use super::KeyRecord;
use crate::identity::Credential;
use crate::store::{KeyHash, KeyId};

impl KeyRecord {
    /// The key `id` with the same grants, in the place of this one. It has not been used yet.
    /// No field is left to a default, so that no grant or restriction is lost on the way.
    #[must_use]
    pub fn successor(
        &self,
        id: KeyId,
        hash: KeyHash,
        created_at: u64,
        expires_at: Option<u64>,
    ) -> Self {
        let credential = Credential::ApiKey {
            id: id.as_str().into(),
        };
        Self {
            id,
            hash,
            principal: self.principal.clone().with_credential(credential),
            prefix: self.prefix.clone(),
            label: self.label.clone(),
            networks: self.networks.clone(),
            created_at,
            not_before: self.not_before,
            expires_at,
            revoked_at: None,
            last_used_at: None,
            supersedes: Some(self.id),
            replaced_by: None,
        }
    }
}
