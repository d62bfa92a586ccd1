//! Keys as text between dashes (RFC 7468).

use zeroize::Zeroizing;

use crate::config::ConfigError;

/// The label and the bytes of the one key in `text`.
pub(super) fn decode(text: &str) -> Result<(&str, Zeroizing<Vec<u8>>), ConfigError> {
    let (label, der) = pem_rfc7468::decode_vec(text.trim_ascii().as_bytes()).map_err(|_| {
        ConfigError::new(
            "the text is not one PEM block: give the whole of it, from the line -----BEGIN to the \
             line -----END, and nothing else",
        )
    })?;
    Ok((label, Zeroizing::new(der)))
}

/// Whether `secret` is a key file rather than a secret. Taking a published public key for a secret
/// is how anybody comes to sign tokens (CVE-2016-10555).
pub(super) fn is_key_file(secret: &[u8]) -> bool {
    let text = secret.trim_ascii_start();
    text.starts_with(b"-----BEGIN") || text.starts_with(b"{") || text.starts_with(b"ssh-")
}

/// The private and the public key of an asymmetric algorithm.
#[cfg(test)]
pub(super) fn test_keys(algorithm: super::Algorithm) -> (&'static str, &'static str) {
    macro_rules! pair {
        ($name:literal) => {
            (
                include_str!(concat!("../../tests/data/jwt/", $name, ".pem")),
                include_str!(concat!("../../tests/data/jwt/", $name, ".pub.pem")),
            )
        };
    }
    match algorithm {
        super::Algorithm::Es256 => pair!("p-256"),
        super::Algorithm::Es384 => pair!("p-384"),
        super::Algorithm::Es512 => pair!("p-521"),
        super::Algorithm::Ed25519 => pair!("ed25519"),
        _ => pair!("rsa-2048"),
    }
}
