//! What an issuer says of itself (`OpenID` Connect Discovery 1.0, section 3; RFC 8414, section 2).

use serde::Deserialize;

use super::endpoint::Endpoint;
use super::error::Malformed;
use super::json::object;
use crate::config::ConfigError;

/// The endpoints that an issuer names in its metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    jwks_uri: Option<Endpoint>,
    introspection_endpoint: Option<Endpoint>,
    token_endpoint: Option<Endpoint>,
}

/// The members that are read; all others are passed over.
#[derive(Deserialize)]
struct Wire {
    issuer: String,
    jwks_uri: Option<String>,
    introspection_endpoint: Option<String>,
    token_endpoint: Option<String>,
}

/// The two ways to write where metadata lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WellKnown {
    /// After the issuer (`OpenID` Connect Discovery 1.0, section 4).
    OpenId,
    /// Between the issuer's host and path (RFC 8414, section 3.1).
    OAuth,
}

impl Metadata {
    /// Reads the metadata of `issuer` that was fetched from `source`.
    ///
    /// The document must name this very issuer, letter by letter, since anything else would let
    /// one issuer speak for another (RFC 8414, section 3.3). Its endpoints may be on other hosts,
    /// and must keep the rules that `source` keeps.
    ///
    /// # Errors
    /// [`Malformed`] if one of these does not hold or the document is no JSON object.
    pub fn parse(bytes: &[u8], issuer: &str, source: &Endpoint) -> Result<Self, Malformed> {
        let wire: Wire = object(bytes).ok_or(Malformed::new("metadata_malformed"))?;
        if wire.issuer != issuer {
            return Err(Malformed::new("issuer_mismatch"));
        }
        let endpoint = |named: Option<String>, word| {
            let read = named.map(|text| source.beside(&text)).transpose();
            read.map_err(|_| Malformed::new(word))
        };
        Ok(Self {
            jwks_uri: endpoint(wire.jwks_uri, "jwks_uri_refused")?,
            introspection_endpoint: endpoint(
                wire.introspection_endpoint,
                "introspection_endpoint_refused",
            )?,
            token_endpoint: endpoint(wire.token_endpoint, "token_endpoint_refused")?,
        })
    }

    /// Where the issuer's keys lie.
    #[must_use]
    pub fn jwks_uri(&self) -> Option<&Endpoint> {
        self.jwks_uri.as_ref()
    }

    /// Where tokens can be asked about (RFC 7662).
    #[must_use]
    pub fn introspection_endpoint(&self) -> Option<&Endpoint> {
        self.introspection_endpoint.as_ref()
    }

    /// Where tokens are issued.
    #[must_use]
    pub fn token_endpoint(&self) -> Option<&Endpoint> {
        self.token_endpoint.as_ref()
    }
}

impl WellKnown {
    /// Where the metadata of the issuer at `issuer` lies.
    pub(super) fn of(self, issuer: &Endpoint) -> Result<Endpoint, ConfigError> {
        if issuer.has_query() {
            return Err(ConfigError::new(
                "an issuer that has a query cannot be discovered; name its endpoints instead",
            ));
        }
        let path = issuer.path();
        let path = path.strip_suffix('/').unwrap_or(path);
        Ok(issuer.with_path(&match self {
            Self::OpenId => format!("{path}/.well-known/openid-configuration"),
            Self::OAuth => format!("/.well-known/oauth-authorization-server{path}"),
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ISSUER: &str = "https://id.example/a";

    fn parse(text: &str) -> Result<Metadata, Malformed> {
        Metadata::parse(text.as_bytes(), ISSUER, &Endpoint::https(ISSUER).unwrap())
    }

    #[test]
    fn metadata_lies_where_the_standards_say() {
        for (issuer, openid, oauth) in [
            (
                "https://id.example",
                "https://id.example/.well-known/openid-configuration",
                "https://id.example/.well-known/oauth-authorization-server",
            ),
            (
                "https://id.example/",
                "https://id.example/.well-known/openid-configuration",
                "https://id.example/.well-known/oauth-authorization-server",
            ),
            (
                "https://id.example:8443/realms/one",
                "https://id.example:8443/realms/one/.well-known/openid-configuration",
                "https://id.example:8443/.well-known/oauth-authorization-server/realms/one",
            ),
            (
                "https://id.example/realms/one/",
                "https://id.example/realms/one/.well-known/openid-configuration",
                "https://id.example/.well-known/oauth-authorization-server/realms/one",
            ),
        ] {
            let issuer = Endpoint::https(issuer).unwrap();
            assert_eq!(WellKnown::OpenId.of(&issuer).unwrap().as_str(), openid);
            assert_eq!(WellKnown::OAuth.of(&issuer).unwrap().as_str(), oauth);
        }
        let odd = Endpoint::https("https://id.example/?tenant=1").unwrap();
        assert!(WellKnown::OpenId.of(&odd).is_err());
    }

    #[test]
    fn metadata_speaks_for_its_own_issuer_and_names_only_https() {
        let good = r#"{"issuer":"https://id.example/a","jwks_uri":"https://keys.example/jwks",
            "introspection_endpoint":"https://id.example/ask","token_endpoint":"https://id.example/t",
            "scopes_supported":["a"]}"#;
        let read = parse(good).unwrap();
        assert_eq!(
            read.jwks_uri().unwrap().as_str(),
            "https://keys.example/jwks"
        );
        assert_eq!(
            read.introspection_endpoint().unwrap().as_str(),
            "https://id.example/ask"
        );
        assert_eq!(
            read.token_endpoint().unwrap().as_str(),
            "https://id.example/t"
        );
        assert_eq!(
            parse(r#"{"issuer":"https://id.example/a"}"#)
                .unwrap()
                .jwks_uri(),
            None
        );

        for (issuer, word) in [
            (r#""https://id.example/a/""#, "issuer_mismatch"),
            (r#""https://id.example""#, "issuer_mismatch"),
            (r#""https://ID.example/a""#, "issuer_mismatch"),
            (r#""https://id.example/a ""#, "issuer_mismatch"),
            (r#"["https://id.example/a"]"#, "metadata_malformed"),
            ("null", "metadata_malformed"),
            (
                r#""https://id.example/a","issuer":"https://id.example/a""#,
                "metadata_malformed",
            ),
            (
                r#""https://id.example/a","jwks_uri":"http://id.example/jwks""#,
                "jwks_uri_refused",
            ),
            (
                r#""https://id.example/a","jwks_uri":"http://127.0.0.1/jwks""#,
                "jwks_uri_refused",
            ),
            (
                r#""https://id.example/a","jwks_uri":"file:///etc/passwd""#,
                "jwks_uri_refused",
            ),
            (
                r#""https://id.example/a","jwks_uri":7"#,
                "metadata_malformed",
            ),
        ] {
            let fault = parse(&format!(r#"{{"issuer":{issuer}}}"#)).unwrap_err();
            assert_eq!(fault.word(), word, "{issuer}");
        }
        for text in [
            "",
            "{",
            "[]",
            "\u{feff}{}",
            "<html>",
            r#"["https://id.example/a",null,null,null]"#,
        ] {
            assert_eq!(
                parse(text).unwrap_err().word(),
                "metadata_malformed",
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_none_speak_for_an_issuer_they_do_not_name(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let source = Endpoint::https(ISSUER).unwrap();
            prop_assert!(Metadata::parse(&bytes, ISSUER, &source).is_err());
        }

        #[test]
        fn whatever_is_named_is_https(uri in "\\PC{0,40}", scheme in "(https?|ftp|)://") {
            let text = serde_json::json!({ "issuer": ISSUER, "jwks_uri": format!("{scheme}{uri}") });
            if let Ok(read) = parse(&text.to_string()) {
                prop_assert!(read.jwks_uri().unwrap().as_str().starts_with("https://"));
            }
        }
    }
}
