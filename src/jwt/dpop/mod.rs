//! Stops stolen tokens: proof that whoever shows one holds the key that it is bound to ([RFC
//! 9449]).
//!
//! A token bound to a key bears the key's thumbprint in `cnf` as `jkt`. It is shown as
//! `Authorization: DPoP <token>`, with exactly one header `DPoP` that holds a proof; shown as
//! `Bearer` it is refused, and so is a token by the scheme `DPoP` that is bound to nothing. Proofs
//! are checked in the order of section 4.3, and their one use last of all, so that nobody can use
//! up somebody else's proof.
//!
//! | The request shows | Answer | `error` |
//! |---|---|---|
//! | a bound token by the scheme `Bearer`, or without its key | 401 | `invalid_token` |
//! | no proof, several, or one that is not good | 401 | `invalid_dpop_proof` |
//! | a proof without a nonce that counts, where they are asked for | 401 | `use_dpop_nonce` |
//! | a proof while the store is full or down | 503 | none |
//!
//! [RFC 9449]: https://www.rfc-editor.org/rfc/rfc9449

mod nonce;
mod policy;
mod proof;
mod rule;
mod target;

pub use nonce::NonceKeys;
pub use policy::Dpop;

pub(super) use policy::Refused;
