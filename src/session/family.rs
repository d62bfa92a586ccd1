//! A login that is to live on, and how its tokens are shown and given.

use std::sync::Arc;

use crate::config::ConfigError;
use crate::identity::Scopes;
use crate::secret::Secret;
use crate::store::{Family, FamilyOwner};

/// The longest issuer, subject and client in bytes.
const MAX_NAME_LEN: usize = 255;
/// The longest list of scopes in bytes.
const MAX_SCOPES_LEN: usize = 4_096;
/// The longest details in bytes.
const MAX_DETAILS_LEN: usize = 8_192;

/// A family of refresh tokens to be begun, after a login.
#[derive(Clone, Debug)]
pub struct NewFamily<'a> {
    pub(super) owner: FamilyOwner<'a>,
    pub(super) client: &'a str,
    pub(super) scopes: Scopes,
    pub(super) bound_key: Option<[u8; 32]>,
    pub(super) details: Box<str>,
}

impl<'a> NewFamily<'a> {
    /// A family of `owner`, in the hands of the application `client`.
    #[must_use]
    pub fn of(owner: FamilyOwner<'a>, client: &'a str) -> Self {
        Self {
            owner,
            client,
            scopes: Scopes::default(),
            bound_key: None,
            details: Box::default(),
        }
    }

    /// Says what the login is good for (default: nothing that needs a scope).
    #[must_use]
    pub fn with_scopes(mut self, scopes: Scopes) -> Self {
        self.scopes = scopes;
        self
    }

    /// Binds the tokens to the key with this thumbprint, of which the caller must have shown
    /// proof (RFC 9449, section 5).
    #[must_use]
    pub fn with_bound_key(mut self, thumbprint: [u8; 32]) -> Self {
        self.bound_key = Some(thumbprint);
        self
    }

    /// Keeps what is to be found again at each refresh. It is stored as it is.
    #[must_use]
    pub fn with_details(mut self, details: impl Into<Box<str>>) -> Self {
        self.details = details.into();
        self
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let names = [self.owner.issuer(), self.owner.subject(), self.client];
        if names
            .iter()
            .any(|name| !(1..=MAX_NAME_LEN).contains(&name.len()))
        {
            return Err(ConfigError::new(
                "issuer, subject and client of a refresh token must have 1 to 255 bytes",
            ));
        }
        if self.scopes.to_string().len() > MAX_SCOPES_LEN {
            return Err(ConfigError::new(
                "the scopes of a refresh token must have at most 4096 bytes",
            ));
        }
        if self.details.len() > MAX_DETAILS_LEN {
            return Err(ConfigError::new(
                "what is kept with a refresh token must have at most 8192 bytes",
            ));
        }
        Ok(())
    }
}

/// What comes with a refresh token that is shown.
#[derive(Clone, Debug)]
pub struct Presented<'a> {
    pub(super) issuer: Option<&'a str>,
    pub(super) client: &'a str,
    pub(super) key: Option<[u8; 32]>,
    pub(super) scopes: Option<Scopes>,
}

impl<'a> Presented<'a> {
    /// The token is shown by the application `client`.
    #[must_use]
    pub fn by(client: &'a str) -> Self {
        Self {
            issuer: None,
            client,
            key: None,
            scopes: None,
        }
    }

    /// The token is shown to the issuer `name`, and one of another that shares the store is none
    /// (default: of whichever issuer).
    #[must_use]
    pub fn with_issuer(mut self, name: &'a str) -> Self {
        self.issuer = Some(name);
        self
    }

    /// The caller has shown proof of the key with this thumbprint (a `DPoP` proof).
    #[must_use]
    pub fn with_key(mut self, thumbprint: [u8; 32]) -> Self {
        self.key = Some(thumbprint);
        self
    }

    /// The caller wants these scopes for now (default: all that were granted). The refresh token
    /// keeps all of them (RFC 6749, section 6).
    #[must_use]
    pub fn with_scopes(mut self, scopes: Scopes) -> Self {
        self.scopes = Some(scopes);
        self
    }

    /// The key of which the caller has shown proof.
    #[must_use]
    pub fn key(&self) -> Option<&[u8; 32]> {
        self.key.as_ref()
    }
}

/// A refresh token that was given out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GivenToken {
    /// The token. It is kept nowhere, and can be made again only while it is the newest.
    pub token: Secret<String>,
    /// The family, as it stands now.
    pub family: Arc<Family>,
    /// What the caller is to have for now: what they asked for, or all.
    pub scopes: Scopes,
    /// Seconds until the token has ended unless it is used.
    pub expires_in: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_has_bounded_texts() {
        let (longest, longer) = ("a".repeat(255), "a".repeat(256));
        let of = |issuer, subject, client| NewFamily::of(FamilyOwner::new(issuer, subject), client);
        let plain = || of("i", "s", "c");
        for (family, fits) in [
            (of(&longest, &longest, &longest), true),
            (of("", "s", "c"), false),
            (of("i", "", "c"), false),
            (of("i", "s", ""), false),
            (of(&longer, "s", "c"), false),
            (of("i", &longer, "c"), false),
            (of("i", "s", &longer), false),
            (plain().with_scopes(Scopes::parse(&"s".repeat(4_096))), true),
            (
                plain().with_scopes(Scopes::parse(&"s".repeat(4_097))),
                false,
            ),
            (plain().with_details("d".repeat(8_192)), true),
            (plain().with_details("d".repeat(8_193)), false),
        ] {
            assert_eq!(family.check().is_ok(), fits);
        }
    }
}
