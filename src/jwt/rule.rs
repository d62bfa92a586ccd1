//! The decision about a token's claims, without any key.

use super::claims::{Payload, date, name};
use super::fault::Fault;
use super::json::Node;
use super::token::Header;

/// What a token must say.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) issuer: Box<str>,
    /// None: any.
    pub(super) audience: Option<Box<str>>,
    pub(super) profile: Profile,
    /// How far the issuer's clock may be off, in seconds.
    pub(super) leeway: u64,
    /// How long ago a token may have been issued, in seconds.
    pub(super) max_age: Option<u64>,
    pub(super) tenant_claim: Option<Box<str>>,
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

    /// Whether the claims are those of a token for this service that is good at `now`.
    pub(super) fn judge(&self, claims: &Payload<'_>, now: u64) -> Result<(), Fault> {
        if !matches!(&claims.iss, Node::Text(issuer) if **issuer == *self.issuer) {
            return Err(Fault::WRONG_ISSUER);
        }
        if !self.is_for_us(&claims.aud) {
            return Err(Fault::WRONG_AUDIENCE);
        }
        self.judge_dates(claims, now)?;
        if self.profile == Profile::Rfc9068 {
            name(claims.client_id.clone(), Fault::BAD_CLIENT)?.ok_or(Fault::BAD_CLIENT)?;
            if claims.jti == Node::Absent {
                return Err(Fault::BAD_TOKEN_ID);
            }
        }
        Ok(())
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

    // Dates are far below 2^52, from where on this loses precision.
    #[allow(clippy::cast_precision_loss)]
    fn judge_dates(&self, claims: &Payload<'_>, now: u64) -> Result<(), Fault> {
        let (now, leeway) = (now as f64, self.leeway as f64);
        let expiry = date(&claims.exp)?.ok_or(Fault::NO_EXPIRY)?;
        let late = now - expiry;
        // Without leeway a token is good before its expiry and not at it (RFC 7519, section 4.1.4).
        if late > leeway || late >= 0.0 && self.leeway == 0 {
            return Err(Fault::EXPIRED);
        }
        if date(&claims.nbf)?.is_some_and(|start| start - now > leeway) {
            return Err(Fault::NOT_YET_VALID);
        }
        let issued = date(&claims.iat)?;
        if issued.is_some_and(|issued| issued - now > leeway) {
            return Err(Fault::FROM_THE_FUTURE);
        }
        match (issued, self.max_age) {
            (Some(issued), Some(most)) if now - issued > most as f64 + leeway => {
                Err(Fault::TOO_OLD)
            }
            (None, Some(_)) => Err(Fault::NO_ISSUE_DATE),
            (None, None) if self.profile == Profile::Rfc9068 => Err(Fault::NO_ISSUE_DATE),
            _ => Ok(()),
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
        policy.judge(&Payload::read(json.as_bytes(), None).unwrap(), NOW)
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
    fn dates_count_to_the_second_on_both_sides_of_the_leeway() {
        for (leeway, name, value, verdict) in [
            (30, "exp", json!(NOW - 30), Ok(())),
            (30, "exp", json!(NOW - 31), Err(Fault::EXPIRED)),
            (30, "exp", json!(999_969.5), Err(Fault::EXPIRED)),
            (30, "exp", json!(999_970.5), Ok(())),
            (0, "exp", json!(NOW + 1), Ok(())),
            (0, "exp", json!(1_000_000.5), Ok(())),
            (0, "exp", json!(NOW), Err(Fault::EXPIRED)),
            (30, "nbf", json!(NOW + 30), Ok(())),
            (30, "nbf", json!(NOW + 31), Err(Fault::NOT_YET_VALID)),
            (0, "nbf", json!(NOW), Ok(())),
            (0, "nbf", json!(1_000_000.5), Err(Fault::NOT_YET_VALID)),
            (30, "iat", json!(NOW + 30), Ok(())),
            (30, "iat", json!(NOW + 31), Err(Fault::FROM_THE_FUTURE)),
            (30, "nbf", json!("1"), Err(Fault::BAD_DATE)),
            (30, "iat", json!(-1), Err(Fault::BAD_DATE)),
            (30, "exp", json!("9999999999"), Err(Fault::BAD_DATE)),
            (30, "exp", json!(1e300), Err(Fault::BAD_DATE)),
            (30, "exp", json!(true), Err(Fault::BAD_DATE)),
        ] {
            let mut policy = policy();
            policy.leeway = leeway;
            assert_eq!(
                with(&policy, name, value.clone()),
                verdict,
                "{leeway} {name}: {value}"
            );
        }
    }

    #[test]
    fn a_greatest_age_counts_from_the_issue_date() {
        let mut policy = policy();
        policy.max_age = Some(100);
        for (iat, verdict) in [
            (json!(NOW - 130), Ok(())),
            (json!(NOW - 131), Err(Fault::TOO_OLD)),
            (json!(null), Err(Fault::NO_ISSUE_DATE)),
        ] {
            assert_eq!(with(&policy, "iat", iat.clone()), verdict, "{iat}");
            policy.profile = Profile::Plain;
            assert_eq!(with(&policy, "iat", iat.clone()), verdict, "{iat}");
            policy.profile = Profile::Rfc9068;
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
