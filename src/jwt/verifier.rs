//! A token goes in; who is calling comes out, or why not.

use std::sync::OnceLock;

use super::claims::{Payload, date};
use super::dates::{Span, whole};
use super::fault::Fault;
use super::key_set::KeySet;
use super::key_source::{Keys, Refused};
use super::keys::VerifyingKey;
use super::node::Node;
use super::permissions;
use super::revocations::{Marks, Revocations};
use super::rule::Policy;
use super::token::{self, Header, Parts};
use super::usual_header::UsualHeader;
use crate::clock::Clock;
use crate::field;
use crate::identity::Principal;

/// What one issuer's tokens must say, and the keys that they are signed with.
#[derive(Clone, Debug)]
pub(super) struct Verifier {
    pub(super) policy: Policy,
    pub(super) keys: Keys,
    pub(super) usual: UsualHeader,
}

/// A token that is good.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) principal: Principal,
    /// Whether it is good only in the hand of somebody who can prove something more (`cnf`).
    pub(super) bound: bool,
    /// The claims, as JSON that has been checked.
    pub(super) payload: Vec<u8>,
    /// When it is good.
    pub(super) span: Span,
    /// The keys by which it is good: what was verified by some is not thereby verified by others.
    pub(super) keys: KeySet,
    /// When it was issued, if it says so.
    issued_at: Option<u64>,
    marks: OnceLock<Box<Marks>>,
}

impl Verified {
    /// Whether a revocation of `revocations` stands against it.
    pub(super) async fn ask(&self, revocations: &Revocations, now: u64) -> Result<(), Refused> {
        let marks = self
            .marks
            .get_or_init(|| Box::new(Marks::of(&self.principal)));
        revocations.judge(marks, self.issued_at, now).await
    }

    #[cfg(test)]
    pub(super) fn of_test(principal: Principal) -> Self {
        Self {
            principal,
            bound: false,
            payload: Vec::new(),
            span: Span::of_test(),
            keys: VerifyingKey::hs256([7; 32]).unwrap().into(),
            issued_at: None,
            marks: OnceLock::new(),
        }
    }
}

impl Verifier {
    /// Verifies `token`, if its keys are here and need not be asked for.
    #[cfg_attr(not(feature = "remote"), allow(clippy::unnecessary_wraps))]
    pub(super) fn verify_now(
        &self,
        token: Parts<'_>,
        clock: &dyn Clock,
    ) -> Option<Result<Verified, Fault>> {
        match &self.keys {
            Keys::Held(keys) => Some(self.verify_with(keys, token, clock)),
            #[cfg(feature = "remote")]
            Keys::Remote(_) => None,
        }
    }

    /// Verifies `token` with one of `keys`, the cheapest checks first; of a token whose
    /// signature is bad nothing is kept. All that can be said of it without a key is said before
    /// one is looked for, so that only a token that is good but for its signature can ask for keys.
    pub(super) fn verify_with(
        &self,
        keys: &KeySet,
        token: Parts<'_>,
        clock: &dyn Clock,
    ) -> Result<Verified, Fault> {
        let known = self.usual.load();
        let known = known.as_ref();
        if let Some(key) = known.and_then(|known| known.key(token.header, keys)) {
            return self.verify_by(token, keys, clock, || Ok(key));
        }
        // What begins as good tokens do is most likely one. Of anything else the grammar is looked
        // at before anything is decoded.
        if !field::is_b64token(token.whole) {
            return Err(Fault::MALFORMED);
        }
        let header = token::decode_header(token.header)?;
        let header = Header::read(&header)?;
        let algorithm = self.keys.algorithm(&header.algorithm)?;
        self.policy.judge_header(&header)?;
        let find = || keys.find(algorithm, header.key_id.as_deref());
        let verified = self.verify_by(token, keys, clock, find)?;
        self.usual.learn(token.header, keys, find()?);
        Ok(verified)
    }

    /// Verifies a token whose header is good, with the key that `find` finds.
    fn verify_by<'k>(
        &self,
        token: Parts<'_>,
        keys: &KeySet,
        clock: &dyn Clock,
        find: impl FnOnce() -> Result<&'k VerifyingKey, Fault>,
    ) -> Result<Verified, Fault> {
        // What is no token is found out by its letters, before anything is read.
        let payload = token::decode(token.payload)?;
        let signature = token::decode_signature(token.signature)?;
        let mut claims = Payload::default();
        claims.read(&payload, self.policy.tenant_claim.as_deref())?;
        let span = self.policy.judge(&claims, clock.now())?;
        let issued_at = date(&claims.iat)?.map(whole);
        let bound = claims.cnf != Node::Absent;
        let mut principal = claims.principal(&self.policy.issuer)?;
        if !self.policy.permissions.is_empty() {
            let held = permissions::read(&payload, &self.policy.permissions)?;
            principal = principal.with_permissions(held);
        }

        if !find()?.verifies(token.signed, &signature) {
            return Err(Fault::BAD_SIGNATURE);
        }
        Ok(Verified {
            principal,
            bound,
            payload,
            span,
            keys: keys.clone(),
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
    use crate::clock::ManualClock;
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
            usual: UsualHeader::default(),
        };
        let keys = key.verifying_key().into();
        verifier.verify_with(&keys, token::split(token)?, &ManualClock::at(150))
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
