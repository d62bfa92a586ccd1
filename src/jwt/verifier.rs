//! A token goes in; who is calling comes out, or why not.

use std::sync::OnceLock;

use super::claims::{Payload, date};
use super::dates::{Span, whole};
use super::fault::Fault;
use super::key_set::KeySet;
use super::key_source::{Keys, Refused};
use super::node::Node;
use super::permissions;
use super::revocations::{Marks, Revocations};
use super::rule::Policy;
use super::token::{self, Header, LONGEST_SIGNATURE};
use crate::identity::Principal;

/// What one issuer's tokens must say, and the keys that they are signed with.
#[derive(Clone, Debug)]
pub(super) struct Verifier {
    pub(super) policy: Policy,
    pub(super) keys: Keys,
}

/// A token that is good.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) principal: Principal,
    /// Whether it is good only in the hand of somebody who can prove something more (`cnf`).
    pub(super) bound: bool,
    /// The claims, as JSON that has been checked.
    pub(super) payload: Box<[u8]>,
    /// When it is good.
    pub(super) span: Span,
    /// By which keys it is good.
    pub(super) generation: Generation,
    /// When it was issued, if it says so.
    issued_at: Option<u64>,
    marks: OnceLock<Marks>,
}

/// A state of an issuer's keys: what was verified by one is not thereby verified by another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Generation(pub(super) u64);

impl Verified {
    /// Whether a revocation of `revocations` stands against it.
    pub(super) async fn ask(&self, revocations: &Revocations, now: u64) -> Result<(), Refused> {
        let marks = self.marks.get_or_init(|| Marks::of(&self.principal));
        revocations.judge(marks, self.issued_at, now).await
    }

    #[cfg(test)]
    pub(super) fn of_test(principal: Principal) -> Self {
        Self {
            principal,
            bound: false,
            payload: Box::default(),
            span: Span::of_test(),
            generation: Generation::default(),
            issued_at: None,
            marks: OnceLock::new(),
        }
    }
}

impl Verifier {
    /// Verifies `token` at `now` with one of `keys`, the cheapest checks first; of a token whose
    /// signature is bad nothing is kept. All that can be said of it without a key is said before
    /// one is looked for, so that only a token that is good but for its signature can ask for keys.
    pub(super) fn verify_with(
        &self,
        keys: &KeySet,
        generation: Generation,
        token: &str,
        now: u64,
    ) -> Result<Verified, Fault> {
        let parts = token::split(token)?;
        let header = token::decode(parts.header)?;
        let header = Header::read(&header)?;
        let algorithm = self.keys.algorithm(&header.algorithm)?;
        self.policy.judge_header(&header)?;

        let payload = token::decode(parts.payload)?;
        let claims = Payload::read(&payload, self.policy.tenant_claim.as_deref())?;
        let span = self.policy.judge(&claims, now)?;
        let issued_at = date(&claims.iat)?.map(whole);
        let bound = claims.cnf != Node::Absent;
        let mut principal = claims.into_principal()?;
        if !self.policy.permissions.is_empty() {
            let held = permissions::read(&payload, &self.policy.permissions)?;
            principal = principal.with_permissions(held);
        }

        let mut buffer = [0; LONGEST_SIGNATURE];
        let signature = token::decode_signature(parts.signature, &mut buffer)?;
        let key = keys.find(algorithm, header.key_id.as_deref())?;
        if !key.verifies(parts.signed.as_bytes(), signature) {
            return Err(Fault::BAD_SIGNATURE);
        }
        Ok(Verified {
            principal,
            bound,
            payload: payload.into(),
            span,
            generation,
            issued_at,
            marks: OnceLock::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as STRICT;

    use super::*;
    use crate::jwt::{Algorithm, SigningKey, pem::test_keys};

    const CLAIMS: &str =
        r#"{"iss":"i","aud":"a","sub":"s","client_id":"c","jti":"j","iat":100,"exp":200}"#;

    fn signed(key: &SigningKey, header: &str) -> String {
        let signed = format!("{}.{}", STRICT.encode(header), STRICT.encode(CLAIMS));
        let signature = key.sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", STRICT.encode(signature))
    }

    fn verified(key: &SigningKey, token: &str) -> Result<Verified, Fault> {
        let verifier = Verifier {
            policy: Policy::new("i", "a"),
            keys: key.verifying_key().into(),
        };
        let keys = key.verifying_key().into();
        verifier.verify_with(&keys, Generation::default(), token, 150)
    }

    #[test]
    fn a_key_on_ed25519_goes_by_both_of_its_names() {
        let key =
            SigningKey::from_pem(Algorithm::Ed25519, test_keys(Algorithm::Ed25519).0).unwrap();
        for (name, known) in [("EdDSA", true), ("Ed25519", true), ("Ed448", false)] {
            let token = signed(&key, &format!(r#"{{"alg":"{name}","typ":"at+jwt"}}"#));
            assert_eq!(verified(&key, &token).is_ok(), known, "{name}");
        }
    }

    #[test]
    fn what_is_left_of_a_token_is_its_caller_and_its_claims() {
        let key = SigningKey::hs256([7; 32]).unwrap();
        let token = signed(&key, r#"{"alg":"HS256","typ":"at+jwt"}"#);
        let good = verified(&key, &token).unwrap();
        assert_eq!(good.principal.subject(), "s");
        assert_eq!(*good.payload, *CLAIMS.as_bytes());
        let other = SigningKey::hs256([8; 32]).unwrap();
        assert_eq!(verified(&other, &token).err(), Some(Fault::BAD_SIGNATURE));
    }
}
