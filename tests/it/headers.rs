//! What browsers are told of each response, and strangers of none.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::header::{CACHE_CONTROL, HeaderName, HeaderValue, SERVER};
use http::{HeaderMap, Request};
use portcullis::authz::RequireScopes;
use portcullis::guard::Shield;
use portcullis::headers::{Csp, Hsts, SecurityHeaders};

use crate::support::send;

const NOTHING: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// A handler that has its own mind about every header.
async fn headstrong() -> HeaderMap {
    let own = HeaderValue::from_static("own");
    let names = [
        "cache-control",
        "content-security-policy",
        "cross-origin-resource-policy",
        "permissions-policy",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
        "x-frame-options",
        "server",
        "x-powered-by",
    ];
    let pair = |name| (HeaderName::from_static(name), own.clone());
    HeaderMap::from_iter(names.map(pair))
}

async fn headers(headers: SecurityHeaders, path: &str) -> HeaderMap {
    let closed = RequireScopes::all(["none"]).unwrap();
    let app = Router::new()
        .route("/", get(|| async { "in" }))
        .route("/headstrong", get(headstrong))
        .route("/closed", get(|| async { "in" }).layer(closed))
        .layer(Shield::new().with(headers));
    let request = Request::get(path).body(Body::empty()).unwrap();
    send(&app, request).await.headers().clone()
}

#[tokio::test]
async fn what_the_table_says_is_on_every_response_and_on_refusals() {
    for path in ["/", "/closed", "/nowhere"] {
        let found = headers(SecurityHeaders::api(), path).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("content-security-policy", NOTHING),
            ("cross-origin-resource-policy", "same-origin"),
            (
                "permissions-policy",
                "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
            ),
            ("referrer-policy", "no-referrer"),
            (
                "strict-transport-security",
                "max-age=63072000; includeSubDomains",
            ),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ] {
            let lines: Vec<_> = found.get_all(name).iter().collect();
            assert_eq!(lines, [value], "{name} of {path}");
        }
        assert!(!found.contains_key("cross-origin-opener-policy"));
    }
    let page = headers(SecurityHeaders::pages(), "/").await;
    assert_eq!(page["cross-origin-opener-policy"], "same-origin");
    assert!(!page.contains_key("cross-origin-embedder-policy"));
    assert_eq!(page["referrer-policy"], "same-origin");
    let csp = page["content-security-policy"].to_str().unwrap();
    assert_eq!(csp, Csp::pages().to_string());
    assert!(!csp.contains("unsafe") && csp.contains("script-src 'self'"));
}

#[tokio::test]
async fn what_a_handler_says_stands_but_for_sniffing_and_names() {
    let found = headers(SecurityHeaders::api(), "/headstrong").await;
    assert_eq!(found["x-content-type-options"], "nosniff");
    for name in [
        "cache-control",
        "x-frame-options",
        "strict-transport-security",
    ] {
        assert_eq!(found[name], "own", "{name}");
    }
    assert!(!found.contains_key(SERVER) && !found.contains_key("x-powered-by"));

    let strict = SecurityHeaders::api().with_precedence_over_handlers();
    let found = headers(strict, "/headstrong").await;
    assert_eq!(found["cache-control"], "no-store");
    assert!(found.iter().all(|(_, value)| value != "own"));
}

#[tokio::test]
async fn each_header_can_be_changed_or_left_out() {
    let short = Hsts::new().dangerous_lasting(std::time::Duration::from_mins(5));
    let changed = SecurityHeaders::api()
        .with_hsts(short)
        .with_framing_by_own_pages()
        .dangerous_without(&CACHE_CONTROL);
    let found = headers(changed, "/").await;
    assert_eq!(
        found["strict-transport-security"],
        "max-age=300; includeSubDomains"
    );
    assert_eq!(found["x-frame-options"], "SAMEORIGIN");
    assert!(!found.contains_key(CACHE_CONTROL));
}
