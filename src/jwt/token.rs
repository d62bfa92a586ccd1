//! The outside of a token: three parts and a header (RFC 7515, sections 3.1 and 4).

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as STRICT;
use smallvec::SmallVec;

use super::fault::Fault;
use super::json;
use super::node::{Member, Node, keep};

/// The greatest length of a token in bytes.
pub(super) const LONGEST: usize = 16 * 1024;

/// The greatest length of a signature in bytes: that of RSA with 8192 bits.
const LONGEST_SIGNATURE: usize = 1024;

/// The greatest length of `kid`, `jti` and `sub` in bytes.
pub(super) const LONGEST_NAME: usize = 255;

/// As many members as a header may have.
const MOST_HEADERS: usize = 16;

/// The parts of a token, still encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts<'t> {
    /// All of it.
    pub(super) whole: &'t [u8],
    pub(super) header: &'t [u8],
    pub(super) payload: &'t [u8],
    pub(super) signature: &'t [u8],
    /// What the signature is over.
    pub(super) signed: &'t [u8],
}

impl Parts<'_> {
    /// These parts, unless the header's first letter tells that it is no JSON object: it is that of
    /// an encoded `{`, or of the white space that may stand before it.
    pub(super) fn beginning_as_object(self) -> Result<Self, Fault> {
        match self.header.first() {
            Some(b'e' | b'I' | b'C' | b'D') => Ok(self),
            _ => Err(Fault::BAD_JSON),
        }
    }
}

/// Splits `token`, and does not look beyond its fifth part however many there are.
pub(super) fn split(token: &(impl AsRef<[u8]> + ?Sized)) -> Result<Parts<'_>, Fault> {
    let token = token.as_ref();
    if token.len() > LONGEST {
        return Err(Fault::TOO_LONG);
    }
    let mut dots = memchr::memchr_iter(b'.', token);
    let mut next = || dots.next();
    let (first, second) = match (next(), next(), next(), next(), next()) {
        (Some(first), Some(second), None, None, None) => (first, second),
        (_, _, _, Some(_), None) => return Err(Fault::ENCRYPTED),
        _ => return Err(Fault::NOT_COMPACT),
    };
    let part = |from: usize, to: usize| token.get(from..to).ok_or(Fault::NOT_COMPACT);
    Ok(Parts {
        whole: token,
        header: part(0, first)?,
        payload: part(first + 1, second)?,
        signature: part(second + 1, token.len())?,
        signed: part(0, second)?,
    })
}

/// Decodes one part: no padding, no bits left over, so that each token has one spelling.
pub(super) fn decode(part: impl AsRef<[u8]>) -> Result<Vec<u8>, Fault> {
    STRICT.decode(part).map_err(|_| Fault::BAD_BASE64)
}

/// Decodes a header, without an allocation if it is as short as headers are.
pub(super) fn decode_header(part: impl AsRef<[u8]>) -> Result<SmallVec<[u8; SHORT]>, Fault> {
    decode_short(part.as_ref())
}

/// A signature; the short ones need no allocation.
pub(super) type Signature = SmallVec<[u8; SHORT]>;

const SHORT: usize = 128;

/// Decodes a signature.
pub(super) fn decode_signature(part: impl AsRef<[u8]>) -> Result<Signature, Fault> {
    let part = part.as_ref();
    if part.len() > LONGEST_SIGNATURE.div_ceil(3) * 4 {
        return Err(Fault::BAD_SIGNATURE);
    }
    let signature = decode_short(part)?;
    if signature.len() > LONGEST_SIGNATURE {
        return Err(Fault::BAD_SIGNATURE);
    }
    Ok(signature)
}

fn decode_short(part: &[u8]) -> Result<SmallVec<[u8; SHORT]>, Fault> {
    let room = part.len().div_ceil(4) * 3;
    let mut bytes = if room <= SHORT {
        SmallVec::from([0; SHORT])
    } else {
        SmallVec::from_vec(vec![0; room])
    };
    let length = STRICT
        .decode_slice(part, &mut bytes)
        .map_err(|_| Fault::BAD_BASE64)?;
    bytes.truncate(length);
    Ok(bytes)
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
fn text(node: Node<'_>, fault: Fault) -> Result<Option<Cow<'_, str>>, Fault> {
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
        let parts = split("ea.b.c").unwrap();
        assert_eq!(
            (parts.header, parts.payload, parts.signature),
            (&b"ea"[..], &b"b"[..], &b"c"[..])
        );
        assert_eq!(parts.signed, b"ea.b");
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
    }

    #[test]
    fn the_first_letter_of_a_header_may_tell_that_it_is_none() {
        for (begin, may_be) in [
            ("{", true),
            (" {", true),
            ("\t{", true),
            ("\n{", true),
            ("\r{", true),
            ("[", false),
            ("7", false),
            ("\0", false),
            ("\u{feff}{", false),
            ("", false),
        ] {
            let token = format!("{}.b.c", STRICT.encode(begin));
            let found = split(&token).and_then(Parts::beginning_as_object).err();
            assert_eq!(found, (!may_be).then_some(Fault::BAD_JSON), "{begin:?}");
        }
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
        let encoded = |length: usize| STRICT.encode(vec![7; length]);
        let longest = encoded(LONGEST_SIGNATURE);
        let signature = decode_signature(&longest).unwrap();
        assert_eq!(signature[..], [7; LONGEST_SIGNATURE]);
        assert!(decode_signature(encoded(LONGEST_SIGNATURE + 1)).is_err());
        assert!(decode_signature(encoded(LONGEST)).is_err());
        for length in [0, 1, 2, 3, 64, 132] {
            assert_eq!(decode_signature(encoded(length)).unwrap().len(), length);
        }
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
