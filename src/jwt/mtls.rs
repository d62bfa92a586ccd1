//! Tokens that are good only over a connection with a certain client certificate (RFC 8705,
//! section 3).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{HeaderMap, HeaderName};
use http::request::Parts;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::binding::{Breach, Scheme, Stance, Thumbprint};
use crate::field::{self, Repeated};

const CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");
const CLIENT_CERT_CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");

/// The certificate with which the client of a connection has authenticated itself in the TLS
/// handshake. Whatever accepts connections puts it into the extensions of each request.
///
/// ```
/// use portcullis::jwt::ClientCertificate;
///
/// # let der = b"what the TLS library hands out as the peer's certificate";
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(ClientCertificate::from_der(der));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ClientCertificate(Thumbprint);

impl ClientCertificate {
    /// The certificate with this DER encoding. Only its digest is kept, and nothing of it is
    /// checked: that is what the handshake was for.
    #[must_use]
    pub fn from_der(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// Its SHA-256 digest, which a token bound to it bears in `cnf` as `x5t#S256`, in base64url.
    #[must_use]
    pub fn thumbprint(&self) -> [u8; 32] {
        self.0
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCertificate(..)")
    }
}

/// Stops a stolen token that was bound to a client certificate (RFC 8705, section 3): it is
/// accepted only from a client who has shown that certificate.
///
/// The certificate is the [`ClientCertificate`] in the request's extensions. The header
/// `Client-Cert` is taken out of each request, since anybody can send it.
#[derive(Clone, Copy, Debug)]
pub struct Mtls {
    stance: Stance,
    from_header: bool,
}

impl Mtls {
    /// Accepts tokens that are bound to a certificate beside others.
    #[must_use]
    pub fn allowed() -> Self {
        Self {
            stance: Stance::Allowed,
            from_header: false,
        }
    }

    /// Refuses tokens that are not bound to a certificate.
    #[must_use]
    pub fn required() -> Self {
        Self {
            stance: Stance::Required,
            ..Self::allowed()
        }
    }

    /// Takes the certificate from the header `Client-Cert` (RFC 9440) and from nowhere else. Only
    /// for a service that nobody can reach but by a proxy that ends TLS, asks for certificates and
    /// removes this header from what clients send: anybody else could show any certificate.
    #[must_use]
    pub fn dangerous_trust_client_cert_header(mut self) -> Self {
        self.from_header = true;
        self
    }

    pub(super) fn stance(self) -> Stance {
        self.stance
    }

    /// Takes out what clients may have forged, so that nothing further in believes it.
    pub(super) fn clean(self, headers: &mut HeaderMap) {
        if !self.from_header {
            headers.remove(CLIENT_CERT);
            headers.remove(CLIENT_CERT_CHAIN);
        }
    }

    /// Whether the request with this `head` comes with the certificate that `bound` is the digest
    /// of, compared in constant time.
    pub(super) fn prove(
        self,
        head: &Parts,
        bound: &Thumbprint,
        scheme: Scheme,
    ) -> Result<(), Breach> {
        let shown = if self.from_header {
            from_header(&head.headers).map_err(|reason| Breach::token(reason, scheme))?
        } else {
            head.extensions.get().copied()
        };
        match shown {
            None => Err(Breach::token("certificate_missing", scheme)),
            Some(ClientCertificate(shown)) if bool::from(shown.ct_eq(bound)) => Ok(()),
            Some(_) => Err(Breach::token("certificate_mismatch", scheme)),
        }
    }
}

/// A structured field of one byte sequence without parameters (RFC 9440, section 2.1; RFC 9651,
/// section 3.3.5).
fn from_header(headers: &HeaderMap) -> Result<Option<ClientCertificate>, &'static str> {
    let line = match field::exactly_one(headers, CLIENT_CERT) {
        Ok(None) => return Ok(None),
        Ok(Some(line)) => line.as_bytes(),
        Err(Repeated) => return Err("several_certificates"),
    };
    line.strip_prefix(b":")
        .and_then(|line| line.strip_suffix(b":"))
        .and_then(|inside| STANDARD.decode(inside).ok())
        .filter(|der| !der.is_empty())
        .map(|der| Some(ClientCertificate::from_der(&der)))
        .ok_or("certificate_malformed")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_certificate_in_a_header_is_one_byte_sequence() {
        let good = Ok(Some(ClientCertificate::from_der(b"der")));
        let bad = Err("certificate_malformed");
        for (line, expected) in [
            (":ZGVy:", good),
            ("ZGVy", bad),
            (":ZGVy", bad),
            ("ZGVy:", bad),
            (":", bad),
            ("::", bad),
            ("", bad),
            (":ZGV:", bad),
            (":ZGVy:;a=1", bad),
            (":ZGVy:, :ZGVy:", bad),
            (":ZG-y:", bad),
            ("\"ZGVy\"", bad),
        ] {
            let mut headers = HeaderMap::new();
            assert_eq!(from_header(&headers), Ok(None));
            headers.insert(CLIENT_CERT, HeaderValue::from_static(line));
            assert_eq!(from_header(&headers), expected, "{line}");
            headers.append(CLIENT_CERT, HeaderValue::from_static(":ZGVy:"));
            assert_eq!(from_header(&headers), Err("several_certificates"));
        }
    }

    #[test]
    fn the_certificate_counts_from_the_one_place_that_was_named() {
        let bound = ClientCertificate::from_der(b"der").thumbprint();
        let (direct, proxied) = (
            Mtls::allowed(),
            Mtls::allowed().dangerous_trust_client_cert_header(),
        );
        for (extension, header, by_extension, by_header) in [
            (
                None,
                None,
                Err("certificate_missing"),
                Err("certificate_missing"),
            ),
            (Some(&b"der"[..]), None, Ok(()), Err("certificate_missing")),
            (
                Some(b"dex"),
                None,
                Err("certificate_mismatch"),
                Err("certificate_missing"),
            ),
            (None, Some(":ZGVy:"), Err("certificate_missing"), Ok(())),
            (
                Some(b"der"),
                Some(":ZGV4:"),
                Ok(()),
                Err("certificate_mismatch"),
            ),
            (
                Some(b"dex"),
                Some(":ZGVy:"),
                Err("certificate_mismatch"),
                Ok(()),
            ),
        ] {
            for (mtls, expected) in [(direct, by_extension), (proxied, by_header)] {
                let (mut head, ()) = http::Request::new(()).into_parts();
                if let Some(der) = extension {
                    head.extensions.insert(ClientCertificate::from_der(der));
                }
                if let Some(line) = header {
                    let line = HeaderValue::from_static(line);
                    head.headers.insert(CLIENT_CERT, line);
                }
                mtls.clean(&mut head.headers);
                assert_eq!(
                    head.headers.contains_key(CLIENT_CERT),
                    header.is_some() && mtls.from_header
                );
                let found = mtls.prove(&head, &bound, Scheme::Bearer);
                assert_eq!(
                    found.map_err(|breach| breach.reason),
                    expected,
                    "{extension:?} {header:?} {mtls:?}"
                );
            }
        }
    }
}
