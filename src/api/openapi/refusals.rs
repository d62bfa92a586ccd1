//! How a route can refuse.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::api::audit::BodyRow;
use crate::api::facets::Facets;
use crate::problem::Kind;

/// The responses by which a route with these demands refuses, by their status.
pub(super) fn responses(facets: &Facets, body: &BodyRow) -> Map<String, Value> {
    let mut by_status = BTreeMap::<u16, Vec<Kind>>::new();
    for kind in Kind::ALL {
        if kinds(facets, body).contains(&kind) {
            by_status
                .entry(kind.status().as_u16())
                .or_default()
                .push(kind);
        }
    }
    let entry = |(status, kinds): (u16, Vec<Kind>)| (status.to_string(), response(status, &kinds));
    by_status.into_iter().map(entry).collect()
}

fn kinds(facets: &Facets, body: &BodyRow) -> Vec<Kind> {
    let mut kinds = vec![Kind::Misconfigured];
    let mut add = |when: bool, more: &[Kind]| {
        if when {
            kinds.extend(more);
        }
    };
    add(
        facets.know_callers(),
        &[
            Kind::InvalidRequest,
            Kind::InvalidCredential,
            Kind::Unavailable,
        ],
    );
    add(!facets.admit_strangers(), &[Kind::Unauthenticated]);
    add(!facets.scopes.is_empty(), &[Kind::InsufficientScope]);
    add(facets.max_login_age.is_some(), &[Kind::StepUpRequired]);
    let is_judged = !facets.others.is_empty() || !facets.manners.is_empty();
    add(is_judged, &[Kind::Forbidden]);
    let is_limited = facets.quotas.iter().any(|quota| quota.is_enforced);
    add(is_limited, &[Kind::QuotaExceeded, Kind::Unavailable]);
    let is_read = !matches!(body, BodyRow::None | BodyRow::Unchecked);
    add(
        is_read,
        &[
            Kind::MalformedBody,
            Kind::BodyTooLarge,
            Kind::UnsupportedMediaType,
            Kind::InvalidBody,
        ],
    );
    kinds
}

/// One response for all kinds of one status.
fn response(status: u16, kinds: &[Kind]) -> Value {
    let titles: Vec<_> = kinds.iter().map(|kind| kind.title()).collect();
    let example = |kind: &Kind| {
        let value = json!({ "type": kind.type_uri(), "title": kind.title(), "status": status });
        (kind.slug().to_owned(), json!({ "value": value }))
    };
    let examples: Map<_, _> = kinds.iter().map(example).collect();
    let mut response = json!({
        "description": titles.join(". "),
        "content": { "application/problem+json": {
            "schema": { "$ref": "#/components/schemas/Problem" },
            "examples": examples,
        } },
    });
    let header = match status {
        401 => Some(("WWW-Authenticate", "How to authenticate", "string")),
        429 | 503 => Some(("Retry-After", "When to come back, in seconds", "integer")),
        _ => None,
    };
    if let (Some((name, words, kind)), Some(response)) = (header, response.as_object_mut()) {
        let header = json!({ name: { "description": words, "schema": { "type": kind } } });
        response.insert("headers".to_owned(), header);
    }
    response
}

/// The schema of problem details (RFC 9457), with the members that refusals have.
pub(super) fn problem_schema() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "type": "object",
        "description": "Problem details (RFC 9457)",
        "required": ["type", "title", "status"],
        "properties": {
            "type": { "type": "string", "format": "uri" },
            "title": text,
            "status": { "type": "integer" },
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["pointer", "code", "detail"],
                    "properties": { "pointer": text, "code": text, "detail": text },
                },
            },
            "truncated": { "type": "boolean" },
            "violated-policies": { "type": "array", "items": text },
        },
    })
}
