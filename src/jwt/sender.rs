//! How the bearers of bound tokens prove that the tokens are theirs, and how they are told to.

use std::sync::{Arc, OnceLock};

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;

use super::binding::{self, Breach, Confirmation, Scheme, Stance};
use super::dpop::{Dpop, Refused};
use super::fault::Fault;
use super::guard::RequireJwt;
use super::mtls::Mtls;
use super::verifier::Verified;
use crate::clock::Clock;
use crate::guard::{Carried, Demand, Pass};
use crate::problem::{Challenge, Kind, Problem};

const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// What is looked at; by default nothing, so that every bound token is refused.
#[derive(Clone, Debug, Default)]
pub(super) struct Sender {
    dpop: Option<Arc<Dpop>>,
    mtls: Option<Mtls>,
}

/// The challenges of a guard, as header lines.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    pub(super) at_first: Vec<HeaderValue>,
    pub(super) after_invalid_request: Vec<HeaderValue>,
    pub(super) after_invalid_token: Vec<HeaderValue>,
}

impl Asking {
    pub(super) fn by(sender: &Sender, realm: Option<&str>) -> Self {
        let lines = |error| {
            let challenges = sender.challenges(realm, error);
            challenges.map(|challenge| challenge.to_value()).collect()
        };
        Self {
            at_first: lines(""),
            after_invalid_request: lines("invalid_request"),
            after_invalid_token: lines("invalid_token"),
        }
    }
}

impl RequireJwt {
    /// Accepts tokens that are bound to a key, by the scheme `DPoP` and with a proof for each
    /// request (RFC 9449).
    #[must_use]
    pub fn with_dpop(mut self, dpop: Dpop) -> Self {
        self.sender.dpop = Some(Arc::new(dpop));
        self.asking = OnceLock::new();
        self
    }

    /// Accepts tokens that are bound to a client certificate, over connections that show it (RFC
    /// 8705, section 3).
    #[must_use]
    pub fn with_mtls(mut self, mtls: Mtls) -> Self {
        self.sender.mtls = Some(mtls);
        self.asking = OnceLock::new();
        self
    }
}

impl Sender {
    pub(super) fn speaks_dpop(&self) -> bool {
        self.dpop.is_some()
    }

    fn dpop_stance(&self) -> Stance {
        self.dpop.as_ref().map_or(Stance::Off, |dpop| dpop.stance())
    }

    fn mtls_stance(&self) -> Stance {
        self.mtls.map_or(Stance::Off, Mtls::stance)
    }

    /// What an audit calls the credential.
    pub(super) fn describe(&self) -> Demand {
        let required = |stance| stance == Stance::Required;
        let (dpop, mtls) = (self.dpop_stance(), self.mtls_stance());
        let name = match (required(dpop), required(mtls)) {
            (false, false) => "JWT",
            (true, false) => "JWT bound to a DPoP key",
            (false, true) => "JWT bound to a client certificate",
            (true, true) => "JWT bound to a DPoP key and a client certificate",
        };
        let ways = [
            (!required(dpop) && !required(mtls), Carried::Bearer),
            (dpop != Stance::Off, Carried::Dpop),
            (mtls != Stance::Off, Carried::MutualTls),
        ];
        let offered = ways.into_iter().filter_map(|(is, way)| is.then_some(way));
        Demand::credential(name, offered.collect())
    }

    /// Takes headers out of a request that nobody vouches for.
    pub(super) fn clean(&self, headers: &mut HeaderMap) {
        if let Some(mtls) = self.mtls {
            mtls.clean(headers);
        }
    }

    /// What the token is bound to, which is all that has to be said unless a proof has to be looked
    /// at.
    pub(super) fn confirm(
        &self,
        head: &Parts,
        scheme: Scheme,
        verified: &Verified,
    ) -> Result<Confirmation, Refused> {
        let confirmation = if verified.bound {
            Confirmation::read(&verified.payload).map_err(|fault| broken(fault, scheme))?
        } else {
            Confirmation::default()
        };
        binding::judge(self.dpop_stance(), self.mtls_stance(), confirmation, scheme)?;
        if let (Some(mtls), Some(certificate)) = (self.mtls, &confirmation.certificate) {
            mtls.prove(head, certificate, scheme)?;
        }
        Ok(confirmation)
    }

    /// Has the caller who showed `token` prove that it is theirs; replay is looked at last, so that
    /// nothing but a good proof uses up its one use.
    pub(super) async fn prove(
        &self,
        head: &Parts,
        scheme: Scheme,
        token: &[u8],
        verified: &Verified,
        clock: &dyn Clock,
    ) -> Result<Pass, Refused> {
        let confirmation = self.confirm(head, scheme, verified)?;
        if let (Some(dpop), Some(key)) = (&self.dpop, &confirmation.key) {
            // On the heap, so that requests without a proof do not carry the room for one.
            let nonce = Box::pin(dpop.prove(head, token, key, clock.now())).await?;
            return Ok(Pass::stamped(nonce.map(|nonce| (DPOP_NONCE, nonce))));
        }
        Ok(Pass::default())
    }

    /// The challenges for a request without a credential, or with `error` for one whose credential
    /// is refused whatever the scheme.
    pub(super) fn challenges(
        &self,
        realm: Option<&str>,
        error: &str,
    ) -> impl Iterator<Item = Challenge> {
        let bearer = self.dpop_stance() != Stance::Required;
        let bearer = bearer.then_some(Scheme::Bearer);
        let dpop = self.speaks_dpop().then_some(Scheme::Dpop);
        bearer
            .into_iter()
            .chain(dpop)
            .map(move |scheme| self.by_scheme(scheme, realm, error))
    }

    /// What the caller is told of a token that is good and of a proof that is not.
    pub(super) fn refusal(&self, refused: Refused, realm: Option<&str>) -> Problem {
        match refused {
            Refused::Breach(breach, nonce) => {
                let Breach {
                    error,
                    reason,
                    scheme,
                } = breach;
                let challenge = self.by_scheme(scheme, realm, error);
                let problem = Problem::new(Kind::InvalidCredential)
                    .because(reason)
                    .with_challenge(&challenge);
                match nonce {
                    Some(nonce) => problem.with_header(DPOP_NONCE, nonce),
                    None => problem,
                }
            }
            Refused::Store(error) => Problem::new(Kind::Unavailable)
                .because("dpop_store_unavailable")
                .caused_by(error),
        }
    }

    fn by_scheme(&self, scheme: Scheme, realm: Option<&str>, error: &str) -> Challenge {
        let mut challenge = Challenge::new(scheme.name());
        if let Some(realm) = realm {
            challenge = challenge.with("realm", realm);
        }
        if !error.is_empty() {
            challenge = challenge.with("error", error);
        }
        match (&self.dpop, scheme) {
            (Some(dpop), Scheme::Dpop) => challenge.with("algs", dpop.algs()),
            _ => challenge,
        }
    }
}

fn broken(fault: Fault, scheme: Scheme) -> Breach {
    Breach::token(fault.reason(), scheme)
}
