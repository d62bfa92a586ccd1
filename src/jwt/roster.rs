//! The issuers whose tokens are accepted.

use std::sync::Arc;

use super::fault::Fault;
use super::json::{self, Node};
use super::key_source::{Keys, Refused};
use super::rule::Policy;
use super::status::IssuerStatus;
use super::token;
use super::trusted::Issuer;
use super::verifier::{Verified, Verifier};
use crate::clock::Clock;
use crate::config::ConfigError;

/// One issuer or more, no two of the same name.
#[derive(Clone, Debug)]
pub(super) struct Roster(Vec<Verifier>);

impl Roster {
    pub(super) fn new(issuers: impl IntoIterator<Item = Issuer>) -> Result<Self, ConfigError> {
        let all: Vec<_> = issuers.into_iter().map(|issuer| issuer.verifier).collect();
        if all.is_empty() {
            return Err(ConfigError::new(
                "no issuer: without one no token can be good",
            ));
        }
        let mut names: Vec<_> = all.iter().map(|known| &known.policy.issuer).collect();
        names.sort_unstable();
        if let Some([twice, _]) = names.array_windows().find(|[one, other]| one == other) {
            return Err(ConfigError::new(format!(
                "the issuer {twice:?} is there twice: give all of its keys and rules at once"
            )));
        }
        Ok(Self(all))
    }

    /// Changes what the tokens of every issuer must say.
    pub(super) fn each(&mut self, change: impl Fn(&mut Policy)) {
        self.0
            .iter_mut()
            .for_each(|known| change(&mut known.policy));
    }

    pub(super) fn timed_by(&mut self, clock: &Arc<dyn Clock>) {
        self.0
            .iter_mut()
            .for_each(|known| known.keys.timed_by(clock));
    }

    pub(super) fn status(&self) -> Vec<IssuerStatus> {
        let of = |known: &Verifier| known.keys.status(&known.policy.issuer);
        self.0.iter().map(of).collect()
    }

    /// Fetches all keys that are fetched. One issuer that is down keeps no other from it.
    #[cfg(feature = "remote")]
    pub(super) async fn reload(&self) -> Result<(), crate::fetch::Unavailable> {
        let mut outcome = Ok(());
        for known in &self.0 {
            if let Keys::Remote(keys) = &known.keys {
                outcome = outcome.and(keys.reload().await);
            }
        }
        outcome
    }

    /// Verifies `token` at `now` by the rules and with the keys of the issuer that it names.
    #[cfg_attr(not(feature = "remote"), allow(clippy::unused_async))]
    pub(super) async fn verify(&self, token: &str, now: u64) -> Result<Verified, Refused> {
        let known = self.choose(token)?;
        match &known.keys {
            Keys::Held(keys) => Ok(known.verify_with(keys, token, now)?),
            #[cfg(feature = "remote")]
            Keys::Remote(keys) => keys.verify(known, token, now).await,
        }
    }

    /// The issuer that `token` names, of those that are known; there is nobody to ask about others.
    fn choose(&self, token: &str) -> Result<&Verifier, Fault> {
        if let [only] = &self.0[..] {
            return Ok(only); // whose rules say whether the token is of it
        }
        let payload = token::decode(token::split(token)?.payload)?;
        let mut named = None;
        json::read(&payload, usize::MAX, |name, node| {
            if let ("iss", Node::Text(issuer)) = (name, node) {
                named = self.0.iter().find(|known| *known.policy.issuer == *issuer);
            }
        })?;
        named.ok_or(Fault::WRONG_ISSUER)
    }
}
