//! Tokens by method, for handlers of the author's own.

use std::sync::Arc;

use super::error::TokenError;
use super::login::Renewal;
use super::pair::TokenPair;
use super::service::TokenService;
use crate::identity::Scopes;
use crate::jwt::Grant;
use crate::secret::Secret;
use crate::session::{GivenToken, NewFamily, Presented};
use crate::store::{Family, FamilyId, FamilyOwner, StoreError};

impl TokenService {
    /// Gives the first pair of a login out. Call it after a login alone: its moment is now, unless
    /// the grant says otherwise (`auth_time`). A grant that is bound to a key binds the refresh
    /// token as well; the application is the grant's, or else the issuer itself.
    ///
    /// # Errors
    /// [`TokenError`] if a token cannot be made or kept. Nobody has one then.
    pub async fn issue(&self, grant: &Grant) -> Result<TokenPair, TokenError> {
        let client = self.client_or_own(grant.client()).to_owned();
        let mut grant = grant.clone().with_client(client.as_str());
        if grant.auth_time().is_none() {
            grant = grant.with_auth_time(self.tokens.now());
        }
        let owner = self.owner(grant.subject());
        let mut family = NewFamily::of(owner, &client)
            .with_scopes(grant.scopes().clone())
            .with_details(grant.to_details());
        if let Some(key) = grant.bound_key() {
            family = family.with_bound_key(key);
        }
        // What cannot be signed leaves no family behind.
        let access_token = self.issuer.issue(&grant)?;
        let given = self.tokens.begin(family).await?;
        Ok(self.pair(access_token, &grant, given))
    }

    /// Takes a refresh token and gives the next pair out; see
    /// [`RefreshTokens::rotate`](crate::session::RefreshTokens::rotate). Untrusted text is fine.
    ///
    /// # Errors
    /// [`TokenError`]. If the store cannot answer, the same token may be shown again.
    pub async fn refresh(
        &self,
        refresh_token: &str,
        presented: Presented<'_>,
    ) -> Result<TokenPair, TokenError> {
        let presented = presented.with_issuer(self.issuer.name());
        let key = presented.key().copied();
        let make = |family, scopes| self.renewed(family, scopes, key);
        let next = self.tokens.rotate_with(refresh_token, &presented, make);
        let (given, (access_token, grant)) = next.await?;
        Ok(self.pair(access_token, &grant, given))
    }

    /// Ends the login of `refresh_token`, whichever of its tokens that is, if it was given to
    /// `client` (default: the issuer itself). The family is told if this call revoked it; anything
    /// else changes nothing, and is no error (RFC 7009).
    ///
    /// # Errors
    /// [`TokenError`] if the store cannot answer: the token may still be good then.
    pub async fn revoke(
        &self,
        refresh_token: &str,
        client: Option<&str>,
    ) -> Result<Option<Arc<Family>>, TokenError> {
        let presented = Presented::by(self.client_or_own(client)).with_issuer(self.issuer.name());
        Ok(self.tokens.revoke(refresh_token, presented).await?)
    }

    /// Ends all logins of `subject`, and tells how many that were. Access tokens that were given
    /// out are good until they expire, unless there are
    /// [revocations](Self::with_revocations).
    ///
    /// # Errors
    /// [`StoreError`] if a store cannot answer; ask again.
    pub async fn revoke_subject(&self, subject: &str) -> Result<u64, StoreError> {
        let ended = self.tokens.revoke_owner(self.owner(subject)).await?;
        if let Some(revocations) = &self.revocations {
            let issuer = self.issuer.name();
            revocations.revoke_subject(issuer, subject).await?;
        }
        Ok(ended)
    }

    /// The logins of `subject`, a page at a time, from the id `after` on: the page "my sessions".
    /// Those that are over are among them.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot answer.
    pub async fn sessions(
        &self,
        subject: &str,
        after: Option<FamilyId>,
    ) -> Result<Vec<Arc<Family>>, StoreError> {
        self.tokens.list(self.owner(subject), after).await
    }

    /// Ends the login `id` if it is one of `subject`'s. `false` if it is not, or has been ended.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot answer.
    pub async fn revoke_session(&self, subject: &str, id: FamilyId) -> Result<bool, StoreError> {
        self.tokens.revoke_family(self.owner(subject), id).await
    }

    /// The application `client`, or else the one that stands for none: the issuer itself.
    pub(super) fn client_or_own<'a>(&'a self, client: Option<&'a str>) -> &'a str {
        client.unwrap_or(self.issuer.name())
    }

    fn owner<'a>(&'a self, subject: &'a str) -> FamilyOwner<'a> {
        FamilyOwner::new(self.issuer.name(), subject)
    }

    /// The next access token, saying what the author's function wants it to say.
    async fn renewed(
        &self,
        family: Arc<Family>,
        wanted: Scopes,
        key: Option<[u8; 32]>,
    ) -> Result<(Secret<String>, Grant), TokenError> {
        let grant = self.renewed_grant(&family).await?;
        // Never more than the login granted, than was asked for, and than there is now.
        let scopes = Scopes::of(wanted.iter().filter(|name| grant.scopes().contains(name)));
        let mut grant = grant
            .with_client(family.client())
            .with_scopes(scopes.unwrap_or_default());
        if let Some(key) = family.bound_key().copied().or(key) {
            grant = grant.with_bound_key(key);
        }
        Ok((self.issuer.issue(&grant)?, grant))
    }

    async fn renewed_grant(&self, family: &Arc<Family>) -> Result<Grant, TokenError> {
        let (owner, family) = (family.owner(), Arc::clone(family));
        let scopes = family.scopes().clone();
        let grant = Grant::of_details(owner.subject(), family.client(), scopes, family.details());
        let grant = grant.ok_or(TokenError::Grant)?;
        let Some(renew) = &self.renewal else {
            return Ok(grant);
        };
        let renewal = Renewal {
            family: Arc::clone(&family),
            grant,
        };
        match renew(renewal).await.map_err(TokenError::Own)? {
            Some(grant) if grant.subject() == owner.subject() => Ok(grant),
            Some(_) => Err(TokenError::Grant),
            None => {
                self.tokens.revoke_family(owner, family.id()).await?;
                Err(TokenError::NotRenewed { family })
            }
        }
    }

    fn pair(&self, access_token: Secret<String>, grant: &Grant, given: GivenToken) -> TokenPair {
        TokenPair {
            access_token,
            token_type: grant.bound_key().map_or("Bearer", |_| "DPoP"),
            expires_in: self.issuer.lifetime().as_secs(),
            refresh_token: given.token,
            refresh_expires_in: given.expires_in,
            scopes: grant.scopes().clone(),
            family: given.family,
        }
    }
}
