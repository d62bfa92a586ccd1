//! Somebody else's JWK Set: what is no good in it is passed over, key by key.

use serde_json::Value;

use super::algorithm::{Algorithm, Family};
use super::jwk::{self, MOST_KEYS, Members};
use super::key_set::KeySet;
use super::keys::VerifyingKey;
use crate::config::ConfigError;
use crate::fetch::Malformed;

/// The keys of an issuer's set that can be used.
#[derive(Clone, Debug)]
pub(super) struct Imported {
    pub(super) keys: KeySet,
    /// How many could not.
    pub(super) skipped: usize,
}

/// Reads a JWK Set of which only public keys that verify one of the `allowed` algorithms are used.
///
/// A key that names no algorithm serves those of its kind and curve that are allowed. A set in which
/// nothing can be used is refused, so that the last good one stays.
pub(super) fn read(bytes: &[u8], allowed: &[Algorithm]) -> Result<Imported, Malformed> {
    const MALFORMED: Malformed = Malformed::new("key_set_malformed");
    let text = std::str::from_utf8(bytes).map_err(|_| MALFORMED)?;
    let set = jwk::read_object(text).map_err(|_| MALFORMED)?;
    let Some(Value::Array(members)) = set.get("keys") else {
        return Err(MALFORMED);
    };
    if members.len() > MOST_KEYS {
        return Err(Malformed::new("too_many_keys"));
    }
    let mut keys = Vec::with_capacity(members.len());
    let mut skipped = 0;
    for (place, key) in members.iter().enumerate() {
        match read_key(key, allowed) {
            Ok(found) => keys.extend(found),
            Err(reason) => {
                skipped += 1;
                tracing::warn!(target: "portcullis", place, %reason, "key of an issuer skipped");
            }
        }
    }
    if keys.is_empty() {
        return Err(Malformed::new("no_usable_key"));
    }
    Ok(Imported {
        keys: KeySet::of_others(keys),
        skipped,
    })
}

/// The key, once for each algorithm that it is used for.
fn read_key(key: &Value, allowed: &[Algorithm]) -> Result<Vec<VerifyingKey>, ConfigError> {
    let Value::Object(members) = key else {
        return Err(ConfigError::new("it is no object"));
    };
    match jwk::text(members, "kty")? {
        // Whoever can read the set could sign with it.
        Some("oct") => return Err(ConfigError::new("it is a secret, and is published")),
        Some("RSA") if !members.contains_key("alg") => return read_unpinned(members, allowed),
        _ => {}
    }
    let key = jwk::read_members(members)?;
    if allowed.contains(&key.algorithm()) {
        Ok(vec![key])
    } else {
        Err(not_allowed())
    }
}

/// An RSA key that names no algorithm.
fn read_unpinned(
    members: &Members,
    allowed: &[Algorithm],
) -> Result<Vec<VerifyingKey>, ConfigError> {
    let of_rsa = |algorithm: &&Algorithm| algorithm.family() == Family::Rsa;
    let mut pinned = members.clone();
    let mut keys = Vec::new();
    for algorithm in allowed.iter().filter(of_rsa) {
        pinned.insert("alg".to_owned(), algorithm.name().into());
        keys.push(jwk::read_members(&pinned)?);
    }
    if keys.is_empty() {
        return Err(not_allowed());
    }
    Ok(keys)
}

fn not_allowed() -> ConfigError {
    ConfigError::new("its algorithm is not one that the issuer may sign with")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str =
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    fn count(keys: &str, allowed: &[Algorithm]) -> Result<(usize, usize), &'static str> {
        let set = format!(r#"{{"keys":[{keys}]}}"#);
        let read = read(set.as_bytes(), allowed).map_err(Malformed::word)?;
        Ok((read.keys.iter().count(), read.skipped))
    }

    #[test]
    fn what_is_no_good_is_passed_over_and_nothing_but_that_is_no_set() {
        let allowed = [Algorithm::Ed25519];
        assert_eq!(count(KEY, &allowed), Ok((1, 0)));
        assert_eq!(
            count(&format!(r#"1,{KEY},{{"kty":"oct","k":"AQAB"}}"#), &allowed),
            Ok((1, 2))
        );
        assert_eq!(count(KEY, &[Algorithm::Es256]), Err("no_usable_key"));
        assert_eq!(count("", &allowed), Err("no_usable_key"));
        let many = |n| vec![KEY; n].join(",");
        assert_eq!(count(&many(100), &allowed), Ok((100, 0)));
        assert_eq!(count(&many(101), &allowed), Err("too_many_keys"));
        for bytes in [
            &b"\xff"[..],
            b"",
            b"[]",
            b"{}",
            br#"{"keys":{}}"#,
            br#"{"keys":[],"keys":[]}"#,
        ] {
            let word = read(bytes, &allowed).map(drop).map_err(Malformed::word);
            assert_eq!(word, Err("key_set_malformed"), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_no_key_comes_from_nothing(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            members in r#"("(kty|crv|x|y|n|e|k|alg|use|kid)":("(RSA|EC|oct|OKP|P-256|AQAB)"|1|null),?){0,6}"#,
        ) {
            prop_assert!(read(&bytes, &Algorithm::ALL).is_err());
            let short = count(&format!("{{{members}}}"), &Algorithm::ALL);
            prop_assert!(short.is_err(), "no key here is long enough");
        }
    }
}
