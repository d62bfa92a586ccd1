//! The resource: what it says of itself, and the guard that has challenges name it.

use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use serde_json::Value;
use tower_layer::Layer;

use super::identifier::{Reach, WellKnown};
use super::members::Members;
use crate::config::ConfigError;
use crate::guard::{Demand, Guard, GuardService, Pass, Place, Stop};
use crate::identity::{Facts, Scope};

/// Names the metadata of this resource in the challenges of whatever refuses further in, and serves
/// it (RFC 9728).
///
/// As a guard it stands before authentication, demands nothing and refuses nobody.
#[derive(Clone, Debug)]
pub struct ProtectedResource {
    url: Arc<str>,
    pub(super) place: WellKnown,
    pub(super) members: Members,
    /// For how long the document may be kept, in seconds.
    pub(super) max_age: u64,
    reach: Reach,
}

impl ProtectedResource {
    /// The resource called `identifier`, an `https` address without a fragment, such as
    /// `https://api.example.com/v1`: what clients ask tokens for, and what the audience of their
    /// tokens should be (RFC 8707). The document says it to the letter.
    ///
    /// # Errors
    /// [`ConfigError`] if `identifier` is no such address, is longer than 2048 bytes, carries
    /// credentials or has dot segments.
    pub fn new(identifier: &str) -> Result<Self, ConfigError> {
        Self::under(Reach::Https, identifier)
    }

    /// The same, or an `http` address on the loopback interface of this machine. For tests: tokens
    /// that go over `http` are anybody's.
    ///
    /// # Errors
    /// [`ConfigError`] as [`new`](Self::new).
    pub fn dangerous_allow_http_on_loopback(identifier: &str) -> Result<Self, ConfigError> {
        Self::under(Reach::HttpsOrLoopback, identifier)
    }

    /// Says which authorization servers issue tokens for this resource, by their issuer identifiers
    /// (RFC 8414); the default is to say nothing.
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, or one that is no `https` address without query and
    /// fragment.
    pub fn with_authorization_servers<N: AsRef<str>>(
        self,
        issuers: impl IntoIterator<Item = N>,
    ) -> Result<Self, ConfigError> {
        let reach = self.reach;
        let check = |issuer: &str| reach.check_issuer(issuer);
        self.listing("authorization_servers", issuers, check)
    }

    /// Says which scopes tokens for this resource can have. What each route needs is said by the
    /// challenges of its guards; scopes that strangers need not know may be left out.
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, or one that is no [`Scope`].
    pub fn with_scopes<N: AsRef<str>>(
        self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, ConfigError> {
        self.listing("scopes_supported", names, |name| {
            Scope::new(name).map(|_| ())
        })
    }

    /// Says what the resource is called, for people.
    ///
    /// # Errors
    /// [`ConfigError`] if `name` is empty.
    pub fn with_name(mut self, name: &str) -> Result<Self, ConfigError> {
        if name.is_empty() {
            return Err(ConfigError::new("a resource needs a name, or none at all"));
        }
        self.members = self.members.with("resource_name", name);
        Ok(self)
    }

    /// Says where developers read about the resource.
    ///
    /// # Errors
    /// [`ConfigError`] if `url` is no `https` address without a fragment.
    pub fn with_documentation(self, url: &str) -> Result<Self, ConfigError> {
        self.at("resource_documentation", url)
    }

    /// Says where it is told how clients may use the data of the resource.
    ///
    /// # Errors
    /// [`ConfigError`] if `url` is no `https` address without a fragment.
    pub fn with_policy(self, url: &str) -> Result<Self, ConfigError> {
        self.at("resource_policy_uri", url)
    }

    /// Says where the terms of service are.
    ///
    /// # Errors
    /// [`ConfigError`] if `url` is no `https` address without a fragment.
    pub fn with_terms_of_service(self, url: &str) -> Result<Self, ConfigError> {
        self.at("resource_tos_uri", url)
    }

    /// Says where the public keys of the resource itself are, with which it signs responses. They
    /// are not those of the tokens.
    ///
    /// # Errors
    /// [`ConfigError`] if `url` is no `https` address without a fragment.
    pub fn with_jwks_uri(self, url: &str) -> Result<Self, ConfigError> {
        self.at("jwks_uri", url)
    }

    /// Says with which algorithms `DPoP` proofs may be signed (RFC 9449), such as `ES256`.
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, or one that is no name, or `none`.
    pub fn with_dpop_algorithms<N: AsRef<str>>(
        self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, ConfigError> {
        self.listing(
            "dpop_signing_alg_values_supported",
            names,
            |name| match name {
                "" | "none" => Err(ConfigError::new(format!(
                    "{name:?} signs no proof: name an algorithm such as ES256"
                ))),
                _ => Ok(()),
            },
        )
    }

    /// Says that every token must be bound to a key (RFC 9449). The guard that demands it is
    /// another; this only tells clients beforehand.
    #[must_use]
    pub fn with_dpop_required(mut self) -> Self {
        self.members = self.members.with("dpop_bound_access_tokens_required", true);
        self
    }

    /// Says that tokens bound to a client certificate are taken (RFC 8705). The guard that checks
    /// them is another; this only tells clients beforehand.
    #[must_use]
    pub fn with_certificate_bound_tokens(mut self) -> Self {
        let name = "tls_client_certificate_bound_access_tokens";
        self.members = self.members.with(name, true);
        self
    }

    /// Says something more, such as `authorization_details_types_supported`. The document is public.
    ///
    /// # Errors
    /// [`ConfigError`] if another step says it, if the value is null or an empty list, or if the
    /// name is empty.
    pub fn with_member(mut self, name: &str, value: Value) -> Result<Self, ConfigError> {
        self.members = self.members.with_own(name, value)?;
        Ok(self)
    }

    /// Lets caches keep the document for `age`, in whole seconds (default: one hour).
    #[must_use]
    pub fn with_max_age(mut self, age: Duration) -> Self {
        self.max_age = age.as_secs();
        self
    }

    /// The address of the document: `/.well-known/oauth-protected-resource` stands between the host
    /// and the path of the resource (RFC 9728, section 3.1).
    #[must_use]
    pub fn metadata_url(&self) -> &str {
        &self.url
    }

    fn under(reach: Reach, identifier: &str) -> Result<Self, ConfigError> {
        let place = reach.well_known(identifier)?;
        Ok(Self {
            url: place.url.as_str().into(),
            place,
            members: Members::of(identifier),
            max_age: 60 * 60,
            reach,
        })
    }

    fn at(mut self, name: &str, url: &str) -> Result<Self, ConfigError> {
        self.reach.check(url)?;
        self.members = self.members.with(name, url);
        Ok(self)
    }

    fn listing<N: AsRef<str>>(
        mut self,
        name: &str,
        items: impl IntoIterator<Item = N>,
        check: impl Fn(&str) -> Result<(), ConfigError>,
    ) -> Result<Self, ConfigError> {
        self.members = self.members.with_list(name, items, check)?;
        Ok(self)
    }
}

impl ProtectedResource {
    fn leave(&self, head: &mut Parts) -> Pass {
        Facts::entry(&mut head.extensions).resource_metadata = Some(Arc::clone(&self.url));
        Pass::default()
    }
}

impl Guard for ProtectedResource {
    const PLACE: Place = Place::Envelope;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        Ok(self.leave(head))
    }

    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        Some(Ok(self.leave(head)))
    }

    fn describe(&self) -> Demand {
        Demand::Nothing
    }
}

impl<S> Layer<S> for ProtectedResource {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}
