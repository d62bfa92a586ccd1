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
//! Sizes and times of requests are bounded by [`LoadLimits`](crate::load::LoadLimits), which is laid
//! around the finished application, outside of its tripwire.

use std::time::Duration;

use crate::api::{Api, Policy};
use crate::brute_force::GuessLimit;
use crate::client::ClientAddress;
use crate::config::ConfigError;
use crate::guard::{Authenticator, Shield};
use crate::problem::{Kind, Problem};
use crate::rate_limit::{Quota, RateLimit};

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
/// | first | `client` |
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
    let strangers = RateLimit::per_client(Quota::per_minute(600))?.before_authentication()?;
    let guesses = Quota::sliding_window(20, Duration::from_mins(15));
    let credential = GuessLimit::per_network(credential, guesses)?.with_guesses(is_guess);
    let callers = RateLimit::per_principal(Quota::per_minute(300))?;
    Ok(Preset {
        front: Shield::new().with(client).with(strangers).into(),
        members: Policy::from(Shield::new().with(credential).with(callers)).named("members"),
    })
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
