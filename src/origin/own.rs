//! Which origin is the service's own.

use http::Method;
use http::header::{HOST, ORIGIN, UPGRADE};
use http::request::Parts;

use crate::field::{Repeated, exactly_one};

/// Whether a request is one of those that change nothing. A channel to be read and written, such as a
/// WebSocket, is asked for by `GET` too (RFC 9110, section 7.8), with the cookies of whoever looks at
/// the page, and is not bound by CORS.
pub(crate) fn changes_nothing(head: &Parts) -> bool {
    matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS)
        && !head.headers.contains_key(UPGRADE)
}

/// The value of the request's `Origin` field, if it has one.
///
/// # Errors
/// [`Repeated`] if it has several.
pub(crate) fn only_origin(head: &Parts) -> Result<Option<&[u8]>, Repeated> {
    Ok(exactly_one(&head.headers, ORIGIN)?.map(http::HeaderValue::as_bytes))
}

/// Whether `origin` is of the host and port that the request was sent to. The scheme is not looked
/// at, since a proxy in front may have ended TLS.
pub(crate) fn is_own(origin: &[u8], head: &Parts) -> bool {
    let host = match head.uri.authority() {
        Some(authority) => Some(authority.as_str().as_bytes()),
        None => match exactly_one(&head.headers, HOST) {
            Ok(line) => line.map(http::HeaderValue::as_bytes),
            Err(Repeated) => None,
        },
    };
    let theirs = [&b"https://"[..], b"http://"]
        .iter()
        .find_map(|scheme| origin.strip_prefix(*scheme));
    match (theirs, host) {
        (Some(theirs), Some(host)) => !host.is_empty() && theirs.eq_ignore_ascii_case(host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn the_own_origin_has_the_host_that_was_asked() {
        for (origin, uri, hosts, is) in [
            ("https://a.example", "/", &["a.example"][..], true),
            ("http://a.example", "/", &["a.example"], true),
            ("https://a.example:8443", "/", &["a.example:8443"], true),
            ("https://a.example", "/", &["A.example"], true),
            ("https://[::1]:80", "/", &["[::1]:80"], true),
            ("https://a.example", "https://a.example/", &[], true),
            (
                "https://a.example",
                "https://b.example/",
                &["a.example"],
                false,
            ),
            ("https://a.example:8443", "/", &["a.example"], false),
            ("https://a.example", "/", &["a.example:8443"], false),
            ("https://a.example.evil", "/", &["a.example"], false),
            ("https://evil-a.example", "/", &["a.example"], false),
            ("ftp://a.example", "/", &["a.example"], false),
            ("a.example", "/", &["a.example"], false),
            ("null", "/", &["null"], false),
            ("https://", "/", &[""], false),
            ("https://a.example", "/", &[], false),
            ("https://a.example", "/", &["a.example", "a.example"], false),
        ] {
            let mut request = Request::post(uri);
            for host in hosts {
                request = request.header("host", *host);
            }
            let (head, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(
                is_own(origin.as_bytes(), &head),
                is,
                "{origin} {uri} {hosts:?}"
            );
        }
    }
}
