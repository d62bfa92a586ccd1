//! Keys as JSON (RFC 7517; RFC 7518, section 6; RFC 8037).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as STRICT;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::algorithm::{Algorithm, Family};
use super::backend::Material;
use super::json;
use super::keys::VerifyingKey;
use super::node::Member;
use crate::config::ConfigError;

/// As many keys as a set may have.
pub(super) const MOST_KEYS: usize = 100;

pub(super) type Members = Map<String, Value>;

/// Reads a JWK.
pub(super) fn read_key(text: &str) -> Result<VerifyingKey, ConfigError> {
    read_members(&read_object(text)?)
}

/// Reads a JWK Set.
pub(super) fn read_set(text: &str) -> Result<Vec<VerifyingKey>, ConfigError> {
    let set = read_object(text)?;
    let Some(Value::Array(keys)) = set.get("keys") else {
        return fault("a JWK Set is an object whose member `keys` is an array");
    };
    if keys.len() > MOST_KEYS {
        return fault("a JWK Set may hold at most 100 keys: take the unused ones out");
    }
    keys.iter()
        .map(|key| match key {
            Value::Object(members) => read_members(members),
            _ => fault("each key of a JWK Set is an object"),
        })
        .collect()
}

fn fault<T>(sentence: &'static str) -> Result<T, ConfigError> {
    Err(ConfigError::new(sentence))
}

/// The members of `text`, none of them given twice: which one counts would be a guess.
pub(super) fn read_object(text: &str) -> Result<Members, ConfigError> {
    json::read(text.as_bytes(), usize::MAX, |_, _| Member::Foreign)
        .ok()
        .and_then(|()| serde_json::from_str(text).ok())
        .ok_or_else(|| ConfigError::new("the text is not a JSON object without repeated members"))
}

pub(super) fn read_members(jwk: &Members) -> Result<VerifyingKey, ConfigError> {
    check_purpose(jwk)?;
    let kind = text(jwk, "kty")?.unwrap_or_default();
    let algorithm = read_algorithm(jwk, kind)?;
    let key = if kind == "oct" {
        VerifyingKey::from_secret(algorithm, &number(jwk, "k")?)?
    } else {
        VerifyingKey::from_material(algorithm, &read_material(jwk, algorithm)?)?
    };
    Ok(match text(jwk, "kid")? {
        Some(id) => key.with_id(id),
        None => key,
    })
}

/// A key to verify with: public, and not meant for anything else.
fn check_purpose(jwk: &Members) -> Result<(), ConfigError> {
    const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];
    if PRIVATE.iter().any(|name| jwk.contains_key(*name)) {
        return fault("the JWK holds a private key: take that out, and count it as published");
    }
    if text(jwk, "use")?.is_some_and(|purpose| purpose != "sig") {
        return fault("the JWK is not for signatures: its `use` has to be `sig` or absent");
    }
    let verifies = |operations: &Value| {
        let operations = operations.as_array();
        operations.is_some_and(|list| list.iter().any(|operation| operation == "verify"))
    };
    if !jwk.get("key_ops").is_none_or(verifies) {
        return fault("the JWK may not verify: its `key_ops` has to hold `verify` or be absent");
    }
    Ok(())
}

fn read_algorithm(jwk: &Members, kind: &str) -> Result<Algorithm, ConfigError> {
    let (family, usual) = match (kind, text(jwk, "crv")?) {
        ("oct", None) => (Family::Hmac, None),
        ("RSA", None) => (Family::Rsa, Some(Algorithm::Rs256)),
        ("EC", Some("P-256")) => (Family::Ec, Some(Algorithm::Es256)),
        ("EC", Some("P-384")) => (Family::Ec, Some(Algorithm::Es384)),
        ("EC", Some("P-521")) => (Family::Ec, Some(Algorithm::Es512)),
        ("OKP", Some("Ed25519")) => (Family::Edwards, Some(Algorithm::Ed25519)),
        _ => {
            return fault(
                "the JWK is of a kind (`kty`, `crv`) that is not known here: use RSA, EC on P-256, \
                 P-384 or P-521, OKP on Ed25519, or oct",
            );
        }
    };
    let algorithm = match text(jwk, "alg")? {
        Some(name) => Algorithm::named(name),
        None => usual,
    };
    let fits = |algorithm: &Algorithm| {
        let of_curve = usual.is_none_or(|usual| usual == *algorithm || family == Family::Rsa);
        algorithm.family() == family && of_curve
    };
    algorithm.filter(fits).ok_or_else(|| {
        ConfigError::new("the `alg` of the JWK has to name an algorithm that its key is good for")
    })
}

fn read_material(jwk: &Members, algorithm: Algorithm) -> Result<Material, ConfigError> {
    match algorithm.family() {
        Family::Rsa => {
            let (n, e) = (number(jwk, "n")?.to_vec(), number(jwk, "e")?.to_vec());
            if n.first() == Some(&0) || e.first() == Some(&0) {
                return fault("`n` and `e` of a JWK must not begin with a zero byte");
            }
            Ok(Material::Rsa { n, e })
        }
        Family::Ec => {
            let (x, y) = (number(jwk, "x")?, number(jwk, "y")?);
            if [x.len(), y.len()] != [algorithm.unit(); 2] {
                return fault("`x` and `y` of a JWK must be as long as its curve asks for");
            }
            Ok(Material::Point([&[4], &x[..], &y[..]].concat()))
        }
        Family::Edwards | Family::Hmac => match number(jwk, "x")?.as_slice().try_into() {
            Ok(key) => Ok(Material::Edwards(key)),
            Err(_) => fault("`x` of a JWK on Ed25519 must be 32 bytes long"),
        },
    }
}

/// A member that is text, if it is there.
pub(super) fn text<'a>(jwk: &'a Members, name: &str) -> Result<Option<&'a str>, ConfigError> {
    match jwk.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(ConfigError::new(format!(
            "`{name}` of a JWK has to be text"
        ))),
    }
}

/// A member that is bytes.
fn number(jwk: &Members, name: &str) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
    text(jwk, name)?
        .and_then(|text| STRICT.decode(text).ok())
        .map(Zeroizing::new)
        .ok_or_else(|| ConfigError::new(format!("`{name}` of the JWK has to be base64url")))
}
