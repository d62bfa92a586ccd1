//! The decision about a token's claims, without any key.

use std::sync::Arc;

use super::claims::{Payload, name};
use super::dates::Span;
use super::fault::Fault;
use super::node::Node;
use super::permissions::Path;
use super::token::Header;

/// What a token must say.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) issuer: Arc<str>,
    /// None: any.
    pub(super) audience: Option<Box<str>>,
    pub(super) profile: Profile,
    /// How far the issuer's clock may be off, in seconds.
    pub(super) leeway: u64,
    /// How long ago a token may have been issued, in seconds.
    pub(super) max_age: Option<u64>,
    pub(super) tenant_claim: Option<Box<str>>,
    /// Where permissions stand, each a path of member names.
    pub(super) permissions: Vec<Path>,
}

/// Which kind of token is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Profile {
    /// Access tokens by the letter of RFC 9068.
    Rfc9068,
    /// Tokens of issuers that do not follow it.
    Plain,
}

impl Policy {
    /// A policy with the defaults of this crate.
    pub(super) fn new(issuer: &str, audience: &str) -> Self {
        Self {
            issuer: issuer.into(),
            audience: Some(audience.into()),
            profile: Profile::Rfc9068,
            leeway: 30,
            max_age: None,
            tenant_claim: None,
            permissions: Vec::new(),
        }
    }

    /// Whether the token is of the expected kind, lest one made for another purpose (an ID token, a
    /// logout token, a `DPoP` proof) be taken for an access token (RFC 8725, section 3.11).
    pub(super) fn judge_header(&self, header: &Header<'_>) -> Result<(), Fault> {
        let is = |expected: &str| {
            header.media_type.as_deref().is_some_and(|given| {
                given.eq_ignore_ascii_case(expected)
                    || given.split_once('/').is_some_and(|(family, name)| {
                        family.eq_ignore_ascii_case("application")
                            && name.eq_ignore_ascii_case(expected)
                    })
            })
        };
        let plain = || header.media_type.is_none() || is("JWT");
        if is("at+jwt") || self.profile == Profile::Plain && plain() {
            Ok(())
        } else {
            Err(Fault::WRONG_TYPE)
        }
    }

    /// Whether the claims are those of a token for this service that is good at `now`, and when else
    /// it is.
    pub(super) fn judge(&self, claims: &Payload<'_>, now: u64) -> Result<Span, Fault> {
        if !matches!(&claims.iss, Node::Text(issuer) if **issuer == *self.issuer) {
            return Err(Fault::WRONG_ISSUER);
        }
        if !self.is_for_us(&claims.aud) {
            return Err(Fault::WRONG_AUDIENCE);
        }
        let span = self.judge_dates(claims, now)?;
        if self.profile == Profile::Rfc9068 {
            name(&claims.client_id, Fault::BAD_CLIENT)?.ok_or(Fault::BAD_CLIENT)?;
            if claims.jti == Node::Absent {
                return Err(Fault::BAD_TOKEN_ID);
            }
        }
        Ok(span)
    }

    fn is_for_us(&self, audience: &Node<'_>) -> bool {
        let Some(own) = self.audience.as_deref() else {
            return true;
        };
        match audience {
            Node::Text(one) => *one == own,
            Node::Texts(several) => several.iter().any(|one| *one == own),
            Node::Absent | Node::Number(_) | Node::Other => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: u64 = 1_000_000;

    fn good() -> Value {
        json!({
            "iss": "https://id.example", "aud": "api", "sub": "alice", "client_id": "web",
            "jti": "1", "iat": NOW, "nbf": NOW, "exp": NOW + 900,
        })
    }

    fn policy() -> Policy {
        Policy::new("https://id.example", "api")
    }

    fn judged(policy: &Policy, claims: &Value) -> Result<(), Fault> {
        let json = claims.to_string();
        let mut claims = Payload::default();
        claims.read(json.as_bytes(), None).unwrap();
        policy.judge(&claims, NOW).map(|_| ())
    }

    /// The verdict on a good token in which `name` is `value` (gone if that is null).
    fn with(policy: &Policy, name: &str, value: Value) -> Result<(), Fault> {
        let mut claims = good();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value;
        }
        judged(policy, &claims)
    }

    #[test]
    fn each_claim_of_rfc_9068_is_needed_and_checked() {
        assert_eq!(judged(&policy(), &good()), Ok(()));
        let issuer = Fault::WRONG_ISSUER;
        let audience = Fault::WRONG_AUDIENCE;
        for (name, value, verdict) in [
            ("iss", json!(null), Err(issuer)),
            ("iss", json!(["https://id.example"]), Err(issuer)),
            ("iss", json!("https://id.example/"), Err(issuer)),
            ("iss", json!("https://id.exampl"), Err(issuer)),
            ("iss", json!("https://ID.example"), Err(issuer)),
            ("iss", json!(7), Err(issuer)),
            ("aud", json!(null), Err(audience)),
            ("aud", json!("ap"), Err(audience)),
            ("aud", json!("api2"), Err(audience)),
            ("aud", json!([]), Err(audience)),
            ("aud", json!({"api": 1}), Err(audience)),
            ("aud", json!(["api", 1]), Err(audience)),
            ("aud", json!([["api"]]), Err(audience)),
            ("aud", json!(["ap", "api2", "API"]), Err(audience)),
            ("aud", json!(["other", "api"]), Ok(())),
            ("client_id", json!(null), Err(Fault::BAD_CLIENT)),
            ("client_id", json!(""), Err(Fault::BAD_CLIENT)),
            ("client_id", json!(7), Err(Fault::BAD_CLIENT)),
            ("jti", json!(null), Err(Fault::BAD_TOKEN_ID)),
            ("iat", json!(null), Err(Fault::NO_ISSUE_DATE)),
            ("exp", json!(null), Err(Fault::NO_EXPIRY)),
            ("nbf", json!(null), Ok(())),
        ] {
            assert_eq!(
                with(&policy(), name, value.clone()),
                verdict,
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn a_plain_token_needs_issuer_audience_and_expiry() {
        let mut policy = policy();
        policy.profile = Profile::Plain;
        let bare = json!({"iss": "https://id.example", "aud": "api", "exp": NOW});
        assert_eq!(judged(&policy, &bare), Ok(()));
        for name in ["iss", "aud", "exp"] {
            assert!(with(&policy, name, json!(null)).is_err(), "{name}");
        }
        policy.audience = None;
        assert_eq!(with(&policy, "aud", json!(null)), Ok(()));
    }

    #[test]
    fn a_token_is_of_the_expected_type() {
        for (media_type, strict, plain) in [
            (Some("at+jwt"), true, true),
            (Some("AT+JWT"), true, true),
            (Some("application/at+jwt"), true, true),
            (Some("Application/AT+jwt"), true, true),
            (Some("JWT"), false, true),
            (Some("jwt"), false, true),
            (None, false, true),
            (Some(""), false, false),
            (Some("text/at+jwt"), false, false),
            (Some("at+jwt "), false, false),
            (Some("dpop+jwt"), false, false),
            (Some("logout+jwt"), false, false),
            (Some("secevent+jwt"), false, false),
        ] {
            let header = Header {
                media_type: media_type.map(Into::into),
                ..Header::default()
            };
            let mut policy = policy();
            assert_eq!(
                policy.judge_header(&header).is_ok(),
                strict,
                "{media_type:?}"
            );
            policy.profile = Profile::Plain;
            assert_eq!(
                policy.judge_header(&header).is_ok(),
                plain,
                "{media_type:?}"
            );
        }
    }
}
