//! Why a token is refused: the words for the event, which the caller never sees.

use crate::problem::Kind;

/// What is wrong with a request's credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    reason: &'static str,
    kind: Kind,
}

impl Fault {
    /// A token that is not accepted: 401.
    pub(super) const fn token(reason: &'static str) -> Self {
        Self {
            reason,
            kind: Kind::InvalidCredential,
        }
    }

    /// A credential that is not sent as it should be: 400.
    const fn request(reason: &'static str) -> Self {
        Self {
            reason,
            kind: Kind::InvalidRequest,
        }
    }

    pub(super) const fn reason(self) -> &'static str {
        self.reason
    }

    pub(super) const fn kind(self) -> Kind {
        self.kind
    }

    pub(super) const SEVERAL: Self = Self::request("several_authorizations");
    pub(super) const MALFORMED: Self = Self::request("malformed_authorization");

    pub(super) const TOO_LONG: Self = Self::token("token_too_long");
    pub(super) const NOT_COMPACT: Self = Self::token("token_malformed");
    pub(super) const ENCRYPTED: Self = Self::token("token_encrypted");
    pub(super) const BAD_BASE64: Self = Self::token("bad_base64");

    pub(super) const BAD_JSON: Self = Self::token("bad_json");
    pub(super) const DUPLICATE_MEMBER: Self = Self::token("duplicate_member");
    pub(super) const TOO_DEEP: Self = Self::token("json_too_deep");
    pub(super) const TOO_MANY_MEMBERS: Self = Self::token("too_many_members");

    pub(super) const WRONG_ALGORITHM: Self = Self::token("wrong_algorithm");
    pub(super) const CRITICAL: Self = Self::token("crit_refused");
    pub(super) const WRONG_TYPE: Self = Self::token("wrong_token_type");
    pub(super) const BAD_KEY_ID: Self = Self::token("kid_malformed");
    pub(super) const UNKNOWN_KEY: Self = Self::token("unknown_key");
    pub(super) const BAD_SIGNATURE: Self = Self::token("bad_signature");

    pub(super) const WRONG_ISSUER: Self = Self::token("wrong_issuer");
    pub(super) const WRONG_AUDIENCE: Self = Self::token("wrong_audience");
    pub(super) const BAD_DATE: Self = Self::token("date_malformed");
    pub(super) const NO_EXPIRY: Self = Self::token("exp_missing");
    pub(super) const EXPIRED: Self = Self::token("token_expired");
    pub(super) const NOT_YET_VALID: Self = Self::token("token_not_yet_valid");
    pub(super) const NO_ISSUE_DATE: Self = Self::token("iat_missing");
    pub(super) const FROM_THE_FUTURE: Self = Self::token("issued_in_future");
    pub(super) const TOO_OLD: Self = Self::token("token_too_old");
    pub(super) const BAD_SUBJECT: Self = Self::token("sub_malformed");
    pub(super) const BAD_CLIENT: Self = Self::token("client_id_malformed");
    pub(super) const BAD_TOKEN_ID: Self = Self::token("jti_malformed");
    pub(super) const BAD_TENANT: Self = Self::token("tenant_malformed");
    pub(super) const BAD_SCOPE: Self = Self::token("scope_malformed");
    pub(super) const SCOPE_CONFLICT: Self = Self::token("scope_conflict");
    pub(super) const BAD_PERMISSIONS: Self = Self::token("permissions_malformed");
    pub(super) const REVOKED: Self = Self::token("token_revoked");
    pub(super) const BOUND: Self = Self::token("token_bound");
    pub(super) const CLAIMS_MISMATCH: Self = Self::token("claims_mismatch");
}
