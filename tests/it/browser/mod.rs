//! What a browser lets the pages of other origins read and change is what a table says.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::Html;
use axum::routing::{any, get, post};
use http::{HeaderMap, Uri};
use portcullis::cors::Cors;
use portcullis::cross_site::RefuseCrossSite;
use portcullis::guard::Shield;
use portcullis::headers::SecurityHeaders;
use portcullis::jwt::{RequireJwt, SigningKey};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::servers::chromium::Chromium;

/// How long a browser may take to start and to try all.
const LIMIT: Duration = Duration::from_mins(1);

/// What is tried: a name, where, how, and what comes of it for the named origin, for another origin
/// of the same site, for another site, for the API's own pages, and within a sandbox. The last column says for
/// whose requests the handler is called, by their initials.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    [&'static str; 5],
    &'static str,
);

const OWN: &str = "200 in session=1 x-shown x-hidden";

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // name, path, options, [named, other, cross-site, own, sandboxed], called for
    ("plain", "/named", "{}",
        ["200 in x-shown", "blocked", "blocked", OWN, "blocked"], "nocas"),
    ("with credentials", "/named", r#"{"credentials": "include"}"#,
        ["200 in session=1 x-shown", "blocked", "blocked", OWN, "blocked"], "nocas"),
    ("allowed method", "/named", r#"{"method": "PUT"}"#,
        ["200 in x-shown", "blocked", "blocked", OWN, "blocked"], "na"),
    ("other method", "/named", r#"{"method": "DELETE"}"#,
        ["blocked", "blocked", "blocked", OWN, "blocked"], "a"),
    ("method in lower case", "/named", r#"{"method": "patch"}"#,
        ["blocked", "blocked", "blocked", OWN, "blocked"], "a"),
    ("allowed headers", "/named", r#"{"headers": {"X-Foo": "1", "Authorization": "x"}}"#,
        ["200 in x-shown", "blocked", "blocked", OWN, "blocked"], "na"),
    ("other header", "/named", r#"{"headers": {"X-Foo": "1", "X-Bar": "1"}}"#,
        ["blocked", "blocked", "blocked", OWN, "blocked"], "a"),
    ("JSON", "/named", r#"{"method": "POST", "body": "{}", "headers": {"Content-Type": "application/json"}}"#,
        ["200 in x-shown", "blocked", "blocked", OWN, "blocked"], "na"),
    ("refused", "/locked", "{}",
        ["401 no", "blocked", "blocked", "401 no", "blocked"], ""),
    ("public", "/public", "{}",
        ["200 in", "200 in", "200 in", OWN, "200 in"], "nocas"),
    ("public, with credentials", "/public", r#"{"credentials": "include"}"#,
        ["blocked", "blocked", "blocked", OWN, "blocked"], "nocas"),
    ("public, with a header", "/public", r#"{"headers": {"X-Foo": "1"}}"#,
        ["blocked", "blocked", "blocked", OWN, "blocked"], "a"),
    ("simple POST", "/named", r#"{"method": "POST", "mode": "no-cors", "body": "x"}"#,
        ["sent", "sent", "sent", OWN, "sent"], "nocas"),
    ("simple POST, foreign origins refused", "/strict", r#"{"method": "POST", "mode": "no-cors", "body": "x"}"#,
        ["sent", "sent", "sent", OWN, "sent"], "na"),
    ("simple POST, other sites refused", "/fenced", r#"{"method": "POST", "mode": "no-cors", "body": "x"}"#,
        ["sent", "sent", "sent", OWN, "sent"], "a"),
    ("simple POST, some trusted", "/trusting", r#"{"method": "POST", "mode": "no-cors", "body": "x"}"#,
        ["sent", "sent", "sent", OWN, "sent"], "na"),
    ("simple GET, other sites refused", "/fenced", r#"{"mode": "no-cors"}"#,
        ["sent", "sent", "sent", OWN, "sent"], "nocas"),
    ("simple GET, isolated", "/isolated", r#"{"mode": "no-cors"}"#,
        ["sent", "sent", "sent", OWN, "sent"], "a"),
    ("simple GET, isolated from other sites", "/site", r#"{"mode": "no-cors"}"#,
        ["sent", "sent", "sent", OWN, "sent"], "noa"),
    ("simple GET, security headers", "/headers", r#"{"mode": "no-cors"}"#,
        ["blocked", "blocked", "blocked", OWN, "blocked"], "nocas"),
    ("script", "/named", r#"{"load": "script"}"#,
        ["loaded", "loaded", "loaded", "loaded", "loaded"], "nocas"),
    ("script, security headers", "/headers", r#"{"load": "script"}"#,
        ["blocked", "blocked", "blocked", "blocked", "blocked"], "nocas"),
    ("frame", "/named", r#"{"load": "iframe"}"#,
        ["unseen", "unseen", "unseen", "in session=1", "unseen"], "nocas"),
    ("frame, security headers", "/headers", r#"{"load": "iframe"}"#,
        ["unseen", "unseen", "unseen", "unseen", "unseen"], "nocas"),
];

/// Who looks, by an initial.
const LOOKERS: [char; 5] = ['n', 'o', 'c', 'a', 's'];

/// What an API and its pages have seen.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    /// Remembers the row and the looker of a request, and answers what cookies it bore.
    fn answer(&self, uri: &Uri, headers: &HeaderMap) -> String {
        let called = uri.query().unwrap_or_default().to_owned();
        self.0.lock().unwrap().push(called);
        let cookies = headers
            .get("cookie")
            .map_or("", |line| line.to_str().unwrap());
        format!("in {cookies}")
    }
}

async fn port() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

fn serve(listener: TcpListener, app: Router) {
    tokio::spawn(async move { axum::serve(listener, app).await });
}

/// The API, which shares with the pages of `named`.
fn api(seen: &Seen, named: &str) -> Router {
    let handler = {
        let seen = seen.clone();
        any(move |request: Request| async move {
            let body = seen.answer(request.uri(), request.headers());
            (
                [
                    ("x-shown", "1"),
                    ("x-hidden", "1"),
                    ("cache-control", "no-store"),
                ],
                body,
            )
        })
    };
    let policy = || {
        Cors::for_origins([named])
            .with_methods(["PUT"])
            .with_request_headers(["X-Foo", "Authorization", "Content-Type"])
            .with_exposed_headers(["X-Shown"])
            .with_credentials()
    };
    let key = SigningKey::hs256([7; 32]).unwrap();
    let jwt = RequireJwt::new("https://id.example", "articles", key.verifying_key()).unwrap();
    let refuse = RefuseCrossSite::new;
    let route = |path: &str| Router::new().route(path, handler.clone());
    let shield = Shield::new().with(policy().build().unwrap());
    let locked = shield.with(jwt).with_problems(No);
    Router::new()
        .merge(route("/named").layer(policy().build().unwrap()))
        .merge(route("/strict").layer(policy().refusing_foreign_origins().build().unwrap()))
        .merge(route("/locked").layer(locked))
        .merge(route("/public").layer(Cors::public_read()))
        .merge(route("/fenced").layer(refuse()))
        .merge(route("/trusting").layer(refuse().trusting([named]).unwrap()))
        .merge(route("/isolated").layer(refuse().isolating_resources()))
        .merge(route("/headers").layer(SecurityHeaders::api()))
        .merge(route("/site").layer(refuse().isolating_resources().allowing_same_site()))
}

/// Refusals that say `no`.
struct No;

impl portcullis::problem::Render for No {
    fn render(&self, _: &portcullis::problem::Problem) -> (http::HeaderValue, bytes::Bytes) {
        (http::HeaderValue::from_static("text/plain"), "no".into())
    }
}

/// The page that tries the table on the API at `port`, and where it says what it found.
fn pages(port: u16, looker: char) -> (Router, mpsc::Receiver<String>) {
    let rows: Vec<_> = TABLE
        .iter()
        .enumerate()
        .map(|(row, (name, path, options, ..))| {
            let options: Value = serde_json::from_str(options).unwrap();
            json!([name, format!("{path}?{row}"), options])
        })
        .collect();
    let page = include_str!("page.html")
        .replace("{{api}}", &format!("http://127.0.0.1:{port}"))
        .replace("{{table}}", &json!(rows).to_string())
        .replace("{{looker}}", &looker.to_string());
    let (sender, receiver) = mpsc::channel(1);
    let app = Router::new()
        .route("/page", get(move || async move { Html(page) }))
        .route(
            "/report",
            post(move |body: String| async move { sender.send(body).await.unwrap() }),
        );
    (app, receiver)
}

/// Has a browser look at the page of the looker in this column, at a host of theirs.
async fn look(column: usize, host: &str) {
    let looker = LOOKERS[column];
    let seen = Seen::default();
    let (api_listener, api_port) = port().await;
    let (page_listener, page_port) = port().await;
    let named = format!(
        "http://127.0.0.1:{}",
        if looker == 'n' { page_port } else { 1 }
    );
    let (pages, mut reports) = pages(api_port, looker);
    let at = if looker == 'a' {
        serve(api_listener, api(&seen, &named).merge(pages));
        api_port
    } else {
        serve(api_listener, api(&seen, &named));
        serve(page_listener, pages);
        page_port
    };
    let browser = Chromium::open(&format!("http://{host}:{at}/page"));
    let report = tokio::time::timeout(LIMIT, reports.recv()).await;
    let Ok(Some(report)) = report else {
        panic!("no page was looked at: {}", browser.log());
    };
    let report: Value = serde_json::from_str(&report).unwrap();
    let called = seen.0.lock().unwrap().clone();
    for (row, (name, _, _, expected, callers)) in TABLE.iter().enumerate() {
        for (found, column) in [(&report["found"], column), (&report["framed"], 4)] {
            let looker = LOOKERS[column];
            assert_eq!(
                found[row],
                json!([name, expected[column]]),
                "{name}, {looker}"
            );
            let times = called
                .iter()
                .filter(|call| **call == format!("{row}{looker}"))
                .count();
            let expected = usize::from(callers.contains(looker));
            assert_eq!(times, expected, "{name}: the handler, for {looker}");
        }
    }
}

#[tokio::test]
async fn a_page_of_a_named_origin() {
    look(0, "127.0.0.1").await;
}

#[tokio::test]
async fn a_page_of_another_origin_of_the_same_site() {
    look(1, "127.0.0.1").await;
}

#[tokio::test]
async fn a_page_of_another_site() {
    look(2, "localhost").await;
}

#[tokio::test]
async fn a_page_of_the_api_itself() {
    look(3, "127.0.0.1").await;
}
