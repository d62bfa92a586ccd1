//! The cryptography, behind one small face: `aws-lc-rs` if that feature is on, else the crates of
//! the `RustCrypto` project; HMAC by the latter in any case. Keys are read once; nothing is
//! installed process-wide.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
#[cfg(all(feature = "rust-crypto", any(test, not(feature = "aws-lc-rs"))))]
#[cfg_attr(feature = "aws-lc-rs", allow(dead_code))]
mod rust_crypto;

mod mac;
mod material;
#[cfg(all(test, feature = "aws-lc-rs", feature = "rust-crypto"))]
mod tests;

#[cfg(feature = "aws-lc-rs")]
pub(super) use aws_lc::{PublicKey, public_of_pkcs1, public_of_pkcs8, read_public_der};
#[cfg(all(feature = "rust-crypto", not(feature = "aws-lc-rs")))]
pub(super) use rust_crypto::{PublicKey, public_of_pkcs1, public_of_pkcs8, read_public_der};

pub(super) use mac::MacKey;
pub(super) use material::Material;
