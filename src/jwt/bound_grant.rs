//! Tokens to be issued that are good in one hand alone (RFC 7800).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as STRICT;
use serde_json::Value;

use super::binding::Thumbprint;
use super::grant::Grant;
use super::mtls::ClientCertificate;

impl Grant {
    /// Binds the token to the key with this thumbprint (RFC 7638, by SHA-256), whose holder has to
    /// prove it with each request (RFC 9449, section 6.1).
    #[must_use]
    pub fn with_bound_key(self, thumbprint: [u8; 32]) -> Self {
        self.bound("jkt", thumbprint)
    }

    /// Binds the token to a client certificate (RFC 8705, section 3.1).
    #[must_use]
    pub fn with_bound_certificate(self, certificate: ClientCertificate) -> Self {
        self.bound("x5t#S256", certificate.thumbprint())
    }

    /// The thumbprint of the key that the token is to be bound to.
    #[must_use]
    pub fn bound_key(&self) -> Option<[u8; 32]> {
        let key = self.claims.get("cnf")?.get("jkt")?.as_str()?;
        STRICT.decode(key).ok()?.try_into().ok()
    }

    fn bound(mut self, name: &str, thumbprint: Thumbprint) -> Self {
        let confirmation = self
            .claims
            .entry("cnf")
            .or_insert_with(|| Value::Object(serde_json::Map::new()));
        if let Value::Object(members) = confirmation {
            members.insert(name.to_owned(), STRICT.encode(thumbprint).into());
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_key_can_be_read_again_and_a_certificate_is_none() {
        let certificate = ClientCertificate::from_der(b"a certificate");
        let grant = Grant::to("alice").with_bound_certificate(certificate);
        assert_eq!(grant.bound_key(), None);
        assert_eq!(grant.with_bound_key([7; 32]).bound_key(), Some([7; 32]));
    }
}
