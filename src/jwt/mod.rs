//! Stops requests without a valid JSON Web Token, and gives tokens out.
//!
//! [`RequireJwt`] stands where callers are identified. It takes a token from the one
//! `Authorization: Bearer` header ([RFC 6750]) and verifies it in this order, the cheapest first:
//! grammar and length (16 KiB), header, claims, signature ([RFC 7519], [RFC 8725], [RFC 9068]). It
//! leaves a [`Principal`] for the guards behind it and the claims for the extractor [`Claims`].
//! Keys are given when the application is put together, or fetched (see below).
//!
//! The algorithm is that of the key, never that of the token; addresses and keys inside a token are
//! not looked at; an unknown critical header, a member given twice, and a token bound to a key that
//! its bearer has not shown (`cnf`) are refused. [`Dpop`] and [`Mtls`] take tokens that are bound
//! to a key or to a client certificate, so that a stolen one opens nothing; only used `DPoP` proofs
//! are stored, and a store that is full or down is answered 503.
//!
//! ```
//! use axum::{Router, routing::get};
//! use portcullis::identity::{Principal, Scopes};
//! use portcullis::jwt::{Claims, Grant, JwtIssuer, RequireJwt, SigningKey};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! struct Account {
//!     plan: String,
//! }
//!
//! async fn articles(caller: Principal, Claims(account): Claims<Account>) -> String {
//!     format!("articles of {}, who is on {}", caller.subject(), account.plan)
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let key = SigningKey::hs256([7; 32])?; // from a vault, and random
//! let guard = RequireJwt::new("https://id.example", "articles", key.verifying_key())?
//!     .with_scopes(["articles:read"])?;
//! let app: Router = Router::new().route("/articles", get(articles)).layer(guard);
//!
//! let issuer = JwtIssuer::new("https://id.example", "articles", key)?;
//! let grant = Grant::to("alice")
//!     .with_scopes(Scopes::of(["articles:read"])?)
//!     .with_claims(&serde_json::json!({ "plan": "free" }))?;
//! let token = issuer.issue(&grant)?; // 15 minutes from now it has expired
//! # let request = http::Request::get("/articles")
//! #     .header("authorization", format!("Bearer {}", token.expose()))
//! #     .body(axum::body::Body::empty())?;
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # let response = runtime.block_on(tower::ServiceExt::oneshot(app, request))?;
//! # assert_eq!(response.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! # Several issuers
//!
//! [`RequireJwt::of`] trusts each [`Issuer`] that it is given, by rules and keys of its own. The claim
//! `iss` chooses among them before any key is looked at; a token of any other issuer is refused, and
//! nobody is asked about it. The same subject at two issuers is two callers.
//!
//! # Keys that are fetched
//!
//! With the feature `remote`, `Issuer::discover` finds an issuer's keys from its name (`OpenID`
//! Connect Discovery 1.0, RFC 8414), and `Issuer::with_remote_jwks` takes them from an address.
//!
//! - Only a token that is good in all but its signature has anything fetched.
//! - Fetched keys are kept fresh in the background. A key that is not among them, or a signature that
//!   does not fit, has them fetched anew, at most once in 30 seconds; those who need that wait for at
//!   most 5, and requests with known keys never.
//! - When the issuer cannot be reached, its last good keys serve for an hour beyond their time. After
//!   that, or if there never were any, the answer is 503 with `Retry-After`.
//! - Keys that are weak, malformed, secret, or not for signatures are passed over one by one; two of
//!   the same name and algorithm serve no token; a set without any good key is as if it had not come.
//!
//! [`RequireJwt::status`] tells how things stand.
//!
//! # Tokens that come again
//!
//! A token is kept from the second time on that it is verified, in bounded room
//! ([`RequireJwt::with_token_cache`]), and from then on costs no signature check. It is found by its
//! whole text, for one guard's own rules, until it expires or the issuer's keys change. What may
//! change from one request to the next is asked each time: the hour, revocation, proofs of
//! possession, scopes, the author's checks.
//!
//! # Tokens that are taken back
//!
//! [`Revocations`] remember tokens by their id, all of a subject, and all of an issuer, for as long
//! as such a token could be good. A store that is down lets nobody in (503).
//!
//! # Answers
//!
//! | The request shows | Answer | `error` |
//! |---|---|---|
//! | no credential, or one of another scheme | 401 | none |
//! | several `Authorization` lines, or a malformed one | 400 | `invalid_request` |
//! | a token that is not accepted | 401 | `invalid_token` |
//! | a good token without the scopes | 403 | `insufficient_scope` |
//! | a token whose issuer's keys cannot be had (`keys_unavailable`) | 503 | none |
//! | a bound token whose proof is missing or not good | 401 | `invalid_dpop_proof` |
//! | a proof without a nonce that counts, where nonces are asked for | 401 | `use_dpop_nonce` |
//! | a proof while the store of used ones is full or down | 503 | none |
//! | a token while the store of revocations is down | 503 | none |
//!
//! The caller never learns more. The event has the reason: `several_authorizations`,
//! `malformed_authorization`; `token_too_long`, `token_malformed`, `token_encrypted`, `bad_base64`,
//! `bad_json`, `duplicate_member`, `json_too_deep`, `too_many_members`; `wrong_algorithm`,
//! `crit_refused`, `wrong_token_type`, `kid_malformed`, `unknown_key`, `bad_signature`;
//! `wrong_issuer`, `wrong_audience`, `date_malformed`, `exp_missing`, `token_expired`,
//! `token_not_yet_valid`, `iat_missing`, `issued_in_future`, `token_too_old`, `sub_malformed`,
//! `client_id_malformed`, `jti_malformed`, `tenant_malformed`, `scope_malformed`,
//! `scope_conflict`, `permissions_malformed`, `token_revoked`, `revocation_store_unavailable`,
//! `token_bound`, `claims_mismatch`; `cnf_malformed`, `cnf_not_understood`,
//! `token_not_bound`, `bound_token_as_bearer`; `certificate_missing`, `certificate_mismatch`,
//! `certificate_malformed`, `several_certificates`; `dpop_proof_missing`, `several_dpop_proofs`,
//! `dpop_proof_too_long`, `dpop_proof_malformed`, `dpop_jti_malformed` and likewise for `htm`,
//! `htu`, `iat`, `ath` and `nonce`, `dpop_wrong_type`, `dpop_wrong_algorithm`,
//! `dpop_key_malformed`, `dpop_key_refused`, `dpop_bad_signature`, `dpop_htm_mismatch`,
//! `dpop_htu_mismatch`, `dpop_nonce_missing`, `dpop_nonce_forged`, `dpop_nonce_expired`,
//! `dpop_proof_stale`, `dpop_ath_mismatch`, `dpop_key_mismatch`, `dpop_proof_replayed`,
//! `dpop_store_unavailable`; and the words of the author's own checks.
//! Since claims are looked at before the signature, a reason is a hint about who sent a refused
//! token, not a proof.
//!
//! [`Principal`]: crate::identity::Principal
//! [RFC 6750]: https://www.rfc-editor.org/rfc/rfc6750
//! [RFC 7519]: https://www.rfc-editor.org/rfc/rfc7519
//! [RFC 8725]: https://www.rfc-editor.org/rfc/rfc8725
//! [RFC 9068]: https://www.rfc-editor.org/rfc/rfc9068

mod algorithm;
mod backend;
mod bearer;
mod binding;
mod bound_grant;
mod claims;
mod dates;
mod dpop;
mod extract;
mod fault;
#[cfg(feature = "test-util")]
mod fresh;
mod grant;
mod guard;
#[cfg(feature = "remote")]
mod import;
mod issuer;
mod json;
mod jwk;
mod kept;
mod key_set;
mod key_source;
mod keys;
mod leeway;
mod mtls;
mod node;
mod pem;
mod permissions;
mod refusal;
#[cfg(feature = "remote")]
mod remote;
mod revocations;
mod roster;
mod rule;
mod sender;
mod signer;
mod status;
#[cfg(feature = "session")]
mod stored_grant;
mod token;
mod trusted;
mod usual_header;
#[cfg(test)]
mod vectors;
mod verifier;
#[cfg(test)]
mod wycheproof;

pub use algorithm::Algorithm;
pub use dpop::{Dpop, NonceKeys};
pub use extract::Claims;
pub use grant::{Grant, IssueError};
pub use guard::RequireJwt;
pub use issuer::JwtIssuer;
pub use kept::TokenCacheStatus;
pub use key_set::KeySet;
pub use keys::{SigningKey, VerifyingKey};
pub use mtls::{ClientCertificate, Mtls};
pub use revocations::Revocations;
pub use status::IssuerStatus;
pub use trusted::Issuer;

#[cfg(feature = "test-util")]
pub(crate) use {
    extract::MadeUpClaims,
    fresh::{FreshKey, forged_mac},
};
