//! The answer as it comes (RFC 7662, section 2.2).

use serde::{Deserialize, Deserializer};
use serde_json::Number;

/// The members that are read; all others are passed over.
#[derive(Deserialize)]
pub(super) struct Wire {
    pub(super) active: bool,
    #[serde(default)]
    pub(super) scope: Option<String>,
    #[serde(default)]
    pub(super) client_id: Option<String>,
    #[serde(default)]
    pub(super) username: Option<String>,
    #[serde(default)]
    pub(super) token_type: Option<String>,
    #[serde(default)]
    pub(super) token_use: Option<String>,
    #[serde(default)]
    pub(super) typ: Option<String>,
    #[serde(default, deserialize_with = "date")]
    pub(super) exp: Option<u64>,
    #[serde(default, deserialize_with = "date")]
    pub(super) iat: Option<u64>,
    #[serde(default, deserialize_with = "date")]
    pub(super) nbf: Option<u64>,
    #[serde(default, deserialize_with = "date")]
    pub(super) auth_time: Option<u64>,
    #[serde(default)]
    pub(super) sub: Option<String>,
    #[serde(default)]
    pub(super) aud: Option<Audience>,
    #[serde(default)]
    pub(super) iss: Option<String>,
    #[serde(default)]
    pub(super) jti: Option<String>,
    #[serde(default)]
    pub(super) acr: Option<String>,
    #[serde(default)]
    pub(super) amr: Vec<String>,
    #[serde(default)]
    pub(super) cnf: Option<serde::de::IgnoredAny>,
}

/// Only this is read of what an inactive answer says: the rest must not matter.
#[derive(Deserialize)]
pub(super) struct Verdict {
    pub(super) active: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

/// A `NumericDate` (RFC 7519, section 2) in whole seconds: a number that is not negative and not
/// beyond what a number of JSON holds to the second.
fn date<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<u64>, D::Error> {
    const MOST: f64 = 9_007_199_254_740_991.0;
    let Some(number) = Option::<Number>::deserialize(reader)? else {
        return Ok(None);
    };
    let within = |seconds: f64| (0.0..=MOST).contains(&seconds);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // it is within
    match number.as_f64() {
        Some(seconds) if within(seconds) => Ok(Some(seconds as u64)),
        _ => Err(serde::de::Error::custom("no date")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::object;

    #[test]
    fn dates_are_numbers_and_nothing_like_them() {
        for (text, expected) in [
            ("1000", Some(Some(1000))),
            ("1000.9", Some(Some(1000))),
            ("1e3", Some(Some(1000))),
            ("0", Some(Some(0))),
            ("null", Some(None)),
            ("9007199254740991", Some(Some(9_007_199_254_740_991))),
            ("9007199254740993", None),
            ("18446744073709551616", None),
            ("1e300", None),
            ("-1", None),
            ("\"1000\"", None),
            ("true", None),
            ("[1000]", None),
        ] {
            let body = format!(r#"{{"active":true,"exp":{text}}}"#);
            let found = object::<Wire>(body.as_bytes()).map(|wire| wire.exp);
            assert_eq!(found, expected, "{text}");
        }
    }
}
