//! What is done to a response before it leaves.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;

use super::extract::Meant;
use super::layer::Plan;
use super::rule::{self, Author, Verdict};
use crate::event::Witness;
use crate::field::TELLTALE;
use crate::identity::{Facts, RequestId};
use crate::problem::{self, Kind, Problem, inherit, is_of_body};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const GRPC_DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// Waits for the response to a request.
#[derive(Debug)]
pub(super) struct Mender {
    plan: Arc<Plan>,
    witness: Witness,
    id: RequestId,
}

impl Mender {
    /// Gives the request with this head its id, and lends the voice to whatever stands within.
    pub(super) fn new(plan: &Arc<Plan>, head: &mut Parts) -> Self {
        plan.voice.lend_to(head);
        let id = plan.id_of(head);
        Facts::entry(&mut head.extensions).request_id = Some(id.clone());
        Self {
            plan: Arc::clone(plan),
            witness: Witness::of(head),
            id,
        }
    }

    /// The response that leaves where the service answered with this one.
    pub(super) fn mended<R: From<Bytes>>(self, mut response: Response<R>) -> Response<R> {
        let (author, problem) = author_of(&mut response);
        let status = response.status();
        let Self { plan, witness, id } = self;
        let mut response = match rule::judge(status, author, plan.keeps_client_errors) {
            Verdict::Stands => {
                if matches!(author, Author::Foreign { .. }) {
                    hush_grpc(response.headers_mut());
                }
                response
            }
            Verdict::Told => {
                let problem = problem.unwrap_or_else(|| Problem::new(Kind::Misconfigured));
                // The author may have given it another status on its way.
                let refusal = witness.refuse(problem.with_status(status)).into_http();
                heir(refusal, response, |name| !is_of_body(name))
            }
            Verdict::Replaced(kind, reason) => {
                let problem = Problem::new(kind).with_status(status).because(reason);
                let refusal = witness.refuse(problem).into_http();
                heir(refusal, response, |name| plan.keeps(name))
            }
        };
        finish(&id, response.headers_mut());
        response
    }

    /// The response that leaves where the service panicked.
    pub(super) fn panicked<R: From<Bytes>>(self) -> Response<R> {
        let problem = Problem::new(Kind::Misconfigured).because("handler_panicked");
        let mut response = self.witness.refuse(problem).into_http();
        finish(&self.id, response.headers_mut());
        response
    }
}

/// Who wrote the response, and the problem that a handler answered with.
fn author_of<R>(response: &mut Response<R>) -> (Author, Option<Problem>) {
    if response.extensions().get::<Meant>().is_some() {
        return (Author::Marked, None);
    }
    match response.extensions_mut().remove() {
        Some(problem::Author::Told) => {
            // For whoever stands further out.
            response.extensions_mut().insert(problem::Author::Told);
            (Author::House, None)
        }
        Some(problem::Author::Untold(problem)) => match Arc::try_unwrap(problem) {
            Ok(problem) => (Author::Handler, Some(problem)),
            Err(_shared) => (Author::Foreign { is_problem: true }, None),
        },
        None => {
            let is_problem = is_problem_json(response.headers());
            (Author::Foreign { is_problem }, None)
        }
    }
}

fn is_problem_json(headers: &HeaderMap) -> bool {
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|line| line.to_str().ok());
    let essence = media_type.and_then(|text| text.split(';').next());
    essence.is_some_and(|text| text.trim().eq_ignore_ascii_case("application/problem+json"))
}

/// `refusal` with the headers of the response in whose place it leaves.
fn heir<R>(
    mut refusal: Response<R>,
    response: Response<R>,
    keeps: impl Fn(&HeaderName) -> bool,
) -> Response<R> {
    let (answered, _) = response.into_parts();
    inherit(&mut refusal, answered.headers, keeps);
    refusal
}

/// Takes from a trailers-only response what it says of an error within.
fn hush_grpc(headers: &mut HeaderMap) {
    let tells = |code: &HeaderValue| rule::is_inner_grpc_error(code.as_bytes());
    if headers.get(GRPC_STATUS).is_some_and(tells) {
        let title = HeaderValue::from_static(Kind::Misconfigured.title());
        headers.insert(GRPC_MESSAGE, title);
        headers.remove(GRPC_DETAILS);
    }
}

fn finish(id: &RequestId, headers: &mut HeaderMap) {
    for name in TELLTALE {
        headers.remove(name);
    }
    headers.insert(REQUEST_ID, id.to_value());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problem_details_are_known_by_their_media_type() {
        for (line, known) in [
            ("application/problem+json", true),
            ("Application/Problem+JSON; charset=utf-8", true),
            ("application/problem+json ;x", true),
            ("application/problem+jsonx", false),
            ("application/json", false),
            ("text/plain; application/problem+json", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, line.parse().unwrap())]);
            assert_eq!(is_problem_json(&headers), known, "{line}");
        }
        assert!(!is_problem_json(&HeaderMap::new()));
    }
}
