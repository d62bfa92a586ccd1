//! The inside of a token: the claims that this crate reads (RFC 7519, section 4.1; RFC 9068).

use std::sync::Arc;

use super::dates::whole;
use super::fault::Fault;
use super::json;
use super::node::{Member, Node, keep};
use super::token::LONGEST_NAME;
use crate::identity::{Principal, Scope, Scopes};

/// Names that an issuer's own claims may not take.
pub(super) const RESERVED: [&str; 15] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "client_id",
    "scope",
    "scopes",
    "scp",
    "auth_time",
    "acr",
    "amr",
    "cnf",
];

/// The latest date that is taken for one, the end of the year 9999; later ones are mostly
/// milliseconds.
const LATEST: f64 = 253_402_300_799.0;

/// Claims as they stand in a payload, of whatever type.
#[derive(Debug, Default)]
pub(super) struct Payload<'p> {
    pub(super) iss: Node<'p>,
    pub(super) sub: Node<'p>,
    pub(super) aud: Node<'p>,
    pub(super) exp: Node<'p>,
    pub(super) nbf: Node<'p>,
    pub(super) iat: Node<'p>,
    pub(super) jti: Node<'p>,
    pub(super) client_id: Node<'p>,
    pub(super) cnf: Node<'p>,
    scope: Node<'p>,
    scopes: Node<'p>,
    scp: Node<'p>,
    auth_time: Node<'p>,
    acr: Node<'p>,
    amr: Node<'p>,
    tenant: Node<'p>,
}

impl<'p> Payload<'p> {
    /// Reads a decoded payload; the tenant is in the claim `tenant`, if there is to be one.
    pub(super) fn read(&mut self, json: &'p [u8], tenant: Option<&str>) -> Result<(), Fault> {
        let claims = self;
        json::read(json, usize::MAX, |name, node| {
            if tenant == Some(name) {
                claims.tenant = node.clone();
            }
            let place = match name {
                "iss" => &mut claims.iss,
                "sub" => &mut claims.sub,
                "aud" => &mut claims.aud,
                "exp" => &mut claims.exp,
                "nbf" => &mut claims.nbf,
                "iat" => &mut claims.iat,
                "jti" => &mut claims.jti,
                "client_id" => &mut claims.client_id,
                "cnf" => &mut claims.cnf,
                "scope" => &mut claims.scope,
                "scopes" => &mut claims.scopes,
                "scp" => &mut claims.scp,
                "auth_time" => &mut claims.auth_time,
                "acr" => &mut claims.acr,
                "amr" => &mut claims.amr,
                _ => return Member::Foreign,
            };
            keep(place, node)
        })
    }

    /// Who is calling, by these claims of `issuer`, as they were judged to be. A login time, `acr` or `amr` of the wrong type counts as
    /// none, so that it never satisfies a step-up.
    pub(super) fn principal(&self, issuer: &Arc<str>) -> Result<Principal, Fault> {
        let scopes = agreed([&self.scope, &self.scopes, &self.scp])?;
        let subject = name(&self.sub, Fault::BAD_SUBJECT)?.ok_or(Fault::BAD_SUBJECT)?;
        let id = name(&self.jti, Fault::BAD_TOKEN_ID)?;
        let mut principal = Principal::of_token(subject, issuer, id, scopes);
        if let Some(tenant) = text(&self.tenant, Fault::BAD_TENANT)? {
            principal = principal.with_tenant(tenant);
        }
        if let Ok(Some(seconds)) = date(&self.auth_time) {
            // A login within a second counts from its beginning.
            principal = principal.with_auth_time(whole(seconds));
        }
        if let Node::Text(acr) = &self.acr {
            principal = principal.with_acr(&**acr);
        }
        if let Node::Texts(amr) = &self.amr {
            principal = principal.with_amr(amr.iter().map(|method| &**method));
        }
        Ok(principal)
    }
}

/// Seconds since the Unix epoch (`NumericDate`: a number, fractions allowed), if they are there.
pub(super) fn date(node: &Node<'_>) -> Result<Option<f64>, Fault> {
    match node {
        Node::Absent => Ok(None),
        // What is no number at all is in no range.
        Node::Number(seconds) if (0.0..=LATEST).contains(seconds) => Ok(Some(*seconds)),
        _ => Err(Fault::BAD_DATE),
    }
}

/// Text, if it is there; anything else is `fault`.
fn text<'n>(node: &'n Node<'_>, fault: Fault) -> Result<Option<&'n str>, Fault> {
    match node {
        Node::Absent => Ok(None),
        Node::Text(text) => Ok(Some(text)),
        Node::Number(_) | Node::Texts(_) | Node::Other => Err(fault),
    }
}

/// A name of one to 255 bytes, if it is there.
pub(super) fn name<'n>(node: &'n Node<'_>, fault: Fault) -> Result<Option<&'n str>, Fault> {
    match text(node, fault)? {
        Some(name) if name.is_empty() || name.len() > LONGEST_NAME => Err(fault),
        name => Ok(name),
    }
}

/// The scopes of those claims that are there, which must all say the same.
fn agreed(claims: [&Node<'_>; 3]) -> Result<Scopes, Fault> {
    let mut agreed: Option<Scopes> = None;
    for claim in claims {
        let scopes = match claim {
            Node::Absent => continue,
            Node::Text(text) => Scopes::parse(text),
            // What could not be a scope by itself must not become two of them when joined.
            Node::Texts(names) => Scopes::of(names.iter().filter(|name| Scope::new(name).is_ok()))
                .map_err(|_| Fault::BAD_SCOPE)?,
            Node::Number(_) | Node::Other => return Err(Fault::BAD_SCOPE),
        };
        match &agreed {
            Some(known) if !(known.contains_all(&scopes) && scopes.contains_all(known)) => {
                return Err(Fault::SCOPE_CONFLICT);
            }
            _ => agreed = Some(scopes),
        }
    }
    Ok(agreed.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &[u8], tenant: Option<&str>) -> Result<Principal, Fault> {
        let mut claims = Payload::default();
        claims.read(json, tenant)?;
        claims.principal(&"i".into())
    }

    fn principal(claims: &str) -> Result<Principal, Fault> {
        let json = format!(r#"{{"sub":"alice"{claims}}}"#);
        read(json.as_bytes(), Some("org"))
    }

    #[test]
    fn scopes_are_read_from_any_of_three_claims_that_agree() {
        for (claims, scopes) in [
            ("", Ok("")),
            (r#","scope":"""#, Ok("")),
            (r#","scope":"a b""#, Ok("a b")),
            (r#","scp":["a","b"]"#, Ok("a b")),
            (r#","scopes":"a b""#, Ok("a b")),
            (r#","scopes":["a","b"],"scope":"b a""#, Ok("a b")),
            (r#","scp":[]"#, Ok("")),
            (r#","scp":["a b","c"]"#, Ok("c")),
            (
                r#","scope":"a","scp":["a","b"]"#,
                Err(Fault::SCOPE_CONFLICT),
            ),
            (r#","scope":"a","scopes":"""#, Err(Fault::SCOPE_CONFLICT)),
            (r#","scope":1"#, Err(Fault::BAD_SCOPE)),
            (r#","scope":null"#, Err(Fault::BAD_SCOPE)),
            (r#","scp":["a",1]"#, Err(Fault::BAD_SCOPE)),
            (r#","scopes":{"a":1}"#, Err(Fault::BAD_SCOPE)),
        ] {
            let found = principal(claims).map(|caller| caller.scopes().clone());
            match (found, scopes) {
                (Ok(found), Ok(scopes)) => {
                    let scopes = Scopes::parse(scopes);
                    assert!(
                        found.contains_all(&scopes) && scopes.contains_all(&found),
                        "{claims}"
                    );
                }
                (found, scopes) => assert_eq!(found.err(), scopes.err(), "{claims}"),
            }
        }
        assert!(
            !principal(r#","scp":["a b"]"#)
                .unwrap()
                .scopes()
                .contains("a")
        );
        assert!(
            !principal(r#","scope":"x\tb""#)
                .unwrap()
                .scopes()
                .contains("b")
        );
    }

    #[test]
    fn a_principal_is_what_the_claims_say_and_no_more() {
        let json = br#"{"iss":"i","sub":"alice","jti":"7","org":"acme","auth_time":1000.9,
            "acr":"high","amr":["pwd","otp"]}"#;
        let caller = read(json, Some("org")).unwrap();
        assert_eq!((caller.subject(), caller.issuer()), ("alice", Some("i")));
        assert_eq!(
            (caller.tenant(), caller.acr()),
            (Some("acme"), Some("high"))
        );
        assert_eq!(caller.auth_time(), Some(1000));
        assert_eq!(caller.amr().collect::<Vec<_>>(), ["pwd", "otp"]);
        assert_eq!(caller.credential().id(), Some("7"));

        let odd = principal(r#","auth_time":"1000","acr":["high"],"amr":"pwd""#).unwrap();
        assert_eq!(
            (odd.auth_time(), odd.acr(), odd.amr().count()),
            (None, None, 0)
        );
        assert_eq!(principal("").unwrap().tenant(), None);
        assert_eq!(principal(r#","org":["acme"]"#), Err(Fault::BAD_TENANT));
    }

    #[test]
    fn a_subject_is_a_name() {
        for (claims, fault) in [
            ("{}".to_owned(), Fault::BAD_SUBJECT),
            (r#"{"sub":""}"#.to_owned(), Fault::BAD_SUBJECT),
            (r#"{"sub":7}"#.to_owned(), Fault::BAD_SUBJECT),
            (r#"{"sub":["a"]}"#.to_owned(), Fault::BAD_SUBJECT),
            (
                format!(r#"{{"sub":"{}"}}"#, "a".repeat(256)),
                Fault::BAD_SUBJECT,
            ),
            (r#"{"sub":"a","jti":""}"#.to_owned(), Fault::BAD_TOKEN_ID),
            (r#"{"sub":"a","jti":7}"#.to_owned(), Fault::BAD_TOKEN_ID),
        ] {
            let found = read(claims.as_bytes(), None);
            assert_eq!(found, Err(fault), "{claims}");
        }
    }

    #[test]
    fn a_date_is_a_number_within_reason() {
        for (json, found) in [
            ("0", Ok(Some(0.0))),
            ("1.5", Ok(Some(1.5))),
            ("253402300799", Ok(Some(LATEST))),
            ("253402300800", Err(Fault::BAD_DATE)),
            ("1e300", Err(Fault::BAD_DATE)),
            ("18446744073709551616", Err(Fault::BAD_DATE)),
            ("-1", Err(Fault::BAD_DATE)),
            ("\"9999999999\"", Err(Fault::BAD_DATE)),
            ("true", Err(Fault::BAD_DATE)),
            ("null", Err(Fault::BAD_DATE)),
            ("[1]", Err(Fault::BAD_DATE)),
        ] {
            let json = format!(r#"{{"exp":{json}}}"#);
            let mut payload = Payload::default();
            payload.read(json.as_bytes(), None).unwrap();
            assert_eq!(date(&payload.exp), found, "{json}");
        }
        assert_eq!(date(&Node::Number(f64::NAN)), Err(Fault::BAD_DATE));
        assert_eq!(date(&Node::Absent), Ok(None));
    }
}
