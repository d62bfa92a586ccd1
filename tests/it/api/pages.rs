//! What an application serves of itself.

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use portcullis::api::{Api, public};
use serde_json::Value;

use super::world::{members, request, scoped, send, served, status, text};

fn api() -> Api {
    let inner = Api::new(members())
        .get(
            "/<script>alert('&\"')</script>",
            async || (),
            public("<b>bold</b>"),
        )
        .with_audit_at("/audit", scoped("admin", 100));
    Api::new(members())
        .nest("/n", inner)
        .with_openapi_at("/openapi.json", "A & B", "1", members())
}

#[tokio::test]
async fn the_audit_is_served_behind_its_policy() {
    let app = served(api());
    assert_eq!(status(&app, "/n/audit", None).await, 401);
    assert_eq!(status(&app, "/n/audit", Some("alice")).await, 403);
    let response = send(&app, request("GET", "/n/audit", Some("alice admin"))).await;
    assert_eq!(response.status(), 200);
    let headers = response.headers();
    assert_eq!(headers[CONTENT_TYPE], "text/html; charset=utf-8");
    assert_eq!(headers[CACHE_CONTROL], "no-store");
    let policy = headers[CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    let page = text(response).await;
    // It tells of the whole, itself included, and nothing in it is markup by accident.
    for place in ["/n/audit", "/openapi.json", "whatever is unknown"] {
        assert!(page.contains(place), "{page}");
    }
    for forbidden in [
        "<script", "<b>", "http:", "https:", "style=", "onclick", "src=",
    ] {
        assert!(!page.contains(forbidden), "{forbidden} in {page}");
    }
    assert!(page.contains("&lt;b&gt;bold&lt;/b&gt;"));
}

#[tokio::test]
async fn the_document_is_served_behind_its_policy() {
    let app = served(api());
    assert_eq!(status(&app, "/openapi.json", None).await, 401);
    let response = send(&app, request("GET", "/openapi.json", Some("alice"))).await;
    let document: Value = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!(document["info"]["title"], "A & B");
    assert!(document["paths"]["/n/audit"]["get"].is_object());
}
