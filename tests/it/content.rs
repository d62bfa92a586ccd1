//! The media types that routes take and give, through real routers.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::middleware::map_request;
use axum::routing::{delete, get, patch, post};
use http::{HeaderValue, Request};
use portcullis::assign::JsonPatch;
use portcullis::content::{Consumes, Negotiated, Produces};
use portcullis::guard::Shield;
use portcullis::input::ValidatedJson;
use serde_json::Value;

use crate::support::{read, send};

fn request(
    method: &str,
    path: &str,
    fields: &[(&str, &[u8])],
    body: &'static str,
) -> Request<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .body(Body::from(body))
        .unwrap();
    for (name, value) in fields {
        let name: http::HeaderName = name.parse().unwrap();
        request
            .headers_mut()
            .append(name, HeaderValue::from_bytes(value).unwrap());
    }
    if !body.is_empty() {
        let length = HeaderValue::from(body.len());
        request.headers_mut().insert("content-length", length);
    }
    request
}

/// Routes that read JSON, with and without a guard before them.
fn readers() -> [Router; 2] {
    let route = || {
        Router::new().route(
            "/",
            post(async |ValidatedJson(sent): ValidatedJson<u8>| sent.to_string()),
        )
    };
    [route(), route().route_layer(Consumes::json())]
}

#[tokio::test]
async fn one_exact_type_in_utf_8_is_read_with_a_guard_and_without() {
    for (lines, status) in [
        (&[&b"application/json"[..]][..], 200),
        (&[b"APPLICATION/JSON"], 200),
        (&[b"application/json ; charset=utf-8"], 200),
        (&[b"application/json;charset=\"UTF-8\""], 200),
        (&[], 415),
        (&[b""], 415),
        (&[b"text/plain"], 415),
        (&[b"application/json\t; x"], 415),
        (&[b"application/json\t; charset=utf-8"], 415),
        (&[b"application/json;charset=utf-16"], 415),
        (&[b"application/json, text/plain"], 415),
        (&[b"application/json", b"application/json"], 415),
        (&[b"application/json", b"text/plain"], 415),
        (&[b"application/jsonx"], 415),
        (&[b"application/vnd.x+json"], 415),
        (&[b"application/merge-patch+json"], 415),
        (&[b"multipart/form-data; boundary=application/json"], 415),
        (&[b"application/json foo=bar"], 415),
        (&[b"application/json; foo=bar"], 415),
        (&[b"application/x-www-form-urlencoded"], 415),
        (&[b"application/json\xe9"], 415),
        (&[b"*/*"], 415),
    ] {
        let fields: Vec<_> = lines.iter().map(|line| ("content-type", *line)).collect();
        for app in readers() {
            let response = send(&app, request("POST", "/", &fields, "7")).await;
            let shown = lines.iter().map(|line| line.escape_ascii().to_string());
            assert_eq!(response.status(), status, "{:?}", shown.collect::<Vec<_>>());
            if status == 415 {
                assert_eq!(response.headers()["accept"], "application/json");
            }
        }
    }
}

#[tokio::test]
async fn codings_are_refused_unless_a_schema_takes_them() {
    let json: (&str, &[u8]) = ("content-type", b"application/json");
    for (lines, status) in [
        (&[&b"identity"[..]][..], 200),
        (&[b"gzip"], 415),
        (&[b"gzip, gzip"], 415),
        (&[b"identity", b"identity"], 415),
        (&[b"br"], 415),
        (&[b"x"], 415),
        (&[b""], 415),
    ] {
        let mut fields = vec![json];
        fields.extend(lines.iter().map(|line| ("content-encoding", *line)));
        for app in readers() {
            let response = send(&app, request("POST", "/", &fields, "7")).await;
            assert_eq!(response.status(), status, "{lines:?}");
            if status == 415 {
                assert_eq!(response.headers()["accept-encoding"], "identity");
            }
        }
    }
}

#[tokio::test]
async fn what_the_guard_has_read_is_what_the_extractor_goes_by() {
    async fn renamed(mut request: Request<Body>) -> Request<Body> {
        let other = HeaderValue::from_static("application/json-patch+json");
        request.headers_mut().insert("content-type", other);
        request
    }
    let json: (&str, &[u8]) = ("content-type", b"application/json");
    let app = |guard: Consumes| {
        Router::new()
            .route(
                "/",
                post(async |ValidatedJson(sent): ValidatedJson<u8>| sent.to_string()),
            )
            .route("/", patch(async |_: JsonPatch| "patched"))
            .layer(map_request(renamed))
            .layer(guard)
    };
    let both = ["application/json", "application/json-patch+json"];
    let app = app(Consumes::one_of(both).unwrap());
    assert_eq!(
        send(&app, request("POST", "/", &[json], "7"))
            .await
            .status(),
        200
    );
    // It was JSON when it was let in, so it is no patch now.
    let patch = request("PATCH", "/", &[json], "[]");
    assert_eq!(send(&app, patch).await.status(), 415);
    let real: (&str, &[u8]) = ("content-type", b"application/json-patch+json");
    let patch = request("PATCH", "/", &[real], "[]");
    assert_eq!(send(&app, patch).await.status(), 200);
}

#[tokio::test]
async fn patches_of_two_sorts_are_never_taken_for_each_other() {
    let app = Router::new()
        .route("/merge", patch(async |_: Bytes| "merged"))
        .route_layer(Shield::new().with(Consumes::merge_patch()))
        .merge(
            Router::new()
                .route("/patch", patch(async |_: JsonPatch| "patched"))
                .route_layer(Consumes::json_patch()),
        );
    for (path, media_type, status) in [
        ("/merge", "application/merge-patch+json", 200),
        ("/merge", "application/json-patch+json", 415),
        ("/merge", "application/json", 415),
        ("/patch", "application/json-patch+json", 200),
        ("/patch", "application/merge-patch+json", 415),
        ("/patch", "application/json", 415),
    ] {
        let fields = [("content-type", media_type.as_bytes())];
        let response = send(&app, request("PATCH", path, &fields, "[]")).await;
        assert_eq!(response.status(), status, "{path} {media_type}");
        assert_eq!(
            response.headers().contains_key("accept-patch"),
            status == 415
        );
    }
}

#[tokio::test]
async fn every_request_that_changes_something_is_held_to_a_type_unless_it_is_empty() {
    let app = |guard: Consumes| {
        Router::new()
            .route("/", post(async |_: Bytes| "made").get(async || "shown"))
            .route("/it", delete(async || "gone"))
            .route_layer(guard)
    };
    let text: (&str, &[u8]) = ("content-type", b"text/plain");
    let form: (&str, &[u8]) = ("content-type", b"application/x-www-form-urlencoded");
    let json: (&str, &[u8]) = ("content-type", b"application/json");
    let empty: (&str, &[u8]) = ("content-length", b"0");
    for (method, path, fields, body, as_ever, strictly) in [
        ("POST", "/", &[json][..], "{}", 200, 200),
        ("POST", "/", &[text], "{}", 415, 415),
        ("POST", "/", &[form], "a=b", 415, 415),
        ("POST", "/", &[], "{}", 415, 415),
        ("POST", "/", &[empty], "", 200, 415),
        ("POST", "/", &[], "", 200, 415),
        ("POST", "/", &[text, empty], "", 200, 415),
        ("POST", "/", &[json, empty], "", 200, 200),
        ("DELETE", "/it", &[], "", 200, 200),
        ("DELETE", "/it", &[text], "x", 415, 415),
        ("GET", "/", &[text], "", 200, 200),
    ] {
        let sent = || request(method, path, fields, body);
        let strict = Consumes::json().with_type_on_empty_posts();
        assert_eq!(
            send(&app(Consumes::json()), sent()).await.status(),
            as_ever,
            "{method} {fields:?}"
        );
        assert_eq!(
            send(&app(strict), sent()).await.status(),
            strictly,
            "{method} {fields:?}"
        );
    }
}

#[tokio::test]
async fn what_the_caller_likes_best_is_given_or_nothing() {
    let app = Router::new()
        .route(
            "/both",
            get(async |Negotiated(media_type): Negotiated| media_type.to_string()),
        )
        .route_layer(Produces::one_of(["application/json", "text/csv"]).unwrap())
        .merge(
            Router::new()
                .route("/json", get(async || "{}"))
                .route_layer(Produces::json()),
        )
        .route("/lost", get(async |Negotiated(_): Negotiated| "never"));
    for (path, accept, status) in [
        ("/json", None, 200),
        ("/json", Some("*/*"), 200),
        ("/json", Some("text/html, application/*;q=0.1"), 200),
        ("/json", Some("text/html"), 406),
        ("/json", Some("application/json;q=0"), 406),
        ("/json", Some("*/*, application/json;q=0"), 406),
        ("/json", Some("application/json;q=2"), 406),
        ("/json", Some("application/json;"), 406),
        ("/both", Some("text/csv, application/json;q=0.9"), 200),
        ("/both", Some("image/png"), 406),
        ("/lost", None, 500),
    ] {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        if let Some(accept) = accept {
            request
                .headers_mut()
                .insert("accept", HeaderValue::from_static(accept));
        }
        let response = send(&app, request).await;
        assert_eq!(response.status(), status, "{path} {accept:?}");
        assert_eq!(
            response.headers().contains_key("vary"),
            path == "/both",
            "{path}"
        );
        if status == 406 {
            let (_, problem) = read(response).await;
            assert_eq!(problem["type"], "urn:portcullis:problem:not-acceptable");
            assert_eq!(problem["errors"], Value::Null);
        } else if path == "/both" {
            let bytes = axum::body::to_bytes(response.into_body(), 99)
                .await
                .unwrap();
            assert_eq!(bytes, "text/csv");
        }
    }
}
