//! What requests of other origins get, in a real router; after the tests of the Go library jub0bs/cors.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::{get, options};
use http::{HeaderMap, Request};
use portcullis::cors::Cors;
use portcullis::event::SecurityEvent;
use portcullis::guard::Shield;
use portcullis::jwt::{RequireJwt, SigningKey};

use crate::support::send;

const NAMED: &str = "https://example.com";
const OTHER: &str = "https://other.example";
const PREFLIGHT_VARY: &str =
    "Access-Control-Request-Headers, Access-Control-Request-Method, Origin";

fn credentialed() -> Cors {
    Cors::for_origins([NAMED, "https://*.example.com", "http://localhost:3000"])
        .with_methods(["PUT", "DELETE", "GET"])
        .with_request_headers(["X-Foo", "Authorization", "content-type"])
        .with_exposed_headers(["X-Response-Time", "x-a"])
        .with_max_age(std::time::Duration::from_secs(30))
        .with_credentials()
        .build()
        .unwrap()
}

fn anonymous() -> Cors {
    Cors::for_origins([NAMED]).build().unwrap()
}

fn any() -> Cors {
    Cors::dangerous_for_any_origin()
        .with_methods(["PUT"])
        .with_exposed_headers(["x-a"])
        .build()
        .unwrap()
}

/// A router whose handlers have something in `Vary` themselves.
fn app(cors: Cors) -> Router {
    let handler = || async { ([("vary", "accept")], "in") };
    Router::new()
        .route(
            "/",
            get(handler).post(handler).put(handler).options(handler),
        )
        .layer(cors)
}

fn request(method: &str, lines: &[(&str, &str)]) -> Request<Body> {
    let request = Request::builder()
        .method(method)
        .uri("/")
        .header("host", "api.example");
    lines
        .iter()
        .fold(request, |request, (name, line)| {
            request.header(*name, *line)
        })
        .body(Body::empty())
        .unwrap()
}

/// The status, and the fields that CORS is made of, as `name: value`, in order.
async fn outcome(cors: &Cors, method: &str, lines: &[(&str, &str)]) -> (u16, Vec<String>) {
    let response = send(&app(cors.clone()), request(method, lines)).await;
    (response.status().as_u16(), fields(response.headers()))
}

fn fields(headers: &HeaderMap) -> Vec<String> {
    let mut fields: Vec<_> = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("access-control-") || *name == "vary")
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    fields.sort();
    fields
}

fn sorted(fields: &[&str]) -> Vec<String> {
    let mut fields: Vec<_> = fields.iter().map(|field| (*field).to_owned()).collect();
    fields.sort();
    fields
}

#[tokio::test]
async fn pages_of_named_origins_may_read_and_others_get_no_word() {
    let origin = format!("access-control-allow-origin: {NAMED}");
    let handler = "vary: accept";
    let exposed = "access-control-expose-headers: x-a, x-response-time";
    let credentials = "access-control-allow-credentials: true";
    let vary = "vary: Origin";
    let long = format!("https://{}.example.com", "a".repeat(10_000));
    for (lines, fields) in [
        (&[][..], &[handler, vary][..]),
        (
            &[("origin", NAMED)],
            &[handler, vary, &origin, exposed, credentials],
        ),
        (&[("origin", OTHER)], &[handler, vary]),
        (&[("origin", "null")], &[handler, vary]),
        (&[("origin", "")], &[handler, vary]),
        (&[("origin", "*")], &[handler, vary]),
        (
            &[("origin", "https://example.com.evil.com")],
            &[handler, vary],
        ),
        (&[("origin", "https://evilexample.com")], &[handler, vary]),
        (&[("origin", "https://example.com:443")], &[handler, vary]),
        (&[("origin", "HTTPS://EXAMPLE.COM")], &[handler, vary]),
        (&[("origin", "https://example.com/")], &[handler, vary]),
        (
            &[("origin", "https://xn--exmple-cua.com")],
            &[handler, vary],
        ),
        (&[("origin", "http://example.com")], &[handler, vary]),
        (
            &[("origin", "https://example.com, https://example.com")],
            &[handler, vary],
        ),
        (&[("origin", NAMED), ("origin", NAMED)], &[handler, vary]),
        (&[("origin", NAMED), ("origin", OTHER)], &[handler, vary]),
        (&[("origin", &long)], &[handler, vary]),
    ] {
        for method in ["GET", "POST", "PUT"] {
            let outcome = outcome(&credentialed(), method, lines).await;
            assert_eq!(outcome, (200, sorted(fields)), "{method} {lines:?}");
        }
    }
    let (_, fields) = outcome(&anonymous(), "GET", &[("origin", NAMED)]).await;
    assert_eq!(fields, sorted(&[handler, vary, &origin]));
}

#[tokio::test]
async fn preflights_are_answered_by_what_was_asked_and_no_more() {
    let sending = |method| ("access-control-request-method", method);
    let asking = |headers| ("access-control-request-headers", headers);
    let from = ("origin", NAMED);
    let vary = format!("vary: {PREFLIGHT_VARY}");
    let good = [
        &*vary,
        "access-control-allow-origin: https://example.com",
        "access-control-allow-credentials: true",
        "access-control-max-age: 30",
    ];
    let with = |more: &[&str]| (204, sorted(&[&good[..], more].concat()));
    let refused = (403, sorted(&[&vary]));
    let commas = ",".repeat(10_000);
    for (lines, expected) in [
        (&[from, sending("GET")][..], with(&[])),
        (&[from, sending("POST")], with(&[])),
        (
            &[from, sending("PUT")],
            with(&["access-control-allow-methods: PUT"]),
        ),
        (
            &[from, sending("GET"), asking("x-foo")],
            with(&["access-control-allow-headers: x-foo"]),
        ),
        (
            &[from, sending("DELETE"), asking("authorization,x-foo")],
            with(&[
                "access-control-allow-methods: DELETE",
                "access-control-allow-headers: authorization,x-foo",
            ]),
        ),
        (
            &[
                from,
                sending("GET"),
                asking("authorization"),
                asking("x-foo"),
            ],
            with(&[
                "access-control-allow-headers: authorization",
                "access-control-allow-headers: x-foo",
            ]),
        ),
        (
            &[
                from,
                sending("GET"),
                ("access-control-request-private-network", "true"),
            ],
            with(&[]),
        ),
        (
            &[
                from,
                sending("GET"),
                ("access-control-request-local-network", "true"),
            ],
            with(&[]),
        ),
        (&[("origin", OTHER), sending("GET")], refused.clone()),
        (&[("origin", "null"), sending("GET")], refused.clone()),
        (&[from, from, sending("GET")], refused.clone()),
        (&[from, sending("get")], refused.clone()),
        (&[from, sending("put")], refused.clone()),
        (&[from, sending("PATCH")], refused.clone()),
        (&[from, sending("")], refused.clone()),
        (&[from, sending("PUT"), sending("PUT")], refused.clone()),
        (&[from, sending("GET"), asking("x-bar")], refused.clone()),
        (&[from, sending("GET"), asking("X-Foo")], refused.clone()),
        (
            &[from, sending("GET"), asking("x-foo,authorization")],
            refused.clone(),
        ),
        (
            &[from, sending("GET"), asking("x-foo,x-foo")],
            refused.clone(),
        ),
        (&[from, sending("GET"), asking("*")], refused.clone()),
        (&[from, sending("GET"), asking(&commas)], refused.clone()),
    ] {
        let outcome = outcome(&credentialed(), "OPTIONS", lines).await;
        assert_eq!(outcome, expected, "{lines:?}");
    }
}

#[tokio::test]
async fn any_origin_is_told_the_same_with_and_without_origin() {
    let handler = "vary: accept";
    let constant = [
        "access-control-allow-origin: *",
        "access-control-expose-headers: x-a",
    ];
    for lines in [&[][..], &[("origin", OTHER)], &[("origin", "null")]] {
        let (status, fields) = outcome(&any(), "GET", lines).await;
        assert_eq!(
            (status, fields),
            (200, sorted(&[&constant[..], &[handler]].concat()))
        );
    }
    let lines = [("origin", OTHER), ("access-control-request-method", "PUT")];
    let (status, fields) = outcome(&any(), "OPTIONS", &lines).await;
    let vary = format!("vary: {PREFLIGHT_VARY}");
    let expected = [constant[0], "access-control-allow-methods: PUT", &vary];
    assert_eq!((status, fields), (204, sorted(&expected)));
    let public = Cors::public_read();
    assert_eq!(
        outcome(&public, "OPTIONS", &lines).await,
        (403, sorted(&[&vary]))
    );
    let (_, fields) = outcome(&public, "GET", &[]).await;
    assert_eq!(fields, sorted(&[constant[0], handler]));
}

#[tokio::test]
async fn options_that_are_no_preflight_reach_the_handler() {
    let vary = format!("vary: {PREFLIGHT_VARY}");
    for (lines, is_allowed) in [
        (&[][..], false),
        (&[("origin", NAMED)], true),
        (&[("origin", OTHER)], false),
        (&[("access-control-request-method", "PUT")], false),
        (
            &[
                ("access-control-request-headers", "x-foo"),
                ("origin", NAMED),
            ],
            true,
        ),
    ] {
        let (status, fields) = outcome(&credentialed(), "OPTIONS", lines).await;
        assert_eq!(status, 200, "{lines:?}");
        let has = |start: &str| fields.iter().any(|field| field.starts_with(start));
        assert!(has("vary: accept") && has(&vary), "{fields:?}");
        assert_eq!(has("access-control-allow-origin"), is_allowed, "{lines:?}");
        assert!(!has("access-control-allow-methods"));
    }
}

#[tokio::test]
async fn preflights_need_no_credentials_and_refusals_can_be_read() {
    let key = SigningKey::hs256([7; 32]).unwrap();
    let jwt = RequireJwt::new("https://id.example", "articles", key.verifying_key()).unwrap();
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = Arc::clone(&told);
    let shield = Shield::new().with(credentialed()).with(jwt).with_events(
        move |event: &SecurityEvent<'_>| {
            sink.lock().unwrap().push(event.reason.to_owned());
        },
    );
    let app = Router::new()
        .route("/", options(|| async {}).get(|| async {}))
        .layer(shield);
    let sending = |method| ("access-control-request-method", method);
    let from = ("origin", NAMED);
    for (method, lines, status) in [
        ("OPTIONS", &[from, sending("GET")][..], 204),
        ("OPTIONS", &[from], 401),
        ("GET", &[from], 401),
        ("OPTIONS", &[("origin", OTHER), sending("GET")], 403),
        ("OPTIONS", &[from, sending("PATCH")], 403),
        (
            "OPTIONS",
            &[
                from,
                sending("GET"),
                ("access-control-request-headers", "x-bar"),
            ],
            403,
        ),
    ] {
        let response = send(&app, request(method, lines)).await;
        assert_eq!(response.status(), status, "{method} {lines:?}");
        let is_readable = response
            .headers()
            .contains_key("access-control-allow-origin");
        assert_eq!(is_readable, status != 403, "{method} {lines:?}");
    }
    assert_eq!(
        *told.lock().unwrap(),
        [
            "no_credential",
            "no_credential",
            "origin_not_allowed",
            "method_not_allowed",
            "header_not_allowed",
        ]
    );
}

#[tokio::test]
async fn foreign_origins_may_be_kept_from_changing_anything() {
    let lenient = Cors::for_origins([NAMED]);
    let strict = lenient.clone().refusing_foreign_origins().build().unwrap();
    let lenient = lenient.build().unwrap();
    for (method, lines, status) in [
        ("POST", &[][..], 200),
        ("POST", &[("origin", NAMED)], 200),
        ("POST", &[("origin", "https://api.example")], 200), // its own
        ("POST", &[("origin", OTHER)], 403),
        ("PUT", &[("origin", OTHER)], 403),
        ("POST", &[("origin", "null")], 403),
        ("POST", &[("origin", "https://api.example:8443")], 403),
        ("POST", &[("origin", NAMED), ("origin", NAMED)], 403),
        ("GET", &[("origin", OTHER)], 200),
        ("OPTIONS", &[("origin", OTHER)], 200),
    ] {
        let (found, fields) = outcome(&strict, method, lines).await;
        assert_eq!(found, status, "{method} {lines:?}");
        assert!(fields.iter().any(|field| field.contains("rigin")));
        assert_eq!(
            outcome(&lenient, method, lines).await.0,
            200,
            "{method} {lines:?}"
        );
    }
}

#[test]
fn a_request_without_an_origin_costs_no_allocation() {
    use portcullis::cross_site::RefuseCrossSite;
    use portcullis::guard::Guard;

    let cross_site = RefuseCrossSite::new().isolating_resources();
    for cors in [credentialed(), any()] {
        let (mut head, _) = request("GET", &[]).into_parts();
        let counted = allocation_counter::measure(|| {
            assert!(cors.check_now(&mut head).unwrap().is_ok());
            assert!(cross_site.check_now(&mut head).unwrap().is_ok());
        });
        assert_eq!(counted.count_total, 0);
    }
}

#[test]
fn an_audit_reads_who_is_let_in() {
    use portcullis::guard::Guard;

    let policy = Cors::for_origins(["https://b.example", "https://*.a.example:8443"]);
    assert_eq!(
        policy
            .with_credentials()
            .build()
            .unwrap()
            .describe()
            .to_string(),
        "origins https://*.a.example:8443 https://b.example with credentials"
    );
    assert_eq!(Cors::public_read().describe().to_string(), "origins *");
}
