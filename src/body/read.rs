//! From a request to the bytes of its body.

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, CONTENT_LENGTH, HeaderName, HeaderValue};
use http::request::Parts;
use http_body_util::{BodyExt, Collected, LengthLimitError, Limited};

use super::media_type;
use super::overrun::Overrun;
use crate::problem::{Kind, Problem};

/// The longest body that is read unless the author says otherwise: 64 KiB.
pub(crate) const DEFAULT_MAX_BYTES: usize = 64 * 1024;

/// Which bodies a resource takes in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Intake {
    /// Media types, in lower case and without parameters.
    pub(crate) media_types: &'static [&'static str],
    /// The same, as the caller is told them.
    pub(crate) told: &'static str,
    /// The longest body, in bytes.
    pub(crate) max_bytes: usize,
}

impl Intake {
    /// The bytes of a body. All that its head gives away is judged before a byte is read.
    pub(crate) async fn read(self, head: &Parts, body: Body) -> Result<Bytes, Problem> {
        media_type::check(&head.headers, self.media_types)
            .map_err(|reason| self.unsupported(head, reason))?;
        bounded(head, body, self.max_bytes).await
    }

    /// Tells what would be read: `Accept-Patch` for PATCH (RFC 5789, section 3.1), else `Accept`
    /// (RFC 9110, section 15.5.16).
    fn unsupported(self, head: &Parts, reason: &'static str) -> Problem {
        let name = if head.method == Method::PATCH {
            HeaderName::from_static("accept-patch")
        } else {
            ACCEPT
        };
        Problem::new(Kind::UnsupportedMediaType)
            .because(reason)
            .with_header(name, HeaderValue::from_static(self.told))
    }
}

/// The bytes of a body of at most `max_bytes`, whatever its media type. One that announces that it
/// is longer is not read at all.
pub(crate) async fn bounded(head: &Parts, body: Body, max_bytes: usize) -> Result<Bytes, Problem> {
    announced(head, body.size_hint().lower(), max_bytes)?;
    let read = Limited::new(body, max_bytes).collect().await;
    read.map(Collected::to_bytes)
        .map_err(|error| failed(error.as_ref()))
}

/// The refusal of a body that ended with this error. The error is not kept: a layer around the body
/// may have put anything into it.
fn failed(error: &(dyn std::error::Error + 'static)) -> Problem {
    if let Some(overrun) = Overrun::behind(error) {
        overrun.problem()
    } else if is_over_limit(error) {
        Problem::new(Kind::BodyTooLarge).because("body_over_limit")
    } else {
        Problem::new(Kind::MalformedBody).because("body_unreadable")
    }
}

/// Refuses a body that announces that it is longer than `max_bytes`; `at_least` bytes of it are known
/// to come.
pub(crate) fn announced(head: &Parts, at_least: u64, max_bytes: usize) -> Result<(), Problem> {
    let length = head.headers.get(CONTENT_LENGTH);
    if length.is_some_and(|length| is_too_long(length, max_bytes)) || at_least > max_bytes as u64 {
        return Err(Problem::new(Kind::BodyTooLarge).because("content_length_over_limit"));
    }
    Ok(())
}

/// A length that is no number is left to the server, and to the count of what really comes.
fn is_too_long(length: &HeaderValue, max_bytes: usize) -> bool {
    length
        .to_str()
        .ok()
        .and_then(|digits| digits.parse::<u64>().ok())
        .is_some_and(|length| length > max_bytes as u64)
}

/// Also when a limit of somebody else, laid around the body, was the smaller one.
fn is_over_limit(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(<dyn std::error::Error>::is::<LengthLimitError>)
}
