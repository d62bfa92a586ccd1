//! A proof: a token about one request, signed with a key that it brings along (RFC 9449, section
//! 4.2).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::jwt::algorithm::Algorithm;
use crate::jwt::binding::{Thumbprint, thumbprint};
use crate::jwt::claims::{date, name};
use crate::jwt::fault::Fault;
use crate::jwt::json;
use crate::jwt::jwk::{self, Members};
use crate::jwt::keys::VerifyingKey;
use crate::jwt::node::{Member, Node, keep};
use crate::jwt::token::{self, Header};

/// The greatest length of a proof in bytes.
const LONGEST: usize = 8 * 1024;

pub(super) const MALFORMED: &str = "dpop_proof_malformed";

/// The parts of a proof, decoded; nothing of it has been verified.
#[derive(Debug)]
pub(super) struct Proof<'p> {
    header: Vec<u8>,
    payload: Vec<u8>,
    parts: token::Parts<'p>,
}

/// What a proof says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Claims<'p> {
    pub(super) jti: Cow<'p, str>,
    pub(super) htm: Cow<'p, str>,
    pub(super) htu: Cow<'p, str>,
    pub(super) iat: f64,
    /// The digest of the access token.
    pub(super) ath: Thumbprint,
    pub(super) nonce: Option<Cow<'p, str>>,
}

impl<'p> Proof<'p> {
    /// Takes `text` apart.
    pub(super) fn split(text: &'p str) -> Result<Self, &'static str> {
        if text.len() > LONGEST {
            return Err("dpop_proof_too_long");
        }
        let parts = token::split(text.as_bytes()).map_err(|_| MALFORMED)?;
        Ok(Self {
            header: token::decode(parts.header).map_err(|_| MALFORMED)?,
            payload: token::decode(parts.payload).map_err(|_| MALFORMED)?,
            parts,
        })
    }

    /// Its claims, all of which have to be there.
    pub(super) fn claims(&self) -> Result<Claims<'_>, &'static str> {
        let [mut jti, mut htm, mut htu] = [const { Node::Absent }; 3];
        let [mut iat, mut ath, mut nonce] = [const { Node::Absent }; 3];
        json::read(&self.payload, usize::MAX, |name, node| {
            let place = match name {
                "jti" => &mut jti,
                "htm" => &mut htm,
                "htu" => &mut htu,
                "iat" => &mut iat,
                "ath" => &mut ath,
                "nonce" => &mut nonce,
                _ => return Member::Foreign,
            };
            keep(place, node)
        })
        .map_err(|_| MALFORMED)?;
        let text = |node, reason| match node {
            Node::Text(text) => Ok(text),
            _ => Err(reason),
        };
        Ok(Claims {
            jti: match name(&jti, Fault::BAD_TOKEN_ID) {
                Ok(Some(_)) => text(jti, "dpop_jti_malformed")?,
                _ => return Err("dpop_jti_malformed"),
            },
            htm: text(htm, "dpop_htm_malformed")?,
            htu: text(htu, "dpop_htu_malformed")?,
            iat: date(&iat).ok().flatten().ok_or("dpop_iat_malformed")?,
            ath: thumbprint(&text(ath, "dpop_ath_malformed")?).ok_or("dpop_ath_malformed")?,
            nonce: match nonce {
                Node::Absent => None,
                other => Some(text(other, "dpop_nonce_malformed")?),
            },
        })
    }

    /// Verifies the signature with the key in the header, and answers with that key's thumbprint.
    pub(super) fn signer(&self, algorithms: &[Algorithm]) -> Result<Thumbprint, &'static str> {
        let header = Header::read(&self.header).map_err(|_| MALFORMED)?;
        let media_type = header.media_type.as_deref();
        if !media_type.is_some_and(|given| given.eq_ignore_ascii_case("dpop+jwt")) {
            return Err("dpop_wrong_type");
        }
        let algorithm = Algorithm::named(&header.algorithm)
            .filter(|known| algorithms.contains(known))
            .ok_or("dpop_wrong_algorithm")?;
        let jwk = key_in(&self.header)?;
        let key = import(&jwk, algorithm).ok_or("dpop_key_refused")?;
        let signature = token::decode_signature(self.parts.signature).map_err(|_| MALFORMED)?;
        if !key.verifies(self.parts.signed, &signature) {
            return Err("dpop_bad_signature");
        }
        digest(&jwk).ok_or("dpop_key_refused")
    }
}

/// The key in a header that has been read strictly. A certificate or an address beside it would
/// say twice whose key it is.
fn key_in(header: &[u8]) -> Result<Members, &'static str> {
    #[derive(Deserialize)]
    struct WithKey {
        jwk: Members,
        #[serde(flatten)]
        rest: Members,
    }
    let header: WithKey = serde_json::from_slice(header).map_err(|_| "dpop_key_malformed")?;
    let elsewhere = |name| header.rest.contains_key(name);
    if ["jku", "x5u", "x5c"].into_iter().any(elsewhere) {
        return Err("dpop_key_refused");
    }
    Ok(header.jwk)
}

/// The public key `jwk`, for `algorithm` and no other.
fn import(jwk: &Members, algorithm: Algorithm) -> Option<VerifyingKey> {
    if ["k", "x5c", "x5u"]
        .iter()
        .any(|name| jwk.contains_key(*name))
    {
        return None;
    }
    let key = if jwk.contains_key("alg") {
        jwk::read_members(jwk)
    } else {
        let mut jwk = jwk.clone();
        jwk.insert("alg".to_owned(), algorithm.name().into());
        jwk::read_members(&jwk)
    };
    key.ok().filter(|key| key.algorithm() == algorithm)
}

/// The thumbprint of a key that was imported (RFC 7638; RFC 8037, appendix A.3): the digest of its
/// necessary members in their one spelling.
fn digest(jwk: &Members) -> Option<Thumbprint> {
    let names: &[&str] = match jwk.get("kty")?.as_str()? {
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        "RSA" => &["e", "kty", "n"],
        _ => return None,
    };
    let mut hash = Sha256::new();
    for (i, name) in names.iter().enumerate() {
        // Names and base64url: nothing in a good key needs an escape.
        let value = jwk.get(*name).and_then(Value::as_str)?;
        let open = if i == 0 { "{\"" } else { ",\"" };
        for piece in [open, name, "\":\"", value, "\""] {
            hash.update(piece);
        }
    }
    hash.update("}");
    Some(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as STRICT;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_thumbprint_is_that_of_the_standards_examples() {
        // RFC 7638, section 3.1, and RFC 8037, appendix A.3.
        let rsa = json!({
            "kty": "RSA", "alg": "RS256", "kid": "2011-04-29", "e": "AQAB",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS\
                  oc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-6\
                  5YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNL\
                  yrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awap\
                  JzKnqDKgw",
        });
        let edwards = json!({
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        });
        for (jwk, expected) in [
            (&rsa, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
            (&edwards, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
        ] {
            let found = digest(jwk.as_object().unwrap()).unwrap();
            assert_eq!(STRICT.encode(found), expected);
        }
        let secret = json!({"kty": "oct", "k": "AQAB"});
        assert_eq!(digest(secret.as_object().unwrap()), None);
    }

    #[test]
    fn every_claim_has_to_be_there_and_of_its_type() {
        let good = json!({
            "jti": "1", "htm": "GET", "htu": "https://a.example/", "iat": 1000,
            "ath": STRICT.encode([7; 32]),
        });
        let read = |payload: &Value| {
            let text = format!("e30.{}.", STRICT.encode(payload.to_string()));
            Proof::split(&text).unwrap().claims().err()
        };
        assert_eq!(read(&good), None);
        for (name, reason, bad) in [
            ("jti", "dpop_jti_malformed", json!("")),
            ("jti", "dpop_jti_malformed", json!("a".repeat(256))),
            ("htm", "dpop_htm_malformed", json!(["GET"])),
            ("htu", "dpop_htu_malformed", json!({"a": "b"})),
            ("iat", "dpop_iat_malformed", json!("1000")),
            ("ath", "dpop_ath_malformed", json!("AQ")),
        ] {
            let mut changed = good.clone();
            for value in [bad, Value::Null, json!(true)] {
                changed[name] = value;
                assert_eq!(read(&changed), Some(reason), "{changed}");
            }
            changed.as_object_mut().unwrap().remove(name);
            assert_eq!(read(&changed), Some(reason), "{changed}");
        }
        for (jti, nonce, reason) in [
            (json!("a".repeat(255)), json!("n"), None),
            (json!("1"), json!(7), Some("dpop_nonce_malformed")),
            (json!("1"), Value::Null, Some("dpop_nonce_malformed")),
        ] {
            let mut changed = good.clone();
            (changed["jti"], changed["nonce"]) = (jti, nonce);
            assert_eq!(read(&changed), reason, "{changed}");
        }
    }

    #[test]
    fn a_proof_of_eight_kibibytes_is_the_longest() {
        let of = |length: usize| format!("e30.{}.", "A".repeat(length - 5));
        assert!(Proof::split(&of(LONGEST)).is_ok());
        let found = Proof::split(&of(LONGEST + 1)).unwrap_err();
        assert_eq!(found, "dpop_proof_too_long");
    }
}
