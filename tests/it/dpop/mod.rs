//! Sender-constrained tokens, through a real router.

mod mutations;
mod nonces;
mod proofs;
mod replay;
mod tokens;
mod wire;
pub(crate) mod world;
