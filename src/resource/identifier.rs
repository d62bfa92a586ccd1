//! What a resource is called, and where its metadata is (RFC 9728, sections 1.2 and 3.1).

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::config::ConfigError;

/// The longest address that is taken, in bytes: challenges must bear it.
const MAX_LEN: usize = 2_048;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// Which schemes are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Https,
    HttpsOrLoopback,
}

/// Where the metadata of a resource is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WellKnown {
    pub(super) url: String,
    pub(super) path: String,
    pub(super) query: Option<String>,
}

/// An address in its parts.
struct Parts<'a> {
    /// Scheme and authority.
    origin: &'a str,
    path: &'a str,
    query: Option<&'a str>,
}

impl Reach {
    /// Where the metadata of the resource called `identifier` is.
    ///
    /// # Errors
    /// [`ConfigError`] if that cannot name a resource.
    pub(super) fn well_known(self, identifier: &str) -> Result<WellKnown, ConfigError> {
        let Parts {
            origin,
            path,
            query,
        } = self.parts(identifier)?;
        // A slash that ends the host is no path; one that ends a path belongs to it.
        let path = format!("{WELL_KNOWN}{}", if path == "/" { "" } else { path });
        if path.contains("/:") || path.contains("/*") {
            return Err(ConfigError::new(format!(
                "{identifier:?} cannot be routed: begin no segment of its path with `:` or `*`"
            )));
        }
        let tail = query.map_or(String::new(), |query| format!("?{query}"));
        Ok(WellKnown {
            url: format!("{origin}{path}{tail}"),
            path,
            query: query.map(str::to_owned),
        })
    }

    /// That `text` is an address that clients may be sent to, or a [`ConfigError`].
    pub(super) fn check(self, text: &str) -> Result<(), ConfigError> {
        self.parts(text).map(|_| ())
    }

    /// That `text` is the address of an issuer: without a query (RFC 8414, section 2).
    pub(super) fn check_issuer(self, text: &str) -> Result<(), ConfigError> {
        match self.parts(text)?.query {
            None => Ok(()),
            Some(_) => Err(ConfigError::new(format!(
                "{text:?} names no authorization server: take out the query"
            ))),
        }
    }

    fn parts(self, text: &str) -> Result<Parts<'_>, ConfigError> {
        if text.len() > MAX_LEN {
            let fault = format!("an address must not be longer than {MAX_LEN} bytes");
            return Err(ConfigError::new(fault));
        }
        let fault = |what: &str| ConfigError::new(format!("{text:?} is no address here: {what}"));
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| fault("use https://"))?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(ConfigError::new(
                "an address must not carry credentials: take out what stands before the `@`",
            ));
        }
        let host = host_of(authority).ok_or_else(|| fault("the host is none"))?;
        match (scheme, self) {
            ("https", _) => {}
            ("http", Self::HttpsOrLoopback) if is_loopback(host) => {}
            _ => return Err(fault("use https")),
        }
        if tail.contains('#') {
            return Err(fault("take out the fragment"));
        }
        let (path, query) = match tail.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (tail, None),
        };
        if !is_spelled_well(path, "") || !query.is_none_or(|query| is_spelled_well(query, "?")) {
            return Err(fault("percent-encode what stands in no address"));
        }
        if path.split('/').any(is_dots) {
            return Err(fault("take out the dot segments, which clients resolve"));
        }
        let origin = text.strip_suffix(tail).unwrap_or(text);
        Ok(Parts {
            origin,
            path,
            query,
        })
    }
}

/// The host in `authority`: a name or an address, perhaps with a port.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        address.parse::<Ipv6Addr>().ok()?;
        (address, port)
    } else {
        let end = authority.find(':').unwrap_or(authority.len());
        let (name, port) = authority.split_at_checked(end)?;
        let bears = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        (!name.is_empty() && name.chars().all(bears)).then_some((name, port))?
    };
    let digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    match port.strip_prefix(':') {
        None => port.is_empty(),
        Some(port) => digits(port) && port.parse::<u16>().is_ok(),
    }
    .then_some(host)
}

/// `localhost` never leaves the machine (RFC 6761, section 6.3), nor do the loopback addresses.
fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.parse().is_ok_and(|v4: Ipv4Addr| v4.is_loopback())
        || host.parse().is_ok_and(|v6: Ipv6Addr| v6.is_loopback())
}

/// Whether `text` has only what a path may have (RFC 3986, section 3.3), and of `more`.
fn is_spelled_well(text: &str, more: &str) -> bool {
    let mut parts = text.split('%');
    let plain = |part: &str| {
        let bears = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/".contains(c);
        part.chars().all(|c| bears(c) || more.contains(c))
    };
    let escape = |part: &str| {
        part.get(..2)
            .is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    parts.next().is_none_or(plain) && parts.all(|part| escape(part) && plain(part))
}

/// Whether a segment is `.` or `..`, in any spelling.
fn is_dots(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_metadata_is_between_the_host_and_the_path() {
        for (identifier, origin, rest) in [
            ("https://h", "https://h", ""),
            ("https://h/", "https://h", ""),
            ("https://h/api", "https://h", "/api"),
            ("https://h/api/", "https://h", "/api/"),
            ("https://h/a/b", "https://h", "/a/b"),
            ("https://h:8443/a", "https://h:8443", "/a"),
            ("https://[2001:db8::1]/a", "https://[2001:db8::1]", "/a"),
            ("https://h?k=v", "https://h", "?k=v"),
            ("https://h/?k=v", "https://h", "?k=v"),
            ("https://h/a?k=/v", "https://h", "/a?k=/v"),
            ("https://h/a%20b", "https://h", "/a%20b"),
        ] {
            let found = Reach::Https.well_known(identifier).unwrap();
            let url = format!("{origin}/.well-known/oauth-protected-resource{rest}");
            assert_eq!(found.url, url, "{identifier}");
            let uri: http::Uri = url.parse().unwrap();
            assert_eq!(found.path, uri.path(), "{identifier}");
            assert_eq!(found.query.as_deref(), uri.query(), "{identifier}");
        }
    }

    #[test]
    fn what_cannot_name_a_resource_is_refused() {
        for (text, plainly, dangerously) in [
            ("https://api.example.com", true, true),
            ("http://api.example.com", false, false),
            ("http://127.0.0.1:80/v1", false, true),
            ("http://[::1]", false, true),
            ("http://localhost", false, true),
            ("http://localhost.evil.example", false, false),
            ("http://127.0.0.1.evil.example", false, false),
            ("HTTPS://h", false, false),
            ("ftp://h", false, false),
            ("h/api", false, false),
            ("https://", false, false),
            ("https:///api", false, false),
            ("https://user:hunter2@h", false, false),
            ("https://h#top", false, false),
            ("https://h/a#", false, false),
            ("https://h:", false, false),
            ("https://h:65536", false, false),
            ("https://h:+1", false, false),
            ("https://[::1", false, false),
            ("https://[::1]x", false, false),
            ("https://h x", false, false),
            ("https://h/a b", false, false),
            ("https://h/{a}", false, false),
            ("https://h/a\"b", false, false),
            ("https://h/a\\b", false, false),
            ("https://h/a\r\nb", false, false),
            ("https://h/\u{e9}", false, false),
            ("https://h/%e9", true, true),
            ("https://h/%e", false, false),
            ("https://h/%zz", false, false),
            ("https://h/a/../b", false, false),
            ("https://h/a/%2E./b", false, false),
            ("https://h/a/...", true, true),
            ("https://h/a/:b", false, false),
            ("https://h/*", false, false),
            ("https://h/b:*", true, true),
            ("https://h?a?b", true, true),
            ("https://h?a b", false, false),
            ("", false, false),
        ] {
            assert_eq!(Reach::Https.well_known(text).is_ok(), plainly, "{text:?}");
            let loud = Reach::HttpsOrLoopback.well_known(text);
            assert_eq!(loud.is_ok(), dangerously, "{text:?}");
            assert!(!format!("{loud:?}").contains("hunter2"));
        }
        let longest = format!("https://h/{}", "a".repeat(MAX_LEN - 10));
        assert!(Reach::Https.check(&longest).is_ok());
        assert!(Reach::Https.check(&format!("{longest}a")).is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_taken_is_an_address_whose_parts_are_put_together_again(
            text in "https://[a-c:@\\[\\]]{0,3}[/?#%.{} \u{e9}a2e]{0,12}"
        ) {
            if let Ok(found) = Reach::Https.well_known(&text) {
                let uri: http::Uri = found.url.parse().unwrap();
                prop_assert_eq!(uri.path(), &found.path);
                prop_assert_eq!(uri.query(), found.query.as_deref());
                prop_assert!(http::HeaderValue::from_str(&found.url).is_ok());
                // Nothing is lost but a slash that ends the host.
                let back = found.url.replacen(WELL_KNOWN, "", 1);
                let mut slashed = back.clone();
                slashed.insert(back.find('?').unwrap_or(back.len()), '/');
                prop_assert!(text == back || text == slashed, "{}", back);
            }
        }
    }
}
