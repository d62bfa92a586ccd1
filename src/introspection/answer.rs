//! What an authorization server says about a token (RFC 7662, section 2.2).

use std::fmt;
use std::sync::Arc;

use super::wire::{Audience, Verdict, Wire};
use crate::fetch::{Malformed, object};
use crate::identity::{Credential, Principal, Scopes};

/// An answer: the token is good for nothing, or is what follows.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Inactive,
    Active(Arc<Active>),
}

/// What is known of a token that its server calls active. Its `Debug` names nobody.
pub(super) struct Active {
    /// None if the answer names no subject.
    pub(super) principal: Option<Principal>,
    pub(super) issuer: Option<String>,
    pub(super) audiences: Vec<String>,
    pub(super) expires_at: Option<u64>,
    pub(super) not_before: Option<u64>,
    pub(super) issued_at: Option<u64>,
    pub(super) client_id: Option<String>,
    pub(super) username: Option<String>,
    /// Whether the token is bound to a key, which a mere bearer has not shown (RFC 9449, RFC 8705).
    pub(super) is_bound: bool,
    /// Whether the server says that it is another kind of token, such as a refresh token.
    pub(super) is_of_other_use: bool,
}

impl Answer {
    /// Reads the body of an answer. `active` must be there and be `true` or `false`; whatever else
    /// is read must have its proper type, since a date that is not understood is no date kept.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let fault = Malformed::new("introspection_answer_malformed");
        let verdict: Verdict = object(body).ok_or(fault)?;
        if !verdict.active {
            return Ok(Self::Inactive);
        }
        let wire: Wire = object(body).ok_or(fault)?;
        // Read twice: the second reading must not be of something else.
        if !wire.active {
            return Err(fault);
        }
        Ok(Self::Active(Arc::new(wire.into())))
    }
}

impl From<Wire> for Active {
    fn from(wire: Wire) -> Self {
        let principal = wire.sub.filter(|sub| !sub.is_empty()).map(|subject| {
            let credential = Credential::Token {
                id: wire.jti.map(Into::into),
            };
            let mut principal = Principal::new(subject)
                .with_credential(credential)
                .with_scopes(Scopes::parse(wire.scope.as_deref().unwrap_or_default()))
                .with_amr(wire.amr);
            if let Some(issuer) = &wire.iss {
                principal = principal.with_issuer(issuer.as_str());
            }
            if let Some(seconds) = wire.auth_time {
                principal = principal.with_auth_time(seconds);
            }
            if let Some(acr) = wire.acr {
                principal = principal.with_acr(acr);
            }
            principal
        });
        let is = |word: &Option<String>, others: &[&str]| {
            let word = word.as_deref().unwrap_or_default();
            others.iter().any(|other| word.eq_ignore_ascii_case(other))
        };
        let others = ["refresh_token", "refresh", "id_token", "id", "offline"];
        Self {
            principal,
            issuer: wire.iss,
            audiences: match wire.aud {
                None => Vec::new(),
                Some(Audience::One(name)) => vec![name],
                Some(Audience::Several(names)) => names,
            },
            expires_at: wire.exp,
            not_before: wire.nbf,
            issued_at: wire.iat,
            client_id: wire.client_id,
            username: wire.username,
            is_bound: wire.cnf.is_some() || is(&wire.token_type, &["dpop", "pop"]),
            is_of_other_use: [&wire.token_type, &wire.token_use, &wire.typ]
                .into_iter()
                .any(|word| is(word, &others)),
        }
    }
}

impl fmt::Debug for Active {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Active").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn active(members: &str) -> Option<Arc<Active>> {
        match Answer::parse(format!(r#"{{"active":true{members}}}"#).as_bytes()) {
            Ok(Answer::Active(active)) => Some(active),
            _ => None,
        }
    }

    #[test]
    fn only_the_literal_true_makes_a_token_active() {
        for (body, expected) in [
            (r#"{"active":true}"#, Some(true)),
            (r#" {"active" : true } "#, Some(true)),
            (r#"{"active":false}"#, Some(false)),
            (r#"{"active":false,"exp":"odd","sub":7}"#, Some(false)),
            (r#"{"active":"true"}"#, None),
            (r#"{"active":1}"#, None),
            (r#"{"active":null}"#, None),
            (r#"{"active":[true]}"#, None),
            (r#"{"Active":true}"#, None),
            (r#"{"active":true,"active":false}"#, None),
            (r#"{"active":false,"active":true}"#, None),
            (r#"{"active":true,"sub":"a","sub":"b"}"#, None),
            (r#"{"active":true} x"#, None),
            (r#"{"active":true"#, None),
            ("[true]", None),
            ("true", None),
            ("{}", None),
            ("", None),
            ("\u{feff}{\"active\":true}", None),
        ] {
            let found = match Answer::parse(body.as_bytes()) {
                Ok(Answer::Active(_)) => Some(true),
                Ok(Answer::Inactive) => Some(false),
                Err(_) => None,
            };
            assert_eq!(found, expected, "{body}");
        }
    }

    #[test]
    fn the_principal_is_what_the_server_says() {
        let found = active(
            r#","sub":"alice","iss":"https://id.example","scope":"a b","jti":"7","acr":"gold",
            "amr":["pwd"],"auth_time":1000,"client_id":"app","username":"al","aud":["x","y"]"#,
        )
        .unwrap();
        let caller = found.principal.as_ref().unwrap();
        assert_eq!(
            (caller.subject(), caller.issuer()),
            ("alice", Some("https://id.example"))
        );
        assert_eq!(caller.credential().id(), Some("7"));
        assert!(caller.scopes().contains("b"));
        assert_eq!(
            (caller.acr(), caller.auth_time()),
            (Some("gold"), Some(1000))
        );
        assert!(caller.amr().eq(["pwd"]));
        assert_eq!(found.client_id.as_deref(), Some("app"));
        assert_eq!(found.audiences, ["x", "y"]);
        assert!(!format!("{found:?}").contains("al"), "{found:?}");
        assert!(active(r#","sub":"""#).unwrap().principal.is_none());
        assert!(active(r#","client_id":"app""#).unwrap().principal.is_none());
    }

    #[test]
    fn tokens_that_are_bound_or_of_another_use_are_told() {
        for (members, bound, other) in [
            ("", false, false),
            (r#","token_type":"Bearer""#, false, false),
            (
                r#","token_type":"access_token","token_use":"access_token""#,
                false,
                false,
            ),
            (r#","token_type":"DPoP""#, true, false),
            (r#","cnf":{"jkt":"x"}"#, true, false),
            (r#","cnf":{}"#, true, false),
            (r#","token_use":"refresh_token""#, false, true),
            (r#","typ":"Refresh""#, false, true),
            (r#","typ":"ID""#, false, true),
        ] {
            let found = active(members).unwrap();
            assert_eq!(
                (found.is_bound, found.is_of_other_use),
                (bound, other),
                "{members}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_none_are_active_without_saying_so(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            text in r#"\{("(active|exp|sub)":(true|false|null|"x"|-?[0-9]{1,20}),?){0,4}\}"#,
        ) {
            for body in [&bytes[..], text.as_bytes()] {
                if let Ok(Answer::Active(_)) = Answer::parse(body) {
                    prop_assert!(text.contains(r#""active":true"#));
                }
            }
        }
    }
}
