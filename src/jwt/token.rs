//! The outside of a token: three parts and a header (RFC 7515, sections 3.1 and 4).

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as STRICT;

use super::fault::Fault;
use super::json;
use super::node::{Member, Node, keep};

/// The greatest length of a token in bytes.
pub(super) const LONGEST: usize = 16 * 1024;

/// The greatest length of a signature in bytes: that of RSA with 8192 bits.
pub(super) const LONGEST_SIGNATURE: usize = 1024;

/// The greatest length of `kid`, `jti` and `sub` in bytes.
pub(super) const LONGEST_NAME: usize = 255;

/// As many members as a header may have.
const MOST_HEADERS: usize = 16;

/// The parts of a token, still encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts<'t> {
    pub(super) header: &'t str,
    pub(super) payload: &'t str,
    pub(super) signature: &'t str,
    /// What the signature is over.
    pub(super) signed: &'t str,
}

/// Splits `token`, and does not look beyond its fifth part however many there are.
pub(super) fn split(token: &str) -> Result<Parts<'_>, Fault> {
    if token.len() > LONGEST {
        return Err(Fault::TOO_LONG);
    }
    let mut parts = token.splitn(6, '.');
    let mut next = || parts.next();
    match (next(), next(), next(), next(), next(), next()) {
        (Some(header), Some(payload), Some(signature), None, None, None) => Ok(Parts {
            header,
            payload,
            signature,
            signed: token
                .get(..header.len() + 1 + payload.len())
                .ok_or(Fault::NOT_COMPACT)?,
        }),
        (_, _, _, Some(_), Some(_), None) => Err(Fault::ENCRYPTED),
        _ => Err(Fault::NOT_COMPACT),
    }
}

/// Decodes one part: no padding, no bits left over, so that each token has one spelling.
pub(super) fn decode(part: &str) -> Result<Vec<u8>, Fault> {
    STRICT.decode(part).map_err(|_| Fault::BAD_BASE64)
}

/// Decodes a signature into `buffer`.
pub(super) fn decode_signature<'b>(
    part: &str,
    buffer: &'b mut [u8; LONGEST_SIGNATURE],
) -> Result<&'b [u8], Fault> {
    if part.len() > LONGEST_SIGNATURE.div_ceil(3) * 4 {
        return Err(Fault::BAD_SIGNATURE);
    }
    let length = STRICT
        .decode_slice(part, buffer)
        .map_err(|_| Fault::BAD_BASE64)?;
    buffer.get(..length).ok_or(Fault::BAD_SIGNATURE)
}

/// What a header says of its token. Keys and addresses of keys in it (`jwk`, `x5c`, `jku`, `x5u`)
/// are not read: a token does not choose the key that it is verified with.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Header<'h> {
    pub(super) algorithm: Cow<'h, str>,
    pub(super) key_id: Option<Cow<'h, str>>,
    pub(super) media_type: Option<Cow<'h, str>>,
}

impl<'h> Header<'h> {
    /// Reads a decoded header.
    pub(super) fn read(json: &'h [u8]) -> Result<Self, Fault> {
        let [mut alg, mut kid, mut typ, mut crit, mut enc] = [const { Node::Absent }; 5];
        json::read(json, MOST_HEADERS, |name, node| {
            let place = match name {
                "alg" => &mut alg,
                "kid" => &mut kid,
                "typ" => &mut typ,
                "crit" => &mut crit,
                "enc" => &mut enc,
                _ => return Member::Foreign,
            };
            keep(place, node)
        })?;
        // No extension is understood here, so none may be critical (RFC 7515, section 4.1.11).
        if crit != Node::Absent {
            return Err(Fault::CRITICAL);
        }
        if enc != Node::Absent {
            return Err(Fault::ENCRYPTED);
        }
        let Node::Text(algorithm) = alg else {
            return Err(Fault::WRONG_ALGORITHM);
        };
        let key_id = text(kid, Fault::BAD_KEY_ID)?;
        if key_id.as_ref().is_some_and(|id| id.len() > LONGEST_NAME) {
            return Err(Fault::BAD_KEY_ID);
        }
        Ok(Self {
            algorithm,
            key_id,
            media_type: text(typ, Fault::WRONG_TYPE)?,
        })
    }
}

/// Text, if it is there; anything else is `fault`.
pub(super) fn text(node: Node<'_>, fault: Fault) -> Result<Option<Cow<'_, str>>, Fault> {
    match node {
        Node::Absent => Ok(None),
        Node::Text(text) => Ok(Some(text)),
        Node::Number(_) | Node::Texts(_) | Node::Other => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_three_parts() {
        let parts = split("aa.b.c").unwrap();
        assert_eq!(
            (parts.header, parts.payload, parts.signature),
            ("aa", "b", "c")
        );
        assert_eq!(parts.signed, "aa.b");
        for (token, fault) in [
            ("", Fault::NOT_COMPACT),
            ("a", Fault::NOT_COMPACT),
            ("a.b", Fault::NOT_COMPACT),
            ("a.b.c.d", Fault::NOT_COMPACT),
            ("a.b.c.d.e", Fault::ENCRYPTED),
            ("a.b.c.d.e.f", Fault::NOT_COMPACT),
            (&".".repeat(LONGEST), Fault::NOT_COMPACT),
            (&".".repeat(LONGEST + 1), Fault::TOO_LONG),
        ] {
            assert_eq!(split(token), Err(fault), "{} bytes", token.len());
        }
        assert!(split("..").is_ok());
    }

    #[test]
    fn each_part_has_one_spelling() {
        assert_eq!(decode("AQ").unwrap(), [1]);
        for part in [
            "AQ==", "AQ=", "AR", "A", "A+A", "A/8", "A Q", "AQ\n", " AQ", "\u{e9}",
        ] {
            assert_eq!(decode(part), Err(Fault::BAD_BASE64), "{part:?}");
        }
    }

    #[test]
    fn a_signature_is_at_most_as_long_as_any_can_be() {
        let mut buffer = [0; LONGEST_SIGNATURE];
        let encoded = |length: usize| STRICT.encode(vec![7; length]);
        let longest = encoded(LONGEST_SIGNATURE);
        assert_eq!(
            decode_signature(&longest, &mut buffer).unwrap(),
            [7; LONGEST_SIGNATURE]
        );
        assert!(decode_signature(&encoded(LONGEST_SIGNATURE + 1), &mut buffer).is_err());
        assert!(decode_signature(&encoded(LONGEST), &mut buffer).is_err());
        assert_eq!(decode_signature("", &mut buffer), Ok(&[][..]));
    }

    #[test]
    fn a_header_is_refused_for_what_it_cannot_mean() {
        let header =
            Header::read(br#"{"alg":"ES256","typ":"at+jwt","kid":"k","jku":"x"}"#).unwrap();
        assert_eq!(header.algorithm, "ES256");
        assert_eq!(header.key_id.as_deref(), Some("k"));
        assert_eq!(header.media_type.as_deref(), Some("at+jwt"));
        let kid = |length: usize| format!(r#"{{"alg":"ES256","kid":"{}"}}"#, "k".repeat(length));
        for (json, fault) in [
            ("{}", Fault::WRONG_ALGORITHM),
            (r#"{"alg":null}"#, Fault::WRONG_ALGORITHM),
            (r#"{"alg":1}"#, Fault::WRONG_ALGORITHM),
            (r#"{"alg":["ES256"]}"#, Fault::WRONG_ALGORITHM),
            (r#"{"alg":"none","alg":"ES256"}"#, Fault::DUPLICATE_MEMBER),
            (r#"{"alg":"ES256","crit":[]}"#, Fault::CRITICAL),
            (r#"{"alg":"ES256","crit":["exp"]}"#, Fault::CRITICAL),
            (
                r#"{"alg":"ES256","crit":["b64"],"b64":false}"#,
                Fault::CRITICAL,
            ),
            (r#"{"alg":"ES256","crit":null}"#, Fault::CRITICAL),
            (r#"{"alg":"RSA-OAEP","enc":"A128GCM"}"#, Fault::ENCRYPTED),
            (r#"{"alg":"ES256","kid":1}"#, Fault::BAD_KEY_ID),
            (r#"{"alg":"ES256","kid":null}"#, Fault::BAD_KEY_ID),
            (r#"{"alg":"ES256","kid":["k"]}"#, Fault::BAD_KEY_ID),
            (&kid(256), Fault::BAD_KEY_ID),
            (r#"{"alg":"ES256","typ":1}"#, Fault::WRONG_TYPE),
        ] {
            assert_eq!(Header::read(json.as_bytes()), Err(fault), "{json}");
        }
        assert!(Header::read(kid(255).as_bytes()).is_ok());
    }
}
