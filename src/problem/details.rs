//! What a refusal says, and to whom.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use http::StatusCode;
use http::header::{Entry, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use smallvec::SmallVec;

use super::challenge::{Challenge, extended};
use super::dialect::Dialect;
use super::fault::{FieldFault, Location};
use super::kind::Kind;
use crate::identity::RequestId;

/// A refusal that is safe to show to the caller; one pointer wide.
pub struct Problem(Box<Inner>);

struct Inner {
    kind: Kind,
    status: StatusCode,
    headers: HeaderMap,
    faults: Vec<FieldFault>,
    truncated: bool,
    reason: Cow<'static, str>,
    cause: Option<Box<dyn Error + Send + Sync>>,
    dialect: Dialect,
    is_told: bool,
    request_id: Option<RequestId>,
    violated: SmallVec<[Arc<str>; 1]>,
    names_policies: bool,
    times: u64,
}

impl Problem {
    /// A refusal of the given kind.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self(Box::new(Inner {
            kind,
            status: kind.status(),
            headers: HeaderMap::new(),
            faults: Vec::new(),
            truncated: false,
            reason: Cow::Borrowed(kind.slug()),
            cause: None,
            dialect: Dialect::ProblemJson,
            is_told: false,
            request_id: None,
            violated: SmallVec::new(),
            names_policies: false,
            times: 1,
        }))
    }

    /// Gives the reason for the event: a stable word such as `token_expired`, never shown to the
    /// caller. Default: the slug of the kind.
    #[must_use]
    pub fn because(mut self, reason: impl Into<Cow<'static, str>>) -> Self {
        self.0.reason = reason.into();
        self
    }

    /// Keeps the error behind the refusal for the event; the caller never sees it.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Tells the caller how to authenticate. Several challenges are several header lines.
    #[must_use]
    pub fn with_challenge(mut self, challenge: &Challenge) -> Self {
        self.0
            .headers
            .append(WWW_AUTHENTICATE, challenge.to_value());
        self
    }

    /// The same with challenges that were written before.
    #[cfg(feature = "jwt")]
    pub(crate) fn with_challenge_lines(mut self, lines: &[HeaderValue]) -> Self {
        for line in lines {
            self.0.headers.append(WWW_AUTHENTICATE, line.clone());
        }
        self
    }

    /// Tells the caller to come back in `seconds` (RFC 9110, section 10.2.3).
    #[must_use]
    pub fn with_retry_after(self, seconds: u64) -> Self {
        self.with_header(RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Sets a header of the response.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// Answers with `status` instead of the kind's own.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    /// Lists what is wrong with the request; `truncated` says that there is more.
    #[must_use]
    pub fn with_faults(mut self, faults: Vec<FieldFault>, truncated: bool) -> Self {
        self.0.faults = faults;
        self.0.truncated = truncated;
        self
    }

    /// The same, of parameters in `location` and not of the body.
    #[cfg_attr(not(feature = "json"), allow(dead_code))]
    pub(crate) fn of_parameters(mut self, location: Location) -> Self {
        self.0.kind = match self.0.kind {
            Kind::MalformedBody => Kind::MalformedParameters,
            Kind::InvalidBody => Kind::InvalidParameters,
            other => other,
        };
        for fault in &mut self.0.faults {
            fault.location = Some(location);
        }
        self
    }

    /// Names a policy whose quota is used up, for the event.
    #[must_use]
    pub(crate) fn violating(mut self, policy: &Arc<str>) -> Self {
        self.0.violated.push(Arc::clone(policy));
        self
    }

    /// Has the caller be told of the policies too.
    #[must_use]
    pub(crate) fn naming_policies(mut self) -> Self {
        self.0.names_policies = true;
        self
    }

    pub(super) fn names_policies(&self) -> bool {
        self.0.names_policies
    }

    /// Has the event stand for so many refusals; for none, it is not told.
    #[must_use]
    pub(crate) fn told(mut self, times: u64) -> Self {
        self.0.times = times;
        self
    }

    /// The names of the policies whose quota is used up.
    pub fn violated_policies(&self) -> impl Iterator<Item = &str> {
        self.0.violated.iter().map(|name| &**name)
    }

    /// For how many refusals the event stands.
    pub(crate) fn times(&self) -> u64 {
        self.0.times
    }

    /// The kind of refusal, for programs.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The status that the response will bear.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The reason, for logs only.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// What is wrong with the request, part by part.
    #[must_use]
    pub fn faults(&self) -> &[FieldFault] {
        &self.0.faults
    }

    /// Whether there are more faults than [`faults`](Self::faults) lists.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.0.truncated
    }

    /// The headers that the response will bear.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// Has each challenge for an access token name the metadata of the resource at `url` (RFC 9728,
    /// section 5.1).
    pub(crate) fn naming_metadata(mut self, url: &str) -> Self {
        if let Entry::Occupied(mut lines) = self.0.headers.entry(WWW_AUTHENTICATE) {
            for line in lines.iter_mut() {
                if let Some(more) = extended(line, &["Bearer", "DPoP"], "resource_metadata", url) {
                    *line = more;
                }
            }
        }
        self
    }

    /// Has the response speak `dialect`.
    pub(crate) fn in_dialect(mut self, dialect: Dialect) -> Self {
        self.0.dialect = dialect;
        self
    }

    /// Has the response speak `dialect` and name the request, now that the event is told.
    pub(crate) fn told_in(mut self, dialect: Dialect, request_id: Option<RequestId>) -> Self {
        self = self.in_dialect(dialect);
        self.0.request_id = request_id;
        self.0.is_told = true;
        self
    }

    /// Whether the event is told.
    pub(super) fn is_told(&self) -> bool {
        self.0.is_told
    }

    /// By which id the request is known, for the caller to name it to the author.
    #[must_use]
    pub fn request_id(&self) -> Option<&RequestId> {
        self.0.request_id.as_ref()
    }

    pub(super) fn dialect(&self) -> &Dialect {
        &self.0.dialect
    }

    pub(super) fn take_headers(&mut self) -> HeaderMap {
        std::mem::take(&mut self.0.headers)
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("kind", &self.0.kind)
            .field("status", &self.0.status)
            .field("reason", &self.0.reason)
            .finish_non_exhaustive()
    }
}

/// The caller's view.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.kind.title())
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0
            .cause
            .as_deref()
            .map(|cause| cause as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests;
