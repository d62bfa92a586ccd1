//! The caller, as an authentication guard has established it.

use std::sync::Arc;

use super::allowance::Allowance;
use super::permissions::Permissions;
use super::scope::Scopes;

/// Who is calling, and how far that was proved. A handle: clones share one record.
///
/// As an extractor it answers 401 to a caller who is not known, and 500 if no authentication guard
/// stands before the handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(Arc<Record>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Record {
    subject: Box<str>,
    issuer: Option<Arc<str>>,
    tenant: Option<Box<str>>,
    credential: Credential,
    scopes: Scopes,
    permissions: Permissions,
    auth_time: Option<u64>,
    acr: Option<Box<str>>,
    amr: Box<[Box<str>]>,
    allowance: Option<Allowance>,
}

/// What the caller showed to prove who they are. The ids are names, not secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// An access token; `id` is its `jti`.
    Token {
        /// The token's own id, if it has one.
        id: Option<Box<str>>,
    },
    /// An API key.
    ApiKey {
        /// The public id of the key.
        id: Box<str>,
    },
    /// Something that a guard of the author's own understands.
    #[default]
    Other,
}

impl Credential {
    /// The kind of credential, in one word for logs.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Token { .. } => "token",
            Self::ApiKey { .. } => "api_key",
            Self::Other => "other",
        }
    }

    /// The authentication scheme on which a caller who showed this is challenged (RFC 9110,
    /// section 11.1).
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        match self {
            Self::Token { .. } | Self::Other => "Bearer",
            Self::ApiKey { .. } => "ApiKey",
        }
    }

    /// The public id of the credential, if it has one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Token { id } => id.as_deref(),
            Self::ApiKey { id } => Some(id),
            Self::Other => None,
        }
    }
}

impl Record {
    fn named(subject: Box<str>) -> Self {
        Self {
            subject,
            issuer: None,
            tenant: None,
            credential: Credential::Other,
            scopes: Scopes::default(),
            permissions: Permissions::default(),
            auth_time: None,
            acr: None,
            amr: Box::default(),
            allowance: None,
        }
    }
}

impl Principal {
    /// A caller known by `subject`, with no scopes, whose moment of login is not known.
    #[must_use]
    pub fn new(subject: impl Into<Box<str>>) -> Self {
        Self(Arc::new(Record::named(subject.into())))
    }

    /// Names who vouches for the caller. A subject is unique only within its issuer.
    #[must_use]
    pub fn with_issuer(self, issuer: impl Into<Arc<str>>) -> Self {
        self.altered(|record| record.issuer = Some(issuer.into()))
    }

    /// Names the customer on whose behalf the caller acts.
    #[must_use]
    pub fn with_tenant(self, tenant: impl Into<Box<str>>) -> Self {
        self.altered(|record| record.tenant = Some(tenant.into()))
    }

    /// Says what the caller showed.
    #[must_use]
    pub fn with_credential(self, credential: Credential) -> Self {
        self.altered(|record| record.credential = credential)
    }

    /// Grants scopes.
    #[must_use]
    pub fn with_scopes(self, scopes: Scopes) -> Self {
        self.altered(|record| record.scopes = scopes)
    }

    /// Grants permissions, roles or groups.
    #[must_use]
    pub fn with_permissions(self, permissions: Permissions) -> Self {
        self.altered(|record| record.permissions = permissions)
    }

    /// Says when the caller last proved who they are, in seconds since the Unix epoch.
    #[must_use]
    pub fn with_auth_time(self, seconds: u64) -> Self {
        self.altered(|record| record.auth_time = Some(seconds))
    }

    /// Says how well the login was assured (`acr`, `OpenID` Connect Core, section 2).
    #[must_use]
    pub fn with_acr(self, acr: impl Into<Box<str>>) -> Self {
        self.altered(|record| record.acr = Some(acr.into()))
    }

    /// Says by what means the caller logged in (`amr`, RFC 8176).
    #[must_use]
    pub fn with_amr<N: Into<Box<str>>>(self, methods: impl IntoIterator<Item = N>) -> Self {
        self.altered(|record| record.amr = methods.into_iter().map(Into::into).collect())
    }

    /// Says how much the credential may be used, for rate limits that ask.
    #[must_use]
    pub fn with_allowance(self, allowance: Allowance) -> Self {
        self.altered(|record| record.allowance = Some(allowance))
    }

    /// Stable identifier of the caller, unique within the issuer.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Who vouches for the caller.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.0.issuer.as_deref()
    }

    /// The customer on whose behalf the caller acts.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.0.tenant.as_deref()
    }

    /// What the caller showed.
    #[must_use]
    pub fn credential(&self) -> &Credential {
        &self.0.credential
    }

    /// What the credential may be used for.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.0.scopes
    }

    /// What the caller may do, in the words of whoever vouches for them.
    #[must_use]
    pub fn permissions(&self) -> &Permissions {
        &self.0.permissions
    }

    /// When the caller last proved who they are, in seconds since the Unix epoch.
    #[must_use]
    pub fn auth_time(&self) -> Option<u64> {
        self.0.auth_time
    }

    /// How well the login was assured.
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.0.acr.as_deref()
    }

    /// By what means the caller logged in.
    pub fn amr(&self) -> impl Iterator<Item = &str> {
        self.0.amr.iter().map(AsRef::as_ref)
    }

    /// How much the credential may be used, if it says so itself.
    #[must_use]
    pub fn allowance(&self) -> Option<Allowance> {
        self.0.allowance
    }

    /// Several changes at once, for those who have all of them at hand.
    #[cfg(feature = "jwt")]
    #[must_use]
    pub(crate) fn of_token(
        subject: &str,
        issuer: &Arc<str>,
        id: Option<&str>,
        scopes: Scopes,
    ) -> Self {
        Self(Arc::new(Record {
            issuer: Some(Arc::clone(issuer)),
            credential: Credential::Token {
                id: id.map(Into::into),
            },
            scopes,
            ..Record::named(subject.into())
        }))
    }

    /// Copies the record only if it is shared.
    fn altered(mut self, change: impl FnOnce(&mut Record)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changing_a_shared_principal_leaves_the_other_alone() {
        let alice = Principal::new("alice");
        let scoped = alice.clone().with_scopes(Scopes::parse("a"));
        assert!(alice.scopes().is_empty());
        assert!(scoped.scopes().contains("a"));
    }

    #[test]
    fn the_same_subject_of_two_issuers_is_two_callers() {
        let one = Principal::new("7").with_issuer("https://a.example");
        let other = Principal::new("7").with_issuer("https://b.example");
        assert_ne!(one, other);
    }
}
