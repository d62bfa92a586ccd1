//! A token goes in; who is calling comes out, or why not.

use bytes::Bytes;

use super::claims::Payload;
use super::fault::Fault;
use super::json::Node;
use super::key_set::KeySet;
use super::key_source::Keys;
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
    pub(super) payload: Bytes,
}

impl Verifier {
    /// Verifies `token` at `now` with one of `keys`, the cheapest checks first; of a token whose
    /// signature is bad nothing is kept. All that can be said of it without a key is said before
    /// one is looked for, so that only a token that is good but for its signature can ask for keys.
    pub(super) fn verify_with(
        &self,
        keys: &KeySet,
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
        self.policy.judge(&claims, now)?;
        let bound = claims.cnf != Node::Absent;
        let principal = claims.into_principal()?;

        let mut buffer = [0; LONGEST_SIGNATURE];
        let signature = token::decode_signature(parts.signature, &mut buffer)?;
        let key = keys.find(algorithm, header.key_id.as_deref())?;
        if !key.verifies(parts.signed.as_bytes(), signature) {
            return Err(Fault::BAD_SIGNATURE);
        }
        Ok(Verified {
            principal,
            bound,
            payload: Bytes::from(payload),
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
        verifier.verify_with(&key.verifying_key().into(), token, 150)
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
        assert_eq!(good.payload, CLAIMS);
        let other = SigningKey::hs256([8; 32]).unwrap();
        assert_eq!(verified(&other, &token).err(), Some(Fault::BAD_SIGNATURE));
    }
}
