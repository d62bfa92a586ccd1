//! Which answers are taken.

use std::time::Duration;

use bytes::Bytes;
use http::header::{
    AGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue,
};
use http::{Response, StatusCode};

use super::error::FetchError;

/// Between these a server may say for how long its document is fresh.
const MAX_AGE: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(1));

/// The longest `ETag` that is sent back.
const MAX_ETAG_LEN: usize = 256;

/// An answer that was taken.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// The body; none if the document has not changed (304).
    pub(super) body: Option<Bytes>,
    pub(super) etag: Option<HeaderValue>,
    pub(super) max_age: Option<Duration>,
}

/// Takes a JSON document of at most `max_body` bytes with status 200, or, if the question was
/// whether the document has `changed`, a 304.
pub(super) fn accept(
    answer: Response<Bytes>,
    asked_for_change: bool,
    max_body: usize,
) -> Result<Reply, FetchError> {
    let (head, body) = answer.into_parts();
    let body = match head.status {
        StatusCode::OK => Some(body),
        StatusCode::NOT_MODIFIED if asked_for_change => None,
        status if status.is_redirection() => return Err(FetchError::Redirected),
        status => return Err(FetchError::Status(status)),
    };
    if let Some(body) = &body {
        if body.len() > max_body {
            return Err(FetchError::TooLong(max_body));
        }
        if !is_plain_json(&head.headers) {
            return Err(FetchError::NotJson);
        }
    }
    let etag = head.headers.get(ETAG).cloned();
    Ok(Reply {
        body,
        etag: etag.filter(|etag| etag.len() <= MAX_ETAG_LEN),
        max_age: max_age(&head.headers),
    })
}

/// `application/json` or `application/...+json`, not compressed.
fn is_plain_json(headers: &HeaderMap) -> bool {
    let encoded = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|line| line.to_str().ok())
        .and_then(|line| line.split(';').next())
        .map(|essence| essence.trim().to_ascii_lowercase());
    let json = media_type
        .as_deref()
        .and_then(|essence| essence.strip_prefix("application/"))
        .is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"));
    json && !encoded
}

/// For how long the document is fresh (RFC 9111, section 4.2), between 1 and 60 minutes whatever
/// the server says; none if it says nothing.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let mut found: Option<u64> = None;
    for line in headers.get_all(CACHE_CONTROL) {
        for directive in line.to_str().unwrap_or_default().split(',') {
            let directive = directive.trim().to_ascii_lowercase();
            let seconds = match directive.split_once('=') {
                Some(("max-age", seconds)) => seconds.trim_matches('"').parse().ok(),
                None if directive == "no-store" || directive == "no-cache" => Some(0),
                _ => None,
            };
            // Of several, the shortest counts (RFC 9111, section 4.2.1).
            found = match (found, seconds) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
    }
    let age = headers.get(AGE).and_then(|line| line.to_str().ok());
    let age: u64 = age.and_then(|age| age.parse().ok()).unwrap_or(0);
    let (least, most) = MAX_AGE;
    found.map(|seconds| Duration::from_secs(seconds.saturating_sub(age)).clamp(least, most))
}

#[cfg(test)]
mod tests {
    use http::HeaderName;
    use proptest::prelude::*;

    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| {
                let value = HeaderValue::from_str(value).unwrap();
                (HeaderName::from_static(name), value)
            })
            .collect()
    }

    fn answer(status: u16, lines: &[(&'static str, &str)], body: &'static str) -> Response<Bytes> {
        let mut answer = Response::new(Bytes::from_static(body.as_bytes()));
        *answer.status_mut() = StatusCode::from_u16(status).unwrap();
        *answer.headers_mut() = headers(lines);
        answer
    }

    #[test]
    fn only_a_short_plain_json_document_is_taken() {
        let json = ("content-type", "application/json");
        for (status, lines, body, asked, taken) in [
            (200, &[json][..], "{}", false, true),
            (200, &[json], "{} ", false, true),
            (200, &[json], "{}  ", false, false), // too long by one byte
            (
                200,
                &[("content-type", "application/jwk-set+json; charset=utf-8")],
                "{}",
                false,
                true,
            ),
            (
                200,
                &[("content-type", "Application/JSON")],
                "{}",
                false,
                true,
            ),
            (200, &[("content-type", "text/html")], "{}", false, false),
            (200, &[("content-type", "text/json")], "{}", false, false),
            (
                200,
                &[("content-type", "application/jsonp")],
                "{}",
                false,
                false,
            ),
            (200, &[], "{}", false, false),
            (
                200,
                &[json, ("content-encoding", "gzip")],
                "{}",
                false,
                false,
            ),
            (
                200,
                &[json, ("content-encoding", "identity")],
                "{}",
                false,
                true,
            ),
            (201, &[json], "{}", false, false),
            (204, &[json], "", false, false),
            (206, &[json], "{}", false, false),
            (302, &[json], "{}", false, false),
            (304, &[], "", false, false),
            (304, &[], "", true, true),
            (302, &[], "", true, false),
            (401, &[json], "{}", false, false),
            (500, &[json], "{}", true, false),
        ] {
            let verdict = accept(answer(status, lines, body), asked, 3);
            assert_eq!(
                verdict.is_ok(),
                taken,
                "{status} {lines:?} {body:?} {asked}"
            );
        }
        let redirect = accept(answer(307, &[], ""), false, 3).unwrap_err();
        assert!(matches!(redirect, FetchError::Redirected));
    }

    #[test]
    fn a_document_is_fresh_for_as_long_as_its_server_says_within_bounds() {
        let fresh = |lines: &[(&'static str, &str)]| {
            max_age(&headers(lines)).map(|duration| duration.as_secs())
        };
        let control = |text| fresh(&[("cache-control", text)]);
        for (text, seconds) in [
            ("max-age=600", Some(600)),
            ("public, Max-Age=\"600\", must-revalidate", Some(600)),
            ("max-age=59", Some(60)),
            ("max-age=60", Some(60)),
            ("max-age=3600", Some(3_600)),
            ("max-age=3601", Some(3_600)),
            ("max-age=0", Some(60)),
            ("no-store", Some(60)),
            ("no-cache, max-age=600", Some(60)),
            ("max-age=600, max-age=300", Some(300)),
            ("s-maxage=600", None),
            ("max-age=-1", None),
            ("max-age=1e9", None),
            ("public", None),
        ] {
            assert_eq!(control(text), seconds, "{text}");
        }
        assert_eq!(fresh(&[]), None);
        assert_eq!(
            fresh(&[("cache-control", "max-age=600"), ("age", "200")]),
            Some(400)
        );
        assert_eq!(
            fresh(&[("cache-control", "max-age=600"), ("age", "700")]),
            Some(60)
        );
    }

    proptest! {
        #[test]
        fn no_header_makes_a_document_fresh_for_longer(text in "[ -~]{0,60}") {
            if let Some(found) = max_age(&headers(&[("cache-control", &text)])) {
                prop_assert!((MAX_AGE.0..=MAX_AGE.1).contains(&found));
            }
        }
    }
}
