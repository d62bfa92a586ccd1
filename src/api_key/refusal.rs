//! How requests without a good key are refused.

use super::entrance::Bearer;
use super::rule::Fault;
use crate::identity::Scopes;
use crate::problem::{Challenge, Kind, Problem};
use crate::store::StoreError;

/// When a caller may try again if the ring cannot answer.
const RETRY_AFTER_SECONDS: u64 = 5;

/// What a guard demands, as its refusals say it.
#[derive(Clone, Debug)]
pub(super) struct Refusals {
    pub(super) realm: Box<str>,
    pub(super) scopes: Scopes,
    pub(super) bearer: Option<Bearer>,
}

/// The words for one fault: that of the scheme `ApiKey`, and that of `Bearer` (RFC 6750, section
/// 3.1).
type Words = Option<[&'static str; 2]>;

impl Refusals {
    pub(super) fn of_realm(realm: &str) -> Self {
        Self {
            realm: realm.into(),
            scopes: Scopes::default(),
            bearer: None,
        }
    }

    pub(super) fn missing(&self) -> Problem {
        self.problem(Kind::Unauthenticated, "no_credential", None)
    }

    pub(super) fn malformed(&self, reason: &'static str) -> Problem {
        self.problem(Kind::InvalidRequest, reason, Some(["invalid_request"; 2]))
    }

    /// One refusal for all that can be wrong with a key, so that nobody learns what it was.
    pub(super) fn invalid(&self, reason: &'static str) -> Problem {
        let words = Some(["invalid_key", "invalid_token"]);
        self.problem(Kind::InvalidCredential, reason, words)
    }

    pub(super) fn fault(&self, fault: Fault) -> Problem {
        match fault {
            Fault::Bad(reason) => self.invalid(reason),
            Fault::NowhereKnown => {
                Problem::new(Kind::Misconfigured).because("api_key_without_client_address")
            }
        }
    }

    pub(super) fn too_weak(&self) -> Problem {
        let scope = self.scopes.to_string();
        let problem = Problem::new(Kind::InsufficientScope).because("insufficient_scope");
        self.asking(Some(["insufficient_scope"; 2]))
            .into_iter()
            .map(|challenge| challenge.with("scope", &scope))
            .fold(problem, |problem, challenge| {
                problem.with_challenge(&challenge)
            })
    }

    pub(super) fn challenges(&self) -> Vec<Challenge> {
        self.asking(None)
    }

    fn problem(&self, kind: Kind, reason: &'static str, words: Words) -> Problem {
        let problem = Problem::new(kind).because(reason);
        let challenges = self.asking(words);
        challenges.iter().fold(problem, Problem::with_challenge)
    }

    fn asking(&self, words: Words) -> Vec<Challenge> {
        let schemes = ["ApiKey", "Bearer"];
        let count = if self.bearer.is_some() { 2 } else { 1 };
        let mut words = words.into_iter().flatten();
        schemes
            .into_iter()
            .take(count)
            .map(|scheme| {
                let challenge = Challenge::new(scheme).with("realm", &self.realm);
                match words.next() {
                    Some(word) => challenge.with("error", word),
                    None => challenge,
                }
            })
            .collect()
    }
}

pub(super) fn unavailable(error: StoreError) -> Problem {
    Problem::new(Kind::Unavailable)
        .because("key_ring_unavailable")
        .caused_by(error)
        .with_retry_after(RETRY_AFTER_SECONDS)
}
