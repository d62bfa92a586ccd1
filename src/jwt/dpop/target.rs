//! The address that a proof is for, in normal form (RFC 9449, section 4.3; RFC 3986, section 6.2).

use std::fmt::Write;

/// Where this service is seen from outside: scheme, host and port, and the path in front of its
/// own, all in normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base(Box<str>);

impl Base {
    /// Reads `address`; `None` if it is no absolute one, or has a query or a fragment.
    pub(super) fn new(address: &str) -> Option<Self> {
        if address.contains(['?', '#']) {
            return None;
        }
        Some(Self(normal(address)?.trim_end_matches('/').into()))
    }

    /// The address of `path` below this one, in normal form.
    pub(super) fn address_of(&self, path: &str) -> Option<String> {
        Some(format!("{}{}", self.0, normal_path(path)?))
    }
}

/// `address` in normal form, without query and fragment: scheme and host in lower case, no default
/// port, no dot segments, escapes only where they are needed and in upper case. `None` for what is
/// no absolute address with `http` or `https`, and for one that names a user.
pub(super) fn normal(address: &str) -> Option<String> {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    let (scheme, rest) = address.get(..end)?.split_once("://")?;
    let (scheme, default_port) = if scheme.eq_ignore_ascii_case("https") {
        ("https", 443)
    } else if scheme.eq_ignore_ascii_case("http") {
        ("http", 80)
    } else {
        return None;
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = split_port(authority)?;
    let mut normal = format!("{scheme}://{}", host.to_ascii_lowercase());
    if let Some(port) = port.filter(|port| *port != default_port) {
        // Writing to a String cannot fail.
        let _ = write!(normal, ":{port}");
    }
    normal.push_str(&normal_path(path)?);
    Some(normal)
}

/// The host and the port, if one is given.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.rfind(':') {
        Some(colon) if !authority.ends_with(']') => {
            (authority.get(..colon)?, authority.get(colon + 1..)?)
        }
        _ => (authority, ""),
    };
    let known = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?.bytes().all(is_of_ipv6),
        None => host.bytes().all(is_of_name),
    };
    if host.is_empty() || !known || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match port {
        "" => Some((host, None)),
        digits => Some((host, Some(digits.parse().ok()?))),
    }
}

fn is_of_ipv6(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// An absolute or empty path in normal form; `None` if it has characters that no path has.
fn normal_path(path: &str) -> Option<String> {
    if path.is_empty() {
        return Some("/".to_owned());
    }
    let unescaped = unescape(path)?;
    let mut segments: Vec<&str> = Vec::new();
    let mut rest = unescaped.strip_prefix('/')?.split('/').peekable();
    while let Some(segment) = rest.next() {
        let dots = matches!(segment, "." | "..");
        if segment == ".." {
            segments.pop();
        }
        if !dots {
            segments.push(segment);
        } else if rest.peek().is_none() {
            // What ends in a dot segment is a folder.
            segments.push("");
        }
    }
    Some(format!("/{}", segments.join("/")))
}

/// Resolves the escapes that are not needed, and writes the others in upper case.
fn unescape(path: &str) -> Option<String> {
    let mut out = String::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            let byte = u8::try_from(digit()? * 16 + digit()?).ok()?;
            if is_unreserved(byte) {
                out.push(char::from(byte));
            } else {
                let _ = write!(out, "%{byte:02X}");
            }
        } else if is_unreserved(byte) || b"/:@!$&'()*+,;=".contains(&byte) {
            out.push(char::from(byte));
        } else {
            return None;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_spellings_of_an_address_are_one() {
        for (address, expected) in [
            ("https://a.example/x", "https://a.example/x"),
            ("HTTPS://A.Example/x", "https://a.example/x"),
            ("https://a.example:443/x", "https://a.example/x"),
            ("https://a.example:/x", "https://a.example/x"),
            ("http://a.example:80", "http://a.example/"),
            ("http://a.example:443/", "http://a.example:443/"),
            ("https://a.example:8443/x", "https://a.example:8443/x"),
            ("https://[2001:DB8::1]:443/x", "https://[2001:db8::1]/x"),
            ("https://[::1]:8/x", "https://[::1]:8/x"),
            ("https://a.example/x?q=1#f", "https://a.example/x"),
            ("https://a.example?q=/../y", "https://a.example/"),
            ("https://a.example#f?q", "https://a.example/"),
            (
                "https://a.example/%7Eme/%2f%c3",
                "https://a.example/~me/%2F%C3",
            ),
            ("https://a.example/a/./b/../c", "https://a.example/a/c"),
            ("https://a.example/a/%2E%2e/c", "https://a.example/c"),
            ("https://a.example/../../c", "https://a.example/c"),
            ("https://a.example/a/..", "https://a.example/"),
            ("https://a.example/a/b/.", "https://a.example/a/b/"),
            ("https://a.example/a//b/", "https://a.example/a//b/"),
            ("https://a.example/a...b/...", "https://a.example/a...b/..."),
        ] {
            assert_eq!(normal(address).as_deref(), Some(expected), "{address}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_resource_is_none() {
        for address in [
            "",
            "/x",
            "a.example/x",
            "//a.example/x",
            "https:/a.example/x",
            "https:a.example",
            "ftp://a.example/x",
            "https://",
            "https:///x",
            "https://:443/x",
            "https://me@a.example/x",
            "https://a.example@evil.example/x",
            "https://a.example\\@evil.example/x",
            "https://a.example:x/",
            "https://a.example:65536/",
            "https://a.example:+443/",
            "https://a.example:443:443/",
            "https://[::1/x",
            "https://[]x/x",
            "https://a%2eexample/x",
            "https://b\u{fc}cher.example/x",
            "https://a.example/\u{fc}",
            "https://a.example/%",
            "https://a.example/%4",
            "https://a.example/%4g",
            "https://a.example/%+1",
            "https://a.example/a b",
            " https://a.example/",
            "https://a.example/\n",
            "https://a.example/\\x",
        ] {
            assert_eq!(normal(address), None, "{address:?}");
        }
    }

    #[test]
    fn a_path_never_climbs_out_of_its_base() {
        let base = Base::new("https://a.example/v1/").unwrap();
        for (path, expected) in [
            ("/x", Some("https://a.example/v1/x")),
            ("/", Some("https://a.example/v1/")),
            ("/../../x", Some("https://a.example/v1/x")),
            ("*", None),
            ("x", None),
        ] {
            assert_eq!(base.address_of(path).as_deref(), expected, "{path}");
        }
        assert_eq!(Base::new("https://a.example?x"), None);
        assert_eq!(Base::new("https://a.example#"), None);
    }

    proptest! {
        #[test]
        fn what_is_normal_stays_as_it_is(address in "https?://[a-zA-Z.]{1,9}(:[0-9]{0,5})?(/[a-zA-Z.~%0-9]{0,6}){0,5}[?#]?.{0,5}") {
            if let Some(once) = normal(&address) {
                prop_assert_eq!(normal(&once), Some(once.clone()));
            }
        }

        #[test]
        fn no_text_panics(address in ".*") {
            let _ = normal(&address);
        }
    }
}
