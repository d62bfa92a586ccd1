//! No spelling of a path and no method leads past a policy.

use axum::Router;
use axum::routing::get;
use http::header::ALLOW;
use portcullis::api::{Api, public};
use portcullis::guard::Shield;
use portcullis::problem::PlainError;

use super::world::{Heard, members, request, send, served, text};

fn api() -> Api {
    let v1 = Api::new(members()).get("/articles", async || "v1", members());
    Api::new(members())
        .get("/articles", async || "list", members())
        .post("/articles", async || "create", members())
        .get("/articles/{id}", async || "one", members())
        .get("/", async || "root", members())
        .nest("/api/v1", v1)
        .mount(
            "/legacy",
            Router::new().route("/a", get(|| async { "old" })),
            members(),
        )
}

#[tokio::test]
async fn whatever_is_asked_for_a_stranger_learns_nothing() {
    let app = served(api());
    for (method, uri, expected) in [
        ("GET", "/articles", 200),
        ("GET", "/", 200),
        ("HEAD", "/articles", 200),
        ("HEAD", "/articles/1", 200),
        ("GET", "/api/v1/articles", 200),
        ("GET", "/legacy/a", 200),
        ("GET", "//articles", 404),
        ("GET", "/articles/", 404),
        ("GET", "/articles//", 404),
        ("GET", "/articles;a=b", 404),
        ("GET", "/Articles", 404),
        ("GET", "/%61rticles", 404),
        ("GET", "/articles%2F1", 404),
        ("GET", "/articles%00", 404),
        ("GET", "/%2e%2e/articles", 404),
        ("GET", "/x/../articles", 404),
        ("GET", "/./articles", 404),
        ("GET", "/articles/..%2f..", 200), // an id, and judged as one
        ("GET", "/articles/1/2", 404),
        ("GET", "/nothing", 404),
        ("GET", "/api", 404),
        ("GET", "/api/", 404),
        ("GET", "/api/v1", 404),
        ("GET", "/api/v1/", 404),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1//articles", 404),
        ("GET", "/api//v1/articles", 404),
        ("GET", "/api/V1/articles", 404),
        ("GET", "/api/v1%2farticles", 404),
        ("GET", "/legacy", 404),
        ("GET", "/legacy/", 404),
        ("GET", "/legacy/nothing", 404),
        ("POST", "/legacy/a", 405),
        ("OPTIONS", "/articles", 405),
        ("TRACE", "/articles", 405),
        ("CONNECT", "/articles", 405),
        ("PUT", "/articles", 405),
        ("DELETE", "/api/v1/articles", 405),
        ("PROPFIND", "/articles", 405),
        ("get", "/articles", 405),
        ("BREW", "/", 405),
        ("BREW", "/nothing", 404),
        ("OPTIONS", "*", 404),
        ("CONNECT", "articles.example:443", 404),
        ("GET", "http://articles.example/articles", 200),
        ("GET", "/articles?path=/x", 200),
    ] {
        let stranger = send(&app, request(method, uri, None)).await;
        assert_eq!(stranger.status(), 401, "{method} {uri}");
        assert!(stranger.headers().get(ALLOW).is_none(), "{method} {uri}");
        assert!(stranger.headers().contains_key("www-authenticate"));
        let member = send(&app, request(method, uri, Some("alice"))).await;
        assert_eq!(member.status(), expected, "{method} {uri}");
        assert_eq!(
            member.headers().contains_key(ALLOW),
            expected == 405,
            "{method} {uri}"
        );
    }
}

#[tokio::test]
async fn who_is_let_in_is_told_which_methods_there_are() {
    let app = served(api());
    for (uri, expected) in [
        ("/articles", "GET, HEAD, POST"),
        ("/articles/1", "GET, HEAD"),
        ("/api/v1/articles", "GET, HEAD"),
    ] {
        let response = send(&app, request("PATCH", uri, Some("alice"))).await;
        assert_eq!(response.headers()[ALLOW], expected);
        let body = text(response).await;
        assert!(
            body.contains("urn:portcullis:problem:method-not-allowed"),
            "{body}"
        );
    }
}

#[tokio::test]
async fn no_header_changes_the_method() {
    let app = served(
        Api::new(members())
            .get("/a", async || "get", members())
            .delete("/a", async || "delete", members()),
    );
    for name in [
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
    ] {
        let mut request = request("GET", "/a", Some("alice"));
        request
            .headers_mut()
            .insert(name, "DELETE".parse().unwrap());
        assert_eq!(text(send(&app, request).await).await, "get");
    }
}

#[tokio::test]
async fn what_is_unknown_is_told_and_rendered_as_the_base_says() {
    let heard = Heard::default();
    let base = Shield::new()
        .with_events(heard.sink())
        .with_problems(PlainError);
    let app = served(Api::new(public("a test").and(base)).get("/a", async || (), members()));
    let response = send(&app, request("GET", "/nothing", None)).await;
    assert_eq!(response.status(), 404);
    assert_eq!(
        text(response).await,
        r#"{"error":"There is no such resource"}"#
    );
    assert_eq!(send(&app, request("PUT", "/a", None)).await.status(), 405);
    assert_eq!(heard.take(), ["unknown_route", "unknown_method"]);
}

#[tokio::test]
async fn a_method_of_its_own_for_head_and_options_is_served() {
    use http::Method;

    let app = served(
        Api::new(members())
            .get("/a", async || "get", members())
            .on(Method::HEAD, "/a", async || [("x-by", "head")], members())
            .on(Method::OPTIONS, "/a", async || "options", public("a test")),
    );
    let head = send(&app, request("HEAD", "/a", Some("alice"))).await;
    assert_eq!(head.headers()["x-by"], "head");
    let options = send(&app, request("OPTIONS", "/a", None)).await;
    assert_eq!(text(options).await, "options");
}
