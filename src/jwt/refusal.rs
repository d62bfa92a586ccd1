//! What a caller is told whose token is refused.

use super::dpop::Refused as Broken;
use super::guard::RequireJwt;
use super::key_source::Refused;
use super::sender::Asking;
use crate::guard::Stop;
use crate::problem::{Kind, Problem};

/// When a caller may try again if it cannot be said whether a token was revoked.
const RETRY_AFTER_SECONDS: u64 = 5;

impl RequireJwt {
    /// The caller learns the class of the fault alone.
    pub(super) fn refusal(&self, refused: Refused) -> Problem {
        let fault = match refused {
            Refused::Fault(fault) => fault,
            #[cfg(feature = "remote")]
            Refused::Unavailable(keys) => return keys.into_problem("keys_unavailable"),
            Refused::Store(error) => {
                return Problem::new(Kind::Unavailable)
                    .because("revocation_store_unavailable")
                    .with_retry_after(RETRY_AFTER_SECONDS)
                    .caused_by(error);
            }
        };
        let asking = self.asking();
        let lines = match fault.kind() {
            Kind::InvalidRequest => &asking.after_invalid_request,
            _ => &asking.after_invalid_token,
        };
        Problem::new(fault.kind())
            .because(fault.reason())
            .with_challenge_lines(lines)
    }

    pub(super) fn asking(&self) -> &Asking {
        let make = || Asking::by(&self.sender, self.realm.as_deref());
        self.asking.get_or_init(make)
    }

    /// A proof that a bound token belongs to the caller is missing or bad.
    pub(super) fn broken(&self, refused: Broken) -> Stop {
        let realm = self.realm.as_deref();
        self.sender.refusal(refused, realm).into()
    }
}
