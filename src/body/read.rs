//! From a request to the bytes of its body.

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, HeaderName, HeaderValue};
use http::request::Parts;
use http_body_util::{BodyExt, Collected, LengthLimitError, Limited};

use super::coding::Coding;
#[cfg(feature = "compression")]
use super::gzip;
use super::media_type;
use super::overrun::Overrun;
use crate::problem::{Kind, Problem};

/// The longest body that is read unless the author says otherwise: 64 KiB.
pub(crate) const DEFAULT_MAX_BYTES: usize = 64 * 1024;

/// Which bodies a resource takes in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Intake {
    media_types: &'static [&'static str],
    max_bytes: usize,
    takes_gzip: bool,
}

impl Intake {
    /// Bodies of these media types, in lower case and without parameters, of up to `max_bytes`,
    /// without a coding.
    pub(crate) const fn of(media_types: &'static [&'static str], max_bytes: usize) -> Self {
        Self {
            media_types,
            max_bytes,
            takes_gzip: false,
        }
    }

    /// Takes bodies that are coded with gzip too, if `takes_gzip`. The limit holds for what was sent
    /// and for what becomes of it.
    #[cfg(feature = "json")]
    pub(crate) const fn with_gzip(mut self, takes_gzip: bool) -> Self {
        self.takes_gzip = takes_gzip;
        self
    }

    /// The bytes of a body. All that its head gives away is judged before a byte is read.
    pub(crate) async fn read(self, head: &Parts, body: Body) -> Result<Bytes, Problem> {
        media_type::check(head, self.media_types).map_err(|reason| {
            let told = HeaderValue::from_str(&self.media_types.join(", "));
            unsupported(head, told.ok(), reason)
        })?;
        let coding = Coding::of(&head.headers, self.takes_gzip).ok_or_else(|| self.coded())?;
        let sent = bounded(head, body, self.max_bytes).await?;
        match coding {
            Coding::Identity => Ok(sent),
            #[cfg(feature = "compression")]
            Coding::Gzip => gzip::undone(&sent, self.max_bytes).await,
        }
    }

    /// Tells which codings would be undone (RFC 9110, section 12.5.3).
    fn coded(self) -> Problem {
        let told = if self.takes_gzip { "gzip" } else { "identity" };
        Problem::new(Kind::UnsupportedMediaType)
            .because("content_encoding_not_accepted")
            .with_header(ACCEPT_ENCODING, HeaderValue::from_static(told))
    }
}

/// The refusal of a body of another media type. It tells what would be read: `Accept-Patch` for PATCH
/// (RFC 5789, section 3.1), else `Accept` (RFC 9110, section 15.5.16).
pub(crate) fn unsupported(
    head: &Parts,
    told: Option<HeaderValue>,
    reason: &'static str,
) -> Problem {
    let name = if head.method == Method::PATCH {
        HeaderName::from_static("accept-patch")
    } else {
        ACCEPT
    };
    let problem = Problem::new(Kind::UnsupportedMediaType).because(reason);
    match told {
        Some(told) => problem.with_header(name, told),
        None => problem,
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
