//! Where something is fetched from.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::config::ConfigError;

/// The longest address that is read, in bytes.
const MAX_LEN: usize = 2_048;

/// The address of another server, under the rules of this room: `https`, no credentials and no
/// fragment in it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    url: Url,
    reach: Reach,
}

/// Which schemes are allowed; what an endpoint names, such as the `jwks_uri` of an issuer, is read
/// under the same rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Reach {
    Https,
    HttpsOrLoopback,
}

impl Endpoint {
    /// The `https` address `text`.
    ///
    /// # Errors
    /// [`ConfigError`] if `text` is no such address.
    pub fn https(text: &str) -> Result<Self, ConfigError> {
        Self::under(Reach::Https, text)
    }

    /// The `https` address `text`, or an `http` one on the loopback interface of this machine,
    /// where anybody with an account on the machine could stand in for the server. For tests.
    ///
    /// # Errors
    /// [`ConfigError`] if `text` is no such address.
    pub fn dangerous_allow_http_on_loopback(text: &str) -> Result<Self, ConfigError> {
        Self::under(Reach::HttpsOrLoopback, text)
    }

    /// Another address, under the same rules. It may be on another host.
    pub(super) fn beside(&self, text: &str) -> Result<Self, ConfigError> {
        Self::under(self.reach, text)
    }

    /// The same server and the same rules, with another path.
    pub(super) fn with_path(&self, path: &str) -> Self {
        let mut other = self.clone();
        other.url.set_path(path);
        other
    }

    fn under(reach: Reach, text: &str) -> Result<Self, ConfigError> {
        let fault = |what: &str| ConfigError::new(format!("{text:?} cannot be fetched: {what}"));
        if text.len() > MAX_LEN {
            return Err(ConfigError::new(format!(
                "an address of {} bytes cannot be fetched: use at most {MAX_LEN}",
                text.len()
            )));
        }
        let url = Url::parse(text).map_err(|error| fault(&error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ConfigError::new(
                "an address must not carry credentials: take out what stands before the `@`",
            ));
        }
        if url.fragment().is_some() {
            return Err(fault("take out the fragment"));
        }
        match (url.scheme(), reach) {
            ("https", _) => {}
            ("http", Reach::HttpsOrLoopback) if is_loopback(&url) => {}
            _ => return Err(fault("use https")),
        }
        Ok(Self { url, reach })
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The path of the address.
    pub(super) fn path(&self) -> &str {
        self.url.path()
    }

    /// Whether the address has a query.
    pub(super) fn has_query(&self) -> bool {
        self.url.query().is_some()
    }
}

/// `localhost` and what lies under it never leave the machine (RFC 6761, section 6.3), nor do the
/// two families' loopback addresses.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => Ipv4Addr::is_loopback(&address),
        Some(Host::Ipv6(address)) => Ipv6Addr::is_loopback(&address),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_is_fetched_and_http_on_loopback_by_its_loud_name() {
        for (text, plainly, dangerously) in [
            ("https://id.example/jwks?v=1", true, true),
            ("HTTPS://id.example", true, true),
            ("http://127.0.0.1:8080/jwks", false, true),
            ("http://127.9.9.9/", false, true),
            ("http://0x7f000001/", false, true), // the same address in another spelling
            ("http://[::1]/", false, true),
            ("http://localhost:1/", false, true),
            ("http://localhost.evil.example/", false, false),
            ("http://evil.example/#127.0.0.1", false, false),
            ("http://127.0.0.1@evil.example/", false, false),
            ("http://0.0.0.0/", false, false),
            ("http://[::ffff:10.0.0.1]/", false, false),
            ("http://169.254.169.254/latest/meta-data", false, false),
            ("https://user:secret@id.example/", false, false),
            ("https://id.example/#top", false, false),
            ("https:///nowhere\\", true, true), // a host called `nowhere`
            ("https://", false, false),
            ("file:///etc/passwd", false, false),
            ("data:application/json,{}", false, false),
            ("id.example/jwks", false, false),
            ("", false, false),
        ] {
            assert_eq!(Endpoint::https(text).is_ok(), plainly, "{text}");
            let loud = Endpoint::dangerous_allow_http_on_loopback(text);
            assert_eq!(loud.is_ok(), dangerously, "{text}");
        }
        let long = format!("https://id.example/{}", "a".repeat(MAX_LEN));
        assert!(Endpoint::https(&long).is_err());
    }

    #[test]
    fn what_an_endpoint_names_is_read_under_its_own_rules() {
        let strict = Endpoint::https("https://id.example/").unwrap();
        assert!(strict.beside("https://keys.example/jwks").is_ok());
        assert!(strict.beside("http://127.0.0.1/jwks").is_err());
        let loose = Endpoint::dangerous_allow_http_on_loopback("https://id.example/").unwrap();
        assert!(loose.beside("http://127.0.0.1/jwks").is_ok());
        assert!(loose.beside("http://keys.example/jwks").is_err());
    }

    #[test]
    fn no_password_is_told_in_a_fault() {
        let fault = Endpoint::https("https://user:hunter2@id.example/").unwrap_err();
        assert!(!fault.to_string().contains("hunter2"));
    }
}
