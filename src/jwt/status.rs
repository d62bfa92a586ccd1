//! How things stand with the keys of an issuer.

use super::keys::VerifyingKey;
#[cfg(feature = "remote")]
use crate::fetch;

/// How things stand with the keys of one issuer, for health checks.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct IssuerStatus {
    /// The issuer.
    pub issuer: Box<str>,
    /// Whether there are keys, so that its tokens can be told good from bad. Keys that are fetched
    /// are fetched when the first token asks for them, or by `reload`.
    pub is_ready: bool,
    /// The keys that serve now. A key that names no algorithm is here once for each that it serves.
    pub keys: Vec<VerifyingKey>,
    /// How many keys of the issuer's set are not used: too weak, malformed, of an unknown kind, not
    /// for signatures, or of an algorithm that is not allowed; or, which its operator should hear
    /// of, secret. The log has the reason of each.
    pub skipped: usize,
    /// How fetching goes; none if the keys are not fetched.
    #[cfg(feature = "remote")]
    pub fetched: Option<fetch::Status>,
}
