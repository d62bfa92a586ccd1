//! The recommended stack on one page.
//!
//! A JSON API that programs call needs the same guards nearly always: who is connected, a limit for
//! strangers, a limit on guesses, a credential, a limit for callers. [`json_api`] puts them in their
//! order, and [`Preset::api`] begins an [`Api`] with them; scopes and schemas are added route by
//! route.
//!
//! ```
//! use portcullis::api::{Policy, public};
//! use portcullis::authz::RequireScopes;
//! use portcullis::client::ClientAddress;
//! use portcullis::config::ConfigError;
//! use portcullis::guard::Shield;
//! # use portcullis::jwt::{RequireJwt, VerifyingKey};
//! use portcullis::preset;
//!
//! # fn main() -> Result<(), ConfigError> {
//! # let key = VerifyingKey::hs256([7; 32])?;
//! # let jwt = RequireJwt::new("https://id.example", "https://api.example", key)?;
//! let house = preset::json_api(ClientAddress::of_peer(), jwt)?;
//! let readers = Shield::new().with(RequireScopes::all(["articles:read"])?);
//! let readers = house.members.clone().and(readers);
//! let api = house
//!     .api()
//!     .get("/articles", async || "[]", readers)
//!     .get("/health", async || "well", public("liveness; tells nothing of data"));
//! api.audit().assert_accepted(&[]);
//! let app = api.into_service()?;
//! # let _ = app;
//! # Ok(())
//! # }
//! ```
//!
//! An API that pages in browsers call as well begins with `browser_api` (feature `cross-origin`),
//! which names the origins of those pages.
//!
//! Two layers are laid around the finished application, outside of its tripwire:
//! [`GenericErrors`](crate::errors::GenericErrors), so that no error tells what went on inside, and
//! [`LoadLimits`](crate::load::LoadLimits), which bounds the sizes and times of requests.

use std::time::Duration;

use crate::api::{Api, Policy};
use crate::brute_force::GuessLimit;
use crate::client::ClientAddress;
use crate::config::ConfigError;
#[cfg(feature = "cross-origin")]
use crate::cors::Cors;
#[cfg(feature = "cross-origin")]
use crate::cross_site::RefuseCrossSite;
use crate::guard::{Authenticator, Shield};
use crate::headers::SecurityHeaders;
use crate::problem::{Kind, Problem};
use crate::rate_limit::{BeforeAuthentication, Quota, RateLimit};

/// Policies that go together.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Preset {
    /// What every request meets first; for [`Api::within`].
    pub front: Policy,
    /// Whoever shows a good credential.
    pub members: Policy,
}

/// For an API that programs call. `client` says how the client's address is known, `credential` who
/// is let in.
///
/// | Met | By default |
/// |---|---|
/// | first | [`SecurityHeaders::api`] |
/// | then | `client` |
/// | then | 600 requests a minute of each client, whoever they are |
/// | then | 20 wrong credentials in 15 minutes of each network; a token that has expired is no guess |
/// | then | `credential` |
/// | last | 300 requests a minute of each caller |
///
/// # Errors
/// None that could be caused from outside.
pub fn json_api<A: Authenticator + Clone>(
    client: ClientAddress,
    credential: A,
) -> Result<Preset, ConfigError> {
    Ok(Preset {
        front: Shield::new()
            .with(SecurityHeaders::api())
            .with(client)
            .with(strangers()?)
            .into(),
        members: members(credential)?,
    })
}

/// For an API that pages of these `origins` call as well, each written as [`Cors::for_origins`] takes
/// it; the rest is as in [`json_api`].
///
/// | Met | By default |
/// |---|---|
/// | first | [`SecurityHeaders::api`] |
/// | then | pages of `origins` may read, `PUT`, `PATCH` and `DELETE`, with `Authorization`, `Content-Type` and cookies |
/// | then | nothing is changed from pages of other sites ([`RefuseCrossSite`]) |
/// | then | as in [`json_api`] |
///
/// # Errors
/// [`ConfigError`] with all that is wrong with `origins`.
#[cfg(feature = "cross-origin")]
pub fn browser_api<A: Authenticator + Clone>(
    client: ClientAddress,
    origins: &[&str],
    credential: A,
) -> Result<Preset, ConfigError> {
    let cors = Cors::for_origins(origins)
        .with_methods(["PUT", "PATCH", "DELETE"])
        .with_request_headers(["Authorization", "Content-Type"])
        .with_credentials()
        .build()?;
    Ok(Preset {
        front: Shield::new()
            .with(SecurityHeaders::api())
            .with(cors)
            .with(RefuseCrossSite::new().trusting(origins)?)
            .with(client)
            .with(strangers()?)
            .into(),
        members: members(credential)?,
    })
}

fn strangers() -> Result<BeforeAuthentication, ConfigError> {
    RateLimit::per_client(Quota::per_minute(600))?.before_authentication()
}

fn members<A: Authenticator + Clone>(credential: A) -> Result<Policy, ConfigError> {
    let guesses = Quota::sliding_window(20, Duration::from_mins(15));
    let credential = GuessLimit::per_network(credential, guesses)?.with_guesses(is_guess);
    let callers = RateLimit::per_principal(Quota::per_minute(300))?;
    let shield = Shield::new().with(credential).with(callers);
    Ok(Policy::from(shield).named("members"))
}

impl Preset {
    /// An API within the front, where members are told what there is not.
    pub fn api<S: Clone + Send + Sync + 'static>(&self) -> Api<S> {
        Api::new(&self.members).within(&self.front)
    }
}

fn is_guess(problem: &Problem) -> bool {
    problem.kind() == Kind::InvalidCredential && problem.reason() != "token_expired"
}
