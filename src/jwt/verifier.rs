//! A token goes in; who is calling comes out, or why not.

use bytes::Bytes;

use super::claims::Payload;
use super::fault::Fault;
use super::json::Node;
use super::key_set::KeySet;
use super::rule::Policy;
use super::token::{self, Header, LONGEST_SIGNATURE};
use crate::identity::Principal;

/// What one issuer's tokens must say, and the keys that they are signed with.
#[derive(Clone, Debug)]
pub(super) struct Verifier {
    pub(super) policy: Policy,
    pub(super) keys: KeySet,
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
    /// Verifies `token` at `now`, the cheapest checks first; of a token whose signature is bad
    /// nothing is kept.
    pub(super) fn verify(&self, token: &str, now: u64) -> Result<Verified, Fault> {
        let parts = token::split(token)?;
        let header = token::decode(parts.header)?;
        let header = Header::read(&header)?;
        let algorithm = self.keys.algorithm(&header.algorithm)?;
        self.policy.judge_header(&header)?;

        let payload = token::decode(parts.payload)?;
        let claims = Payload::read(&payload, self.policy.tenant_claim.as_deref())?;
        self.policy.judge(&claims, now)?;

        let key = self.keys.find(algorithm, header.key_id.as_deref())?;
        let mut buffer = [0; LONGEST_SIGNATURE];
        let signature = token::decode_signature(parts.signature, &mut buffer)?;
        if !key.verifies(parts.signed.as_bytes(), signature) {
            return Err(Fault::BAD_SIGNATURE);
        }
        let bound = claims.cnf != Node::Absent;
        let principal = claims.into_principal()?;
        Ok(Verified {
            principal,
            bound,
            payload: Bytes::from(payload),
        })
    }
}
