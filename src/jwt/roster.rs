//! The issuers whose tokens are accepted.

use std::sync::Arc;

use super::bearer::Raw;
use super::fault::Fault;
use super::json;
use super::kept::Kept;
use super::key_source::{Keys, Refused};
use super::node::{Member, Node};
use super::rule::Policy;
use super::status::IssuerStatus;
use super::token::{self, Parts};
use super::trusted::Issuer;
use super::usual_header::UsualHeader;
use super::verifier::{Verified, Verifier};
use crate::clock::Clock;
use crate::config::ConfigError;

/// One issuer or more, no two of the same name, and what was found of their tokens.
#[derive(Clone, Debug)]
pub(super) struct Roster {
    all: Vec<Verifier>,
    kept: Arc<Kept>,
}

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
        Ok(Self {
            all,
            kept: Arc::default(),
        })
    }

    /// Changes what the tokens of every issuer must say.
    pub(super) fn each(&mut self, change: impl Fn(&mut Policy)) {
        self.all.iter_mut().for_each(|known| {
            change(&mut known.policy);
            known.usual = UsualHeader::default();
        });
        self.keep_in(self.kept.emptied());
    }

    pub(super) fn timed_by(&mut self, clock: &Arc<dyn Clock>) {
        self.all
            .iter_mut()
            .for_each(|known| known.keys.timed_by(clock));
        self.keep_in(self.kept.emptied());
    }

    pub(super) fn keep_in(&mut self, kept: Kept) {
        self.kept = Arc::new(kept);
    }

    pub(super) fn kept(&self) -> &Kept {
        &self.kept
    }

    pub(super) fn status(&self) -> Vec<IssuerStatus> {
        let of = |known: &Verifier| known.keys.status(&known.policy.issuer);
        self.all.iter().map(of).collect()
    }

    /// Fetches all keys that are fetched. One issuer that is down keeps no other from it.
    #[cfg(feature = "remote")]
    pub(super) async fn reload(&self) -> Result<(), crate::fetch::Unavailable> {
        let mut outcome = Ok(());
        for known in &self.all {
            if let Keys::Remote(keys) = &known.keys {
                outcome = outcome.and(keys.reload().await);
            }
        }
        outcome
    }

    /// Verifies what was shown, by the rules and with the keys of the issuer that it names.
    pub(super) async fn verify(
        &self,
        shown: Raw<'_>,
        clock: &dyn Clock,
    ) -> Result<Arc<Verified>, Refused> {
        if let Some(verdict) = self.verify_now(shown, clock) {
            return verdict;
        }
        let parts = parts(shown)?;
        if let Some(found) = self.kept.get(shown.as_bytes())
            && let Some(known) = self.issuer_of(&found)
            && found.span.contains(clock.now())
            && known.keys.current().await?.is(&found.keys)
        {
            return Ok(found);
        }
        let verdict = self.verify_parts(parts, clock).await;
        self.settle(shown, verdict)
    }

    /// The same, if no key has to be waited for. None has changed nothing.
    pub(super) fn verify_now(
        &self,
        shown: Raw<'_>,
        clock: &dyn Clock,
    ) -> Option<Result<Arc<Verified>, Refused>> {
        let parts = match parts(shown) {
            Ok(parts) => parts,
            Err(fault) => return Some(Err(fault.into())),
        };
        let token = shown.as_bytes();
        if let Some(found) = self.kept.get(token) {
            if let Some(known) = self.issuer_of(&found)
                && found.span.contains(clock.now())
                && known.keys.are_now(&found.keys)?
            {
                return Some(Ok(found));
            }
            self.kept.forget(token);
        }
        let verdict = match self.choose(parts) {
            Ok(known) => known.verify_now(parts, clock)?,
            Err(fault) => Err(fault),
        };
        Some(self.settle(shown, verdict.map_err(Refused::from)))
    }

    fn settle(
        &self,
        shown: Raw<'_>,
        verdict: Result<Verified, Refused>,
    ) -> Result<Arc<Verified>, Refused> {
        match verdict {
            Ok(verified) => {
                let verified = Arc::new(verified);
                self.kept.keep(shown.as_bytes(), &verified);
                Ok(verified)
            }
            Err(Refused::Fault(fault)) => Err(shown.refused(fault).into()),
            Err(refused) => Err(refused),
        }
    }

    #[cfg_attr(not(feature = "remote"), allow(clippy::unused_async))]
    async fn verify_parts(&self, token: Parts<'_>, clock: &dyn Clock) -> Result<Verified, Refused> {
        let known = self.choose(token)?;
        match &known.keys {
            Keys::Held(keys) => Ok(known.verify_with(keys, token, clock)?),
            #[cfg(feature = "remote")]
            Keys::Remote(keys) => Box::pin(keys.verify(known, token, clock)).await,
        }
    }

    /// The issuer of a token that was verified.
    fn issuer_of(&self, verified: &Verified) -> Option<&Verifier> {
        if let [only] = &self.all[..] {
            return Some(only);
        }
        let name = verified.principal.issuer()?;
        self.all.iter().find(|known| *known.policy.issuer == *name)
    }

    /// The issuer that `token` names, of those that are known; there is nobody to ask about others.
    fn choose(&self, token: Parts<'_>) -> Result<&Verifier, Fault> {
        if let [only] = &self.all[..] {
            return Ok(only); // whose rules say whether the token is of it
        }
        let payload = token::decode(token.payload)?;
        let mut named = None;
        json::read(&payload, usize::MAX, |name, node| {
            if let ("iss", Node::Text(issuer)) = (name, node) {
                named = self
                    .all
                    .iter()
                    .find(|known| *known.policy.issuer == *issuer);
            }
            Member::Foreign
        })?;
        named.ok_or(Fault::WRONG_ISSUER)
    }
}

/// The parts of what may be a token; most of what is none is found out here.
fn parts(shown: Raw<'_>) -> Result<Parts<'_>, Fault> {
    let parts = token::split(shown.as_bytes())
        .and_then(Parts::beginning_as_object)
        .map_err(|fault| shown.refused(fault))?;
    shown.check_end()?;
    Ok(parts)
}
