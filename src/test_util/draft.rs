//! A token, before it is signed.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::issuer::{KEY_ID, TestIssuer};
use crate::jwt::{Algorithm, forged_mac};

/// A token in the making. As [`TestIssuer::token`] gives it, it is good; each step changes one
/// thing, and what comes out is as good or bad as what was asked for.
#[derive(Clone)]
pub struct Draft {
    issuer: TestIssuer,
    header: Part,
    claims: Part,
    signer: Signer,
}

/// The header or the claims.
#[derive(Clone)]
struct Part {
    members: Map<String, Value>,
    /// What stands in place of the members.
    bytes: Option<Vec<u8>>,
}

#[derive(Clone)]
enum Signer {
    Issuer,
    Stranger,
    Secret(Algorithm, Vec<u8>),
    Given(Vec<u8>),
}

impl Draft {
    pub(super) fn new(issuer: TestIssuer, subject: &str) -> Self {
        let now = issuer.now();
        let mut header = json!({ "alg": "ES256", "typ": "at+jwt", "kid": KEY_ID });
        let mut claims = json!({
            "iss": issuer.name(), "aud": issuer.audience(), "sub": subject,
            "client_id": "test-client", "jti": random_id(),
            "iat": now, "nbf": now, "exp": now.saturating_add(900),
        });
        if issuer.is_plain {
            header = json!({ "alg": "ES256", "typ": "JWT", "kid": KEY_ID });
            claims = json!({
                "iss": issuer.name(), "aud": issuer.audience(), "sub": subject,
                "iat": now, "exp": now.saturating_add(900),
            });
        }
        Self {
            issuer,
            header: Part::of(header),
            claims: Part::of(claims),
            signer: Signer::Issuer,
        }
    }

    /// Grants these scopes, in place of any others.
    #[must_use]
    pub fn with_scopes<N: AsRef<str>>(self, names: impl IntoIterator<Item = N>) -> Self {
        let names: Vec<_> = names.into_iter().collect();
        let names: Vec<_> = names.iter().map(AsRef::as_ref).collect();
        self.with_claim("scope", names.join(" "))
    }

    /// Has the claim `name` be `value`, of whatever type.
    #[must_use]
    pub fn with_claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.members().insert(name.to_owned(), value.into());
        self
    }

    /// Leaves the claim `name` out.
    #[must_use]
    pub fn without_claim(mut self, name: &str) -> Self {
        self.claims.members().remove(name);
        self
    }

    /// Has the payload be `bytes`, whether they are claims or not.
    #[must_use]
    pub fn with_payload(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.claims.bytes = Some(bytes.into());
        self
    }

    /// Has the member `name` of the header be `value`, of whatever type.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.members().insert(name.to_owned(), value.into());
        self
    }

    /// Leaves the member `name` of the header out.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.members().remove(name);
        self
    }

    /// Has the header be `bytes`, whether they are JSON or not.
    #[must_use]
    pub fn with_header_bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.header.bytes = Some(bytes.into());
        self
    }

    /// A token that expired an hour ago.
    #[must_use]
    pub fn expired(self) -> Self {
        let now = self.issuer.now();
        let start = now.saturating_sub(7200);
        self.with_claim("iat", start)
            .with_claim("nbf", start)
            .with_claim("exp", now.saturating_sub(3600))
    }

    /// A token that will be good in an hour.
    #[must_use]
    pub fn not_yet_valid(self) -> Self {
        let now = self.issuer.now();
        self.with_claim("nbf", now.saturating_add(3600))
            .with_claim("exp", now.saturating_add(7200))
    }

    /// Signs with the key of somebody else, who gives it the same name.
    #[must_use]
    pub fn signed_by_a_stranger(mut self) -> Self {
        self.signer = Signer::Stranger;
        self
    }

    /// Signs with nothing: `alg` is `none` (RFC 7515, appendix A.5).
    #[must_use]
    pub fn unsigned(self) -> Self {
        self.with_header("alg", "none").with_signature([])
    }

    /// Signs by HMAC with a secret (`HS256`), such as the text of a public key.
    #[must_use]
    pub fn signed_with_secret(self, secret: impl Into<Vec<u8>>) -> Self {
        self.signed_by_mac(Algorithm::Hs256, secret.into())
    }

    /// Has the signature be `bytes`.
    #[must_use]
    pub fn with_signature(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.signer = Signer::Given(bytes.into());
        self
    }

    /// The token.
    ///
    /// # Panics
    /// If signing fails.
    #[must_use]
    pub fn sign(&self) -> String {
        let signed = self.signing_input();
        let signature = match &self.signer {
            Signer::Issuer => self.issuer.sign(&signed),
            Signer::Stranger => self.issuer.sign_as_stranger(&signed),
            Signer::Secret(algorithm, secret) => {
                forged_mac(*algorithm, secret, signed.as_bytes()).unwrap_or_default()
            }
            Signer::Given(bytes) => bytes.clone(),
        };
        format!("{signed}.{}", encode(signature))
    }

    pub(super) fn signed_by_mac(mut self, algorithm: Algorithm, secret: Vec<u8>) -> Self {
        self.signer = Signer::Secret(algorithm, secret);
        self.with_header("alg", algorithm.name())
    }

    pub(super) fn issuer(&self) -> &TestIssuer {
        &self.issuer
    }

    /// The same token with an id of its own, if it has one at all.
    pub(super) fn renewed(self) -> Self {
        match self.claim("jti") {
            Some(_) => self.with_claim("jti", random_id()),
            None => self,
        }
    }

    pub(super) fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.members.get(name)
    }

    pub(super) fn header_json(&self) -> String {
        String::from_utf8_lossy(&self.header.bytes()).into_owned()
    }

    pub(super) fn claims_json(&self) -> String {
        String::from_utf8_lossy(&self.claims.bytes()).into_owned()
    }

    fn signing_input(&self) -> String {
        format!(
            "{}.{}",
            encode(self.header.bytes()),
            encode(self.claims.bytes())
        )
    }
}

impl Part {
    fn of(json: Value) -> Self {
        Self {
            members: match json {
                Value::Object(members) => members,
                _ => Map::new(),
            },
            bytes: None,
        }
    }

    /// The members, to be changed. They count again if bytes stood in their place.
    fn members(&mut self) -> &mut Map<String, Value> {
        self.bytes = None;
        &mut self.members
    }

    fn bytes(&self) -> Vec<u8> {
        match &self.bytes {
            Some(bytes) => bytes.clone(),
            None => Value::Object(self.members.clone()).to_string().into_bytes(),
        }
    }
}

/// A good token for `alice`.
impl From<&TestIssuer> for Draft {
    fn from(issuer: &TestIssuer) -> Self {
        issuer.token("alice")
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("header", &self.header_json())
            .field("claims", &self.claims_json())
            .finish_non_exhaustive()
    }
}

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn random_id() -> String {
    encode(rand::random::<[u8; 16]>())
}
