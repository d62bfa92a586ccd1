//! In which language a refusal is told.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use serde_json::json;

use super::details::Problem;

/// Gives refusals a body of the author's own shape, in one place for the whole application
/// (`Shield::with_problems`).
///
/// Status and headers stay as they are, so that no shape can lose a challenge. Refusals of gRPC
/// and GraphQL requests keep the form that their protocols demand.
pub trait Render: Send + Sync + 'static {
    /// The media type and the body of `problem`.
    fn render(&self, problem: &Problem) -> (HeaderValue, Bytes);
}

/// The shape `{"error": "Too many requests"}`.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainError;

impl Render for PlainError {
    fn render(&self, problem: &Problem) -> (HeaderValue, Bytes) {
        let error = problem.kind().title();
        let body = match problem.faults() {
            [] => json!({ "error": error }),
            faults => json!({ "error": error, "details": faults }),
        };
        (
            HeaderValue::from_static("application/json"),
            Bytes::from(body.to_string()),
        )
    }
}

/// The author's renderer, as it travels with a request.
#[derive(Clone)]
pub(crate) struct Renderer(pub(crate) Arc<dyn Render>);

impl fmt::Debug for Renderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renderer(..)")
    }
}

/// The language that a caller understands.
#[derive(Clone, Debug)]
pub(crate) enum Dialect {
    ProblemJson,
    Grpc,
    GraphQl,
    Own(Renderer),
}

impl Dialect {
    /// The language of the request with this head.
    pub(crate) fn of(head: &Parts) -> Self {
        let starts = |value: &HeaderValue, prefix: &[u8]| value.as_bytes().starts_with(prefix);
        if let Some(sent) = head.headers.get(CONTENT_TYPE)
            && starts(sent, b"application/grpc")
            && !starts(sent, b"application/grpc-web")
        {
            return Self::Grpc;
        }
        if let Some(accepted) = head.headers.get(ACCEPT)
            && starts(accepted, b"application/graphql-response+json")
        {
            return Self::GraphQl;
        }
        match head.extensions.get::<Renderer>() {
            Some(renderer) => Self::Own(renderer.clone()),
            None => Self::ProblemJson,
        }
    }
}
