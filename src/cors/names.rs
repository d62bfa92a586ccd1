//! Which methods and headers can be shared at all (Fetch Standard, sections 2.2.1 and 2.2.2).

use super::fault::NameFault;
use crate::field::is_tchar;

const SAFELISTED_METHODS: [&str; 3] = ["GET", "HEAD", "POST"];

const STANDARD_METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
const FORBIDDEN_METHODS: [&str; 3] = ["CONNECT", "TRACE", "TRACK"];

const FORBIDDEN_REQUEST_HEADERS: [&str; 20] = [
    "accept-charset",
    "accept-encoding",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "date",
    "dnt",
    "expect",
    "host",
    "keep-alive",
    "origin",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "set-cookie2",
];
const FORBIDDEN_RESPONSE_HEADERS: [&str; 2] = ["set-cookie", "set-cookie2"];
const SAFELISTED_RESPONSE_HEADERS: [&str; 7] = [
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
];

/// Whether pages may use the method in any case (CORS-safelisted method).
pub(super) fn needs_no_permission(method: &str) -> bool {
    SAFELISTED_METHODS.contains(&method)
}

/// What is wrong with allowing the method `name`.
pub(super) fn check_method(name: &str) -> Result<(), NameFault> {
    check_token(name)?;
    let is_among = |list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(name));
    if is_among(&FORBIDDEN_METHODS) {
        return Err(NameFault::Forbidden);
    }
    if is_among(&STANDARD_METHODS) && !STANDARD_METHODS.contains(&name) {
        return Err(NameFault::Case);
    }
    Ok(())
}

/// What is wrong with allowing the header `name`, in lower case, on requests.
pub(super) fn check_request_header(name: &str) -> Result<(), NameFault> {
    check_token(name)?;
    if name.starts_with("access-control-") {
        return Err(NameFault::OfProtocol);
    }
    let is_forbidden = FORBIDDEN_REQUEST_HEADERS.contains(&name)
        || name.starts_with("proxy-")
        || name.starts_with("sec-");
    if is_forbidden {
        return Err(NameFault::Forbidden);
    }
    Ok(())
}

/// What is wrong with letting pages read the header `name`, in lower case, of responses.
pub(super) fn check_exposed_header(name: &str) -> Result<(), NameFault> {
    check_token(name)?;
    if FORBIDDEN_RESPONSE_HEADERS.contains(&name) {
        return Err(NameFault::Forbidden);
    }
    if name == "origin" || name.starts_with("access-control-") {
        return Err(NameFault::OfProtocol);
    }
    if SAFELISTED_RESPONSE_HEADERS.contains(&name) {
        return Err(NameFault::Needless);
    }
    Ok(())
}

fn check_token(name: &str) -> Result<(), NameFault> {
    if name == "*" {
        return Err(NameFault::Wildcard);
    }
    if name.is_empty() || !name.bytes().all(is_tchar) {
        return Err(NameFault::Invalid);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::NameFault as F;
    use super::*;

    #[test]
    fn methods_that_no_page_can_use_cannot_be_allowed() {
        for (name, verdict) in [
            ("GET", Ok(())),
            ("PATCH", Ok(())),
            ("QUERY", Ok(())),
            ("foo", Ok(())),
            ("", Err(F::Invalid)),
            ("GET ", Err(F::Invalid)),
            ("PUT,DELETE", Err(F::Invalid)),
            ("r\u{e9}sum\u{e9}", Err(F::Invalid)),
            ("*", Err(F::Wildcard)),
            ("patch", Err(F::Case)),
            ("Get", Err(F::Case)),
            ("CONNECT", Err(F::Forbidden)),
            ("trace", Err(F::Forbidden)),
            ("Track", Err(F::Forbidden)),
        ] {
            assert_eq!(check_method(name), verdict, "{name}");
        }
    }

    #[test]
    fn headers_that_no_page_can_use_cannot_be_allowed() {
        for (name, sent, read) in [
            ("x-foo", Ok(()), Ok(())),
            ("authorization", Ok(()), Ok(())),
            ("content-type", Ok(()), Err(F::Needless)),
            ("cache-control", Ok(()), Err(F::Needless)),
            ("", Err(F::Invalid), Err(F::Invalid)),
            ("x foo", Err(F::Invalid), Err(F::Invalid)),
            ("r\u{e9}sum\u{e9}", Err(F::Invalid), Err(F::Invalid)),
            ("*", Err(F::Wildcard), Err(F::Wildcard)),
            ("connection", Err(F::Forbidden), Ok(())),
            ("cookie", Err(F::Forbidden), Ok(())),
            ("sec-foo", Err(F::Forbidden), Ok(())),
            ("proxy-foo", Err(F::Forbidden), Ok(())),
            ("origin", Err(F::Forbidden), Err(F::OfProtocol)),
            ("set-cookie", Err(F::Forbidden), Err(F::Forbidden)),
            ("set-cookie2", Err(F::Forbidden), Err(F::Forbidden)),
            (
                "access-control-allow-origin",
                Err(F::OfProtocol),
                Err(F::OfProtocol),
            ),
            (
                "access-control-request-method",
                Err(F::OfProtocol),
                Err(F::OfProtocol),
            ),
        ] {
            assert_eq!(check_request_header(name), sent, "{name}");
            assert_eq!(check_exposed_header(name), read, "{name}");
        }
    }
}
