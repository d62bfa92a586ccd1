//! To whom a token is bound, and what its bearer has to show for it (RFC 7800; RFC 8705, section
//! 3; RFC 9449, section 6).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as STRICT;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::fault::Fault;

/// A SHA-256 digest: of a public key (RFC 7638) or of a certificate (RFC 8705, section 3.1).
pub(super) type Thumbprint = [u8; 32];

/// How a token was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Bearer,
    Dpop,
}

impl Scheme {
    /// The name in `Authorization` and in challenges.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }
}

/// What the author wants of one kind of binding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stance {
    /// Nothing looks at it: tokens that are bound so are refused.
    #[default]
    Off,
    /// Tokens may be bound so, and if they are, it counts.
    Allowed,
    /// Tokens have to be bound so.
    Required,
}

/// Whose a token is, by its claim `cnf`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Confirmation {
    /// The key that signs `DPoP` proofs.
    pub(super) key: Option<Thumbprint>,
    /// The client certificate of the connection.
    pub(super) certificate: Option<Thumbprint>,
}

impl Confirmation {
    /// Reads `cnf` of a checked payload. Everything in it has to be understood: a member that is
    /// passed over is a condition that nobody checks.
    pub(super) fn read(payload: &[u8]) -> Result<Self, Fault> {
        #[derive(Deserialize)]
        struct Claims {
            cnf: Map<String, Value>,
        }
        const MALFORMED: Fault = Fault::token("cnf_malformed");
        let claims: Claims = serde_json::from_slice(payload).map_err(|_| MALFORMED)?;
        let mut found = Self::default();
        for (name, value) in &claims.cnf {
            let place = match name.as_str() {
                "jkt" => &mut found.key,
                "x5t#S256" => &mut found.certificate,
                _ => return Err(Fault::token("cnf_not_understood")),
            };
            let digest = value.as_str().and_then(thumbprint);
            *place = Some(digest.ok_or(MALFORMED)?);
        }
        if found == Self::default() {
            return Err(MALFORMED);
        }
        Ok(found)
    }
}

/// A digest in its one spelling.
pub(super) fn thumbprint(text: &str) -> Option<Thumbprint> {
    if text.len() != 43 {
        return None;
    }
    STRICT.decode(text).ok()?.try_into().ok()
}

/// Why the bearer of a good token is refused all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Breach {
    /// The word for the caller.
    pub(super) error: &'static str,
    /// The word for the event.
    pub(super) reason: &'static str,
    /// The scheme by which the caller should try.
    pub(super) scheme: Scheme,
}

impl Breach {
    /// The token is not good in this hand.
    pub(super) const fn token(reason: &'static str, scheme: Scheme) -> Self {
        Self {
            error: "invalid_token",
            reason,
            scheme,
        }
    }

    /// The `DPoP` proof is not good.
    pub(super) const fn proof(reason: &'static str) -> Self {
        Self {
            error: "invalid_dpop_proof",
            reason,
            scheme: Scheme::Dpop,
        }
    }

    /// The `DPoP` proof lacks a nonce that counts.
    pub(super) const fn nonce(reason: &'static str) -> Self {
        Self {
            error: "use_dpop_nonce",
            reason,
            scheme: Scheme::Dpop,
        }
    }
}

/// Whether a token that is bound as `confirmation` says may be shown by `scheme` at all. What it
/// is bound to has to be proved next.
pub(super) fn judge(
    dpop: Stance,
    mtls: Stance,
    confirmation: Confirmation,
    scheme: Scheme,
) -> Result<(), Breach> {
    let Confirmation { key, certificate } = confirmation;
    let unseen = |bound: Option<Thumbprint>, stance| bound.is_some() && stance == Stance::Off;
    if unseen(key, dpop) || unseen(certificate, mtls) {
        return Err(Breach::token(Fault::BOUND.reason(), scheme));
    }
    match (key, scheme) {
        // Whoever stole a bound token would leave the proof away (RFC 9449, section 7.2).
        (Some(_), Scheme::Bearer) => {
            return Err(Breach::token("bound_token_as_bearer", Scheme::Dpop));
        }
        (None, Scheme::Dpop) => return Err(Breach::token("token_not_bound", Scheme::Dpop)),
        (None, Scheme::Bearer) if dpop == Stance::Required => {
            return Err(Breach::token("token_not_bound", Scheme::Dpop));
        }
        _ => {}
    }
    if certificate.is_none() && mtls == Stance::Required {
        return Err(Breach::token("token_not_bound", scheme));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    #[test]
    fn a_confirmation_is_understood_in_full_or_refused() {
        let digest = std::array::from_fn(|i| u8::try_from(i).unwrap());
        let (key, certificate) = (Some(digest), Some(digest));
        for (cnf, found) in [
            (r#"{"jkt":"D"}"#, Ok((key, None))),
            (r#"{"x5t#S256":"D"}"#, Ok((None, certificate))),
            (r#"{"x5t#S256":"D","jkt":"D"}"#, Ok((key, certificate))),
            (r#"{"jkt":"D","kid":"k"}"#, Err("cnf_not_understood")),
            (r#"{"jwk":{}}"#, Err("cnf_not_understood")),
            (r#"{"jkt":"D","JKT":"D"}"#, Err("cnf_not_understood")),
            ("{}", Err("cnf_malformed")),
            ("[]", Err("cnf_malformed")),
            ("null", Err("cnf_malformed")),
            ("7", Err("cnf_malformed")),
            (r#""D""#, Err("cnf_malformed")),
            (r#"["jkt","D"]"#, Err("cnf_malformed")),
            (r#"{"jkt":null}"#, Err("cnf_malformed")),
            (r#"{"jkt":["D"]}"#, Err("cnf_malformed")),
            (r#"{"jkt":""}"#, Err("cnf_malformed")),
            (r#"{"jkt":"D="}"#, Err("cnf_malformed")),
            (r#"{"jkt":"DA"}"#, Err("cnf_malformed")),
            (r#"{"jkt":"AQ"}"#, Err("cnf_malformed")),
        ] {
            let payload = format!(r#"{{"sub":"a","cnf":{}}}"#, cnf.replace('D', DIGEST));
            let found_now = Confirmation::read(payload.as_bytes());
            let found = found.map(|(key, certificate)| Confirmation { key, certificate });
            assert_eq!(found_now.map_err(Fault::reason), found, "{cnf}");
        }
    }

    #[test]
    fn a_digest_has_one_spelling() {
        assert!(thumbprint(DIGEST).is_some());
        let last_bits = format!("{}9", &DIGEST[..42]);
        for text in [
            "",
            &DIGEST[1..],
            &format!("{DIGEST}A"),
            &DIGEST.replace('D', "+"),
            &last_bits,
        ] {
            assert_eq!(thumbprint(text), None, "{text}");
        }
    }

    #[test]
    fn every_stance_meets_every_binding_by_both_schemes() {
        use Scheme::{Bearer, Dpop};
        use Stance::{Allowed, Off, Required};
        let as_bearer = Err(("bound_token_as_bearer", Dpop));
        let unbound = |scheme| Err(("token_not_bound", scheme));
        let unseen = |scheme| Err(("token_bound", scheme));
        for (dpop, mtls, key, certificate, scheme, expected) in [
            (Off, Off, false, false, Bearer, Ok(())),
            (Off, Off, true, false, Bearer, unseen(Bearer)),
            (Off, Off, false, true, Bearer, unseen(Bearer)),
            (Off, Allowed, true, true, Bearer, unseen(Bearer)),
            (Allowed, Off, true, true, Dpop, unseen(Dpop)),
            (Allowed, Off, false, false, Bearer, Ok(())),
            (Allowed, Off, false, false, Dpop, unbound(Dpop)),
            (Allowed, Off, true, false, Dpop, Ok(())),
            (Allowed, Off, true, false, Bearer, as_bearer),
            (Required, Off, false, false, Bearer, unbound(Dpop)),
            (Required, Off, false, false, Dpop, unbound(Dpop)),
            (Required, Off, true, false, Bearer, as_bearer),
            (Required, Off, true, false, Dpop, Ok(())),
            (Off, Allowed, false, false, Bearer, Ok(())),
            (Off, Allowed, false, true, Bearer, Ok(())),
            (Off, Required, false, false, Bearer, unbound(Bearer)),
            (Off, Required, false, true, Bearer, Ok(())),
            (Allowed, Allowed, true, true, Dpop, Ok(())),
            (Allowed, Allowed, true, true, Bearer, as_bearer),
            (Allowed, Allowed, false, true, Dpop, unbound(Dpop)),
            (Allowed, Allowed, false, true, Bearer, Ok(())),
            (Allowed, Required, true, false, Dpop, unbound(Dpop)),
            (Required, Allowed, false, true, Bearer, unbound(Dpop)),
            (Required, Required, true, true, Dpop, Ok(())),
        ] {
            let confirmation = Confirmation {
                key: key.then_some([1; 32]),
                certificate: certificate.then_some([2; 32]),
            };
            let found = judge(dpop, mtls, confirmation, scheme);
            let found = found.map_err(|breach| (breach.reason, breach.scheme));
            assert_eq!(
                found, expected,
                "{dpop:?} {mtls:?} {confirmation:?} {scheme:?}"
            );
        }
    }
}
