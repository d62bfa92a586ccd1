//! An issuer whose tokens are accepted.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::algorithm::Algorithm;
use super::key_set::KeySet;
use super::key_source::Keys;
use super::leeway;
#[cfg(feature = "remote")]
use super::remote::{Place, RemoteKeys};
use super::rule::{Policy, Profile};
use super::status::IssuerStatus;
use super::usual_header::UsualHeader;
use super::verifier::Verifier;
use crate::config::ConfigError;
#[cfg(feature = "remote")]
use crate::fetch::{Discovery, Endpoint, Fetcher, Unavailable};

/// The longest key set that is read from a file, in bytes.
const LONGEST_FILE: u64 = 64 * 1024;

/// An issuer whose tokens are accepted, with its keys and what its tokens must say; for
/// [`RequireJwt::of`](super::RequireJwt::of). A handle: clones share fetched keys.
#[derive(Clone, Debug)]
pub struct Issuer {
    pub(super) verifier: Verifier,
}

impl Issuer {
    /// Accepts access tokens that `issuer` has signed with one of `keys` for `audience`, which is
    /// this service. Both are compared to the letter, with `iss` and with `aud`.
    ///
    /// # Errors
    /// [`ConfigError`] if `issuer` or `audience` is empty.
    pub fn new(issuer: &str, audience: &str, keys: impl Into<KeySet>) -> Result<Self, ConfigError> {
        Self::with(issuer, audience, keys.into().into())
    }

    /// The same with the keys of a JWK Set (RFC 7517, section 5) in the file at `path`, which is
    /// read now and once.
    ///
    /// # Errors
    /// As of [`new`](Self::new) and [`KeySet::from_jwks`], and if the file cannot be read or is
    /// longer than 64 KiB.
    pub fn from_jwks_file(
        issuer: &str,
        audience: &str,
        path: impl AsRef<Path>,
    ) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let fault = |what: &dyn std::fmt::Display| {
            ConfigError::new(format!("the key set {}: {what}", path.display()))
        };
        let length = fs::metadata(path).map_err(|error| fault(&error))?.len();
        if length > LONGEST_FILE {
            return Err(fault(&"it is longer than 64 KiB"));
        }
        let text = fs::read_to_string(path).map_err(|error| fault(&error))?;
        let keys = KeySet::from_jwks(&text).map_err(|error| fault(&error))?;
        Self::new(issuer, audience, keys)
    }

    /// The same with the keys that lie as a JWK Set at `endpoint`, fetched when the first token asks
    /// for them and kept fresh; see [the module](super#keys-that-are-fetched).
    ///
    /// # Errors
    /// As of [`with_remote_jwks_over`](Self::with_remote_jwks_over), and if there is no HTTP client;
    /// see [`Fetcher::new`].
    #[cfg(feature = "remote")]
    pub fn with_remote_jwks(
        issuer: &str,
        audience: &str,
        endpoint: Endpoint,
    ) -> Result<Self, ConfigError> {
        Self::with_remote_jwks_over(Fetcher::new()?, issuer, audience, endpoint)
    }

    /// The same through a `fetcher` of your own, such as one that trusts a private certificate
    /// authority.
    ///
    /// # Errors
    /// [`ConfigError`] if `issuer` or `audience` is empty, or if the issuer goes by plain http without
    /// it and its endpoint being on the loopback interface.
    #[cfg(feature = "remote")]
    pub fn with_remote_jwks_over(
        fetcher: Fetcher,
        issuer: &str,
        audience: &str,
        endpoint: Endpoint,
    ) -> Result<Self, ConfigError> {
        let is_plain = |text: &str| {
            text.get(..5)
                .is_some_and(|s| s.eq_ignore_ascii_case("http:"))
        };
        let is_local = is_plain(endpoint.as_str())
            && Endpoint::dangerous_allow_http_on_loopback(issuer).is_ok();
        if is_plain(issuer) && !is_local {
            return Err(ConfigError::new(format!(
                "the issuer {issuer:?} goes by plain http, so that anybody on the way could sign in \
                 its name: use https (http is for tests on the loopback interface, where the \
                 endpoint is made by `dangerous_allow_http_on_loopback`)"
            )));
        }
        let keys = RemoteKeys::new(Place::At(endpoint, fetcher));
        Self::with(issuer, audience, Keys::Remote(keys))
    }

    /// Accepts access tokens of the `OpenID` provider `issuer` for `audience`. Where its keys lie is
    /// read from its metadata (`OpenID` Connect Discovery 1.0); `issuer` is to the letter as its
    /// tokens and its metadata name it.
    ///
    /// # Errors
    /// As of [`with_discovery`](Self::with_discovery), if `issuer` is no `https` address, and if
    /// there is no HTTP client; see [`Discovery::openid`] and [`Fetcher::new`].
    #[cfg(feature = "remote")]
    pub fn discover(issuer: &str, audience: &str) -> Result<Self, ConfigError> {
        Self::with_discovery(Discovery::openid(issuer, Fetcher::new()?)?, audience)
    }

    /// The same for an issuer that is discovered otherwise: an authorization server by
    /// [`Discovery::oauth`] (RFC 8414), or one through a fetcher of your own.
    ///
    /// # Errors
    /// [`ConfigError`] if `audience` is empty.
    #[cfg(feature = "remote")]
    pub fn with_discovery(issuer: Discovery, audience: &str) -> Result<Self, ConfigError> {
        let name: Box<str> = issuer.issuer().into();
        let keys = RemoteKeys::new(Place::NamedBy(issuer));
        Self::with(&name, audience, Keys::Remote(keys))
    }

    fn with(issuer: &str, audience: &str, keys: Keys) -> Result<Self, ConfigError> {
        if issuer.is_empty() || audience.is_empty() {
            return Err(ConfigError::new(
                "issuer and audience must not be empty: give what tokens bear in `iss` and `aud`",
            ));
        }
        let policy = Policy::new(issuer, audience);
        Ok(Self {
            verifier: Verifier {
                policy,
                keys,
                usual: UsualHeader::default(),
            },
        })
    }

    /// Accepts only these algorithms (default: those of the keys; if keys are fetched ES256, ES384,
    /// `EdDSA`, and RS and PS with each hash). Keys for others are not used. A fetched RSA key that
    /// names no algorithm serves those of RS and PS that are allowed: name the one that your issuer
    /// signs with (RFC 8725, section 3.1).
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, if none has a key, or if the keys are fetched and one is of
    /// HMAC.
    pub fn with_algorithms(
        mut self,
        algorithms: impl IntoIterator<Item = Algorithm>,
    ) -> Result<Self, ConfigError> {
        self.verifier.keys = match self.verifier.keys {
            Keys::Held(keys) => {
                let allowed: Vec<_> = algorithms.into_iter().collect();
                let is_allowed = |key: &&_| allowed.contains(&super::VerifyingKey::algorithm(key));
                let keys: Vec<_> = keys.iter().filter(is_allowed).cloned().collect();
                if keys.is_empty() {
                    return Err(ConfigError::new(
                        "none of the keys is for an allowed algorithm, so that no token can be good",
                    ));
                }
                Keys::Held(KeySet::new(keys)?)
            }
            #[cfg(feature = "remote")]
            Keys::Remote(keys) => Keys::Remote(keys.with_algorithms(algorithms)?),
        };
        Ok(self)
    }

    /// Takes fetched keys for fresh for `ttl` where their server does not say for how long (default:
    /// 10 minutes; at least 1 minute, at most 24 hours). Static keys know no time.
    #[cfg(feature = "remote")]
    #[must_use]
    pub fn with_ttl(mut self, ttl: Duration) -> Self {
        if let Keys::Remote(keys) = self.verifier.keys {
            self.verifier.keys = Keys::Remote(keys.with_ttl(ttl));
        }
        self
    }

    /// Puts up with a clock of this issuer that differs by `leeway`, in whole seconds (default:
    /// 30 s).
    ///
    /// # Errors
    /// [`ConfigError`] if `leeway` is more than 300 s.
    pub fn with_leeway(mut self, leeway: Duration) -> Result<Self, ConfigError> {
        self.verifier.policy.leeway = leeway::seconds(leeway)?;
        Ok(self)
    }

    /// Refuses tokens of this issuer that are older than `age`, in whole seconds (default: no
    /// limit).
    #[must_use]
    pub fn with_max_age(mut self, age: Duration) -> Self {
        self.verifier.policy.max_age = Some(age.as_secs());
        self
    }

    /// Accepts tokens of this issuer that do not follow RFC 9068; see
    /// [`RequireJwt::with_plain_jwt`](super::RequireJwt::with_plain_jwt).
    #[must_use]
    pub fn with_plain_jwt(mut self) -> Self {
        self.verifier.policy.profile = Profile::Plain;
        self
    }

    /// Reads the caller's tenant from the text claim `name` of this issuer's tokens.
    #[must_use]
    pub fn with_tenant_claim(mut self, name: &str) -> Self {
        self.verifier.policy.tenant_claim = Some(name.into());
        self
    }

    /// Reads permissions from a claim of this issuer's tokens; see
    /// [`RequireJwt::with_permissions_claim`](super::RequireJwt::with_permissions_claim).
    #[must_use]
    pub fn with_permissions_claim<N: AsRef<str>>(
        mut self,
        path: impl IntoIterator<Item = N>,
    ) -> Self {
        let path = path.into_iter().map(|name| name.as_ref().into()).collect();
        self.verifier.policy.permissions.push(path);
        self
    }

    /// How things stand with its keys. It fetches nothing.
    #[must_use]
    pub fn status(&self) -> IssuerStatus {
        self.verifier.keys.status(&self.verifier.policy.issuer)
    }

    /// Fetches its keys now, whatever the schedule says; static keys stay.
    ///
    /// # Errors
    /// [`Unavailable`] if that failed. The last good keys stay.
    #[cfg(feature = "remote")]
    pub async fn reload(&self) -> Result<(), Unavailable> {
        match &self.verifier.keys {
            Keys::Held(_) => Ok(()),
            Keys::Remote(keys) => keys.reload().await,
        }
    }
}
