//! What a request of another origin may do (Fetch Standard, section 3.3).

use http::Method;
use http::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN,
};
use http::request::Parts;

use super::names::needs_no_permission;
use super::request_headers::RequestHeaders;
use crate::field::exactly_one;
use crate::origin::{Origins, changes_nothing, is_own, only_origin};

/// What pages of other origins may do.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) reach: Reach,
    /// Those that need permission.
    pub(super) methods: Box<[Box<str>]>,
    pub(super) request_headers: RequestHeaders,
    pub(super) exposed: Box<[Box<str>]>,
    /// In seconds.
    pub(super) max_age: Option<u64>,
    pub(super) has_credentials: bool,
    pub(super) refuses_foreign: bool,
}

/// Whose pages are meant.
#[derive(Clone, Debug)]
pub(super) enum Reach {
    Any,
    Named(Origins),
}

/// What a request is, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It comes from no page of another origin, or from one that may not read the answer.
    Plain,
    /// The page may read the answer.
    Shared,
    /// It would change something, and comes from a page that has no business here.
    Foreign,
    /// A browser asks whether a page may send a request, and it may.
    Preflight,
    /// A browser asks whether a page may send a request, and it may not, for this reason.
    Refused(&'static str),
}

impl Rules {
    pub(super) fn judge(&self, head: &Parts) -> Verdict {
        if !head.headers.contains_key(ORIGIN) {
            return Verdict::Plain;
        }
        let is_allowed = match &self.reach {
            Reach::Any => only_origin(head).is_ok(),
            Reach::Named(origins) => {
                matches!(only_origin(head), Ok(Some(origin)) if origins.contains(origin))
            }
        };
        let is_preflight = head.method == Method::OPTIONS
            && head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        match (is_preflight, is_allowed) {
            (true, false) => Verdict::Refused("origin_not_allowed"),
            (true, true) if !self.allows_method(head) => Verdict::Refused("method_not_allowed"),
            (true, true) if !self.allows_headers(head) => Verdict::Refused("header_not_allowed"),
            (true, true) => Verdict::Preflight,
            (false, true) => Verdict::Shared,
            (false, false) if self.refuses_foreign && is_foreign(head) => Verdict::Foreign,
            (false, false) => Verdict::Plain,
        }
    }

    fn allows_method(&self, head: &Parts) -> bool {
        let asked = exactly_one(&head.headers, ACCESS_CONTROL_REQUEST_METHOD);
        let Ok(Some(Ok(asked))) = asked.map(|line| line.map(HeaderValue::to_str)) else {
            return false;
        };
        needs_no_permission(asked) || self.methods.iter().any(|method| &**method == asked)
    }

    fn allows_headers(&self, head: &Parts) -> bool {
        let lines = head.headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS);
        self.request_headers
            .hold(lines.iter().map(HeaderValue::as_bytes))
    }
}

/// Whether the request would change something, and is of a page that is not the service's own.
fn is_foreign(head: &Parts) -> bool {
    let is_own = matches!(only_origin(head), Ok(Some(origin)) if is_own(origin, head));
    !changes_nothing(head) && !is_own
}
