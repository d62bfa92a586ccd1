//! An issuer in the process of the test.

use std::fmt::Display;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::draft::Draft;
use crate::clock::{Clock, SystemClock};
use crate::jwt::{FreshKey, Issuer, RequireJwt, VerifyingKey};

/// The `kid` of the tokens.
pub(super) const KEY_ID: &str = "test-key";

/// The ASN.1 before the point of a public key on P-256 (RFC 5480).
const BEFORE_POINT: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// Mints any token, good or bad, with an ES256 key of its own that was made just now and is never
/// written down. It needs no port and no identity provider. A clone is the same issuer.
#[derive(Clone, Debug)]
pub struct TestIssuer {
    name: Box<str>,
    audience: Box<str>,
    key: FreshKey,
    stranger: FreshKey,
    pub(super) is_plain: bool,
    clock: Arc<dyn Clock>,
}

impl TestIssuer {
    /// An issuer called `name` (`iss`), whose tokens are for the service `audience` (`aud`).
    ///
    /// # Panics
    /// If one of them is empty, or the system gives no random bytes.
    #[must_use]
    pub fn new(name: &str, audience: &str) -> Self {
        let issuer = Self {
            name: name.into(),
            audience: audience.into(),
            key: fresh_key(),
            stranger: fresh_key(),
            is_plain: false,
            clock: Arc::new(SystemClock),
        };
        drop(issuer.issuer());
        issuer
    }

    /// Reads the time from `clock`, such as a [`ManualClock`](crate::clock::ManualClock) (default:
    /// the machine's own). The guard of this issuer does so too.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Mints tokens that do not follow RFC 9068: `typ` is `JWT`, and `client_id` and `jti` are
    /// missing. The guard accepts such tokens, and the attacks that they make meaningless are
    /// left out; see [`RequireJwt::with_plain_jwt`].
    #[must_use]
    pub fn with_plain_jwt(mut self) -> Self {
        self.is_plain = true;
        self
    }

    /// A guard that accepts this issuer's good tokens, and no other.
    ///
    /// # Panics
    /// Never: the names were seen to be good.
    #[must_use]
    pub fn guard(&self) -> RequireJwt {
        sure(RequireJwt::of([self.issuer()])).with_clock(Arc::clone(&self.clock))
    }

    /// This issuer, for a guard that trusts several or has settings of its own. Give that guard
    /// the same clock.
    ///
    /// # Panics
    /// Never: the names were seen to be good.
    #[must_use]
    pub fn issuer(&self) -> Issuer {
        let issuer = sure(Issuer::new(
            &self.name,
            &self.audience,
            self.verifying_key(),
        ));
        if self.is_plain {
            issuer.with_plain_jwt()
        } else {
            issuer
        }
    }

    /// The key that verifies this issuer's tokens.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// The same key as a PEM file (`PUBLIC KEY`).
    ///
    /// # Panics
    /// Never: the key has one length.
    #[must_use]
    pub fn public_key_pem(&self) -> String {
        let der = self.public_key_der();
        sure(pem_rfc7468::encode_string(
            "PUBLIC KEY",
            pem_rfc7468::LineEnding::LF,
            &der,
        ))
    }

    /// The same key as a JWK Set (RFC 7517), to serve to an application that fetches its keys.
    #[must_use]
    pub fn jwks(&self) -> String {
        json!({ "keys": [jwk(&self.key)] }).to_string()
    }

    /// A good token for `subject`, to be changed at will and then [signed](Draft::sign). It expires
    /// in 15 minutes.
    #[must_use]
    pub fn token(&self, subject: &str) -> Draft {
        Draft::new(self.clone(), subject)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn audience(&self) -> &str {
        &self.audience
    }

    pub(super) fn now(&self) -> u64 {
        self.clock.now()
    }

    pub(super) fn public_key_der(&self) -> Vec<u8> {
        [&BEFORE_POINT[..], &self.key.point].concat()
    }

    pub(super) fn public_point(&self) -> &[u8] {
        &self.key.point
    }

    pub(super) fn public_jwk(&self) -> Value {
        jwk(&self.key)
    }

    /// The key of somebody else, who gives it the same name.
    pub(super) fn stranger_jwk(&self) -> Value {
        jwk(&self.stranger)
    }

    pub(super) fn sign(&self, message: &str) -> Vec<u8> {
        signed(&self.key, message)
    }

    pub(super) fn sign_as_stranger(&self, message: &str) -> Vec<u8> {
        signed(&self.stranger, message)
    }
}

fn fresh_key() -> FreshKey {
    let Some(key) = FreshKey::new(KEY_ID) else {
        panic!("the system gives no random bytes");
    };
    key
}

fn signed(key: &FreshKey, message: &str) -> Vec<u8> {
    let Some(signature) = key.sign(message.as_bytes()) else {
        panic!("signing has failed");
    };
    signature
}

fn jwk(key: &FreshKey) -> Value {
    let (_, coordinates) = key.point.split_at(1);
    let (x, y) = coordinates.split_at(coordinates.len() / 2);
    json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_ID,
        "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
    })
}

/// What a test cannot go on without.
#[track_caller]
fn sure<T, E: Display>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::{Algorithm, KeySet};

    #[test]
    fn the_forms_of_its_key_are_read_by_the_verifier() {
        let issuer = TestIssuer::new("https://id.test", "articles");
        VerifyingKey::from_pem(Algorithm::Es256, &issuer.public_key_pem()).unwrap();
        let keys = KeySet::from_jwks(&issuer.jwks()).unwrap();
        assert_eq!(keys.iter().next().unwrap().id(), Some(KEY_ID));
    }

    #[test]
    #[should_panic(expected = "must not be empty")]
    fn an_issuer_without_a_name_is_none() {
        let _ = TestIssuer::new("", "articles");
    }
}
