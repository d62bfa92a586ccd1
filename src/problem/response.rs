//! The one door out.

use std::fmt::Write;
use std::sync::{Arc, LazyLock};

use axum::body::Body;
use axum::response::IntoResponse;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde_json::json;

use super::author::Author;
use super::details::Problem;
use super::dialect::Dialect;
use super::kind::Kind;
use crate::field::push_quoted;

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
const GRAPHQL_RESPONSE: HeaderValue = HeaderValue::from_static("application/graphql-response+json");
const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// draft-ietf-httpapi-ratelimit-headers-11, section on problem types. They are to be of the registry
/// of RFC 9457, section 4.2.
const REGISTRY: &str = "https://iana.org/assignments/http-problem-types#";
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

impl Problem {
    /// The response that carries this refusal. It must not be stored by caches.
    #[must_use]
    pub fn into_http<B: From<Bytes>>(mut self) -> Response<B> {
        let kind = self.kind();
        let (status, media_type, body) = match self.dialect() {
            Dialect::ProblemJson => (self.status(), PROBLEM_JSON, self.to_problem_json()),
            Dialect::GraphQl => (self.status(), GRAPHQL_RESPONSE, self.to_graphql()),
            Dialect::Grpc => (StatusCode::OK, GRPC, Bytes::new()),
            Dialect::Own(renderer) => {
                let (media_type, body) = renderer.0.render(&self);
                (self.status(), media_type, body)
            }
        };
        let grpc = matches!(self.dialect(), Dialect::Grpc);
        let mut headers = if self.is_told() {
            self.take_headers()
        } else {
            self.headers().clone() // it may have to be written anew
        };
        headers.insert(CONTENT_TYPE, media_type);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if grpc {
            headers.insert(
                GRPC_STATUS,
                HeaderValue::from(u16::from(kind.grpc_code() as u8)),
            );
            headers.insert(GRPC_MESSAGE, HeaderValue::from_static(kind.title()));
        }
        let mut response = Response::new(B::from(body));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        if !self.is_told() {
            response
                .extensions_mut()
                .insert(Author::Untold(Arc::new(self)));
        } else if self.request_id().is_some() {
            response.extensions_mut().insert(Author::Told);
        }
        response
    }

    fn to_problem_json(&self) -> Bytes {
        let usual = self.status() == self.kind().status();
        if self.names_policies() {
            return self.to_quota_exceeded();
        }
        let is_plain = self.faults().is_empty() && !self.is_truncated();
        if usual && is_plain && self.request_id().is_none() {
            let plain = PLAIN.get(self.kind() as usize);
            return plain.cloned().unwrap_or_default();
        }
        let mut body = members(self.kind(), self.status());
        // Writing to a String cannot fail.
        if !self.faults().is_empty() {
            let _ = write!(body, r#","errors":{}"#, json!(self.faults()));
        }
        if self.is_truncated() {
            body.push_str(r#","truncated":true"#);
        }
        self.push_request_id(&mut body);
        body.push('}');
        Bytes::from(body)
    }

    fn push_request_id(&self, body: &mut String) {
        if let Some(id) = self.request_id() {
            // It has no character that JSON would escape.
            let _ = write!(body, r#","request_id":"{id}""#);
        }
    }

    /// The problem of the draft on rate limit headers, which names the policies.
    fn to_quota_exceeded(&self) -> Bytes {
        let mut body = String::with_capacity(QUOTA_ROOM);
        if self.status() == Kind::QuotaExceeded.status() {
            body.push_str(&QUOTA_USUAL);
        } else {
            body.push_str(&quota_exceeded(self.status()));
        }
        for (i, name) in self.violated_policies().enumerate() {
            if i > 0 {
                body.push(',');
            }
            // A name is printable ASCII, of which JSON escapes what structured fields do.
            push_quoted(&mut body, name);
        }
        body.push(']');
        self.push_request_id(&mut body);
        body.push('}');
        Bytes::from(body)
    }

    fn to_graphql(&self) -> Bytes {
        let code = self.kind().slug();
        let extensions = match self.request_id() {
            Some(id) => json!({ "code": code, "request_id": id.as_str() }),
            None => json!({ "code": code }),
        };
        let body = json!({ "errors": [{
            "message": self.kind().title(),
            "extensions": extensions,
        }] });
        Bytes::from(body.to_string())
    }
}

/// The documents that say nothing of their own, which are most, in the order of the kinds.
static PLAIN: LazyLock<[Bytes; Kind::ALL.len()]> = LazyLock::new(|| {
    let plain = |kind: Kind| Bytes::from(members(kind, kind.status()) + "}");
    Kind::ALL.map(plain)
});

/// The problem of the draft, up to the names of the policies.
static QUOTA_USUAL: LazyLock<String> =
    LazyLock::new(|| quota_exceeded(Kind::QuotaExceeded.status()));
/// Enough for that and two names.
const QUOTA_ROOM: usize = 320;

fn quota_exceeded(status: StatusCode) -> String {
    let (title, status) = (Kind::QuotaExceeded.title(), status.as_u16());
    format!(
        r#"{{"type":"{REGISTRY}quota-exceeded","title":"{title}","status":{status},"violated-policies":["#
    )
}

/// What every document says, without the end.
fn members(kind: Kind, status: StatusCode) -> String {
    let (uri, title, status) = (kind.type_uri(), kind.title(), status.as_u16());
    format!(r#"{{"type":"{uri}","title":"{title}","status":{status}"#)
}

impl Kind {
    /// The `type` of the problem (RFC 9457, section 3.1.1), unless the author renders it otherwise.
    #[must_use]
    pub fn type_uri(self) -> String {
        let realm = match self {
            Self::ReducedCapacity => REGISTRY,
            _ => "urn:portcullis:problem:",
        };
        format!("{realm}{}", self.slug())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        self.into_http()
    }
}

#[cfg(test)]
mod tests {
    use http::header::WWW_AUTHENTICATE;
    use serde_json::Value;

    use super::*;
    use crate::identity::RequestId;
    use crate::problem::{Challenge, FieldFault, PlainError, Renderer};

    fn parsed(response: &Response<Bytes>) -> Value {
        serde_json::from_slice(response.body()).unwrap()
    }

    #[test]
    fn every_kind_is_a_problem_document_that_caches_leave_alone() {
        for kind in Kind::ALL {
            let response: Response<Bytes> = Problem::new(kind).because("secret reason").into_http();
            assert_eq!(response.status(), kind.status());
            assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
            let body = parsed(&response);
            let realm = if kind == Kind::ReducedCapacity {
                "https://iana.org/assignments/http-problem-types#"
            } else {
                "urn:portcullis:problem:"
            };
            assert_eq!(body["type"], format!("{realm}{}", kind.slug()));
            assert_eq!(body["status"], kind.status().as_u16());
            assert!(!body.to_string().contains("secret reason"));
        }
    }

    #[test]
    fn used_up_quotas_are_the_problem_of_the_draft_and_are_named() {
        let names = ["day", r#"a "b" \c"#].map(std::sync::Arc::from);
        let exceeded = Problem::new(Kind::QuotaExceeded);
        let problem = names.iter().fold(exceeded, Problem::violating);
        let quiet: Response<Bytes> = problem.into_http();
        assert!(parsed(&quiet).get("violated-policies").is_none());
        let problem = Problem::new(Kind::QuotaExceeded).naming_policies();
        let response: Response<Bytes> = names.iter().fold(problem, Problem::violating).into_http();
        let body = parsed(&response);
        assert_eq!(
            body["type"],
            "https://iana.org/assignments/http-problem-types#quota-exceeded"
        );
        assert_eq!(body["violated-policies"], json!(["day", r#"a "b" \c"#]));
        assert_eq!(body["status"], 429);
    }

    #[test]
    fn faults_are_listed_and_a_cut_list_says_so() {
        let fault = FieldFault::new("#/title", "min-length", "must not be \"empty\"");
        let problem = Problem::new(Kind::InvalidBody).with_faults(vec![fault], true);
        let body = parsed(&problem.into_http());
        assert_eq!(body["errors"][0]["pointer"], "#/title");
        assert_eq!(body["errors"][0]["detail"], "must not be \"empty\"");
        assert_eq!(body["truncated"], true);
    }

    #[test]
    fn each_dialect_keeps_the_challenge() {
        let own = Dialect::Own(Renderer(Arc::new(PlainError)));
        for (dialect, status) in [
            (Dialect::ProblemJson, 401),
            (Dialect::GraphQl, 401),
            (Dialect::Grpc, 200),
            (own, 401),
        ] {
            let response: Response<Bytes> = Problem::new(Kind::Unauthenticated)
                .with_challenge(&Challenge::new("Bearer"))
                .told_in(dialect.clone(), RequestId::parse(b"r-1"))
                .into_http();
            assert_eq!(response.status(), status, "{dialect:?}");
            assert_eq!(response.headers()[WWW_AUTHENTICATE], "Bearer");
            match dialect {
                Dialect::Grpc => {
                    assert_eq!(response.headers()["grpc-status"], "16");
                    assert!(response.body().is_empty());
                }
                Dialect::GraphQl => assert_eq!(
                    parsed(&response)["errors"][0]["extensions"],
                    json!({ "code": "unauthenticated", "request_id": "r-1" })
                ),
                Dialect::Own(_) => {
                    assert_eq!(parsed(&response)["error"], "Credentials are required");
                }
                Dialect::ProblemJson => {
                    assert_eq!(parsed(&response)["status"], 401);
                    assert_eq!(parsed(&response)["request_id"], "r-1");
                }
            }
        }
    }
}
