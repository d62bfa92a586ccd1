//! No error says anything of what went on inside.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::error_handling::HandleErrorLayer;
use axum::extract::{Path, Query, Request as AxumRequest};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use bytes::Bytes;
use http::header::HeaderName;
use http::{HeaderMap, Request, Response, StatusCode};
use portcullis::errors::{GenericErrors, Internal, RequestId, Verbatim};
use portcullis::event::{Outcome, SecurityEvent};
use portcullis::guard::Shield;
use portcullis::headers::SecurityHeaders;
use portcullis::load::LoadLimits;
use portcullis::problem::{Kind, PlainError, Problem};
use portcullis::step_up::StepUp;
use serde::{Deserialize, Serialize, Serializer};
use tower::{Layer, ServiceBuilder, ServiceExt};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use crate::support::send;

const CANARY: &str = "hunter2";

#[derive(Deserialize)]
struct Wanted {
    #[allow(dead_code)]
    hunter2: u8,
}

/// Cannot be written, and says why.
struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom(CANARY))
    }
}

/// A handler's error that has its own idea of a response.
struct Talkative;

impl IntoResponse for Talkative {
    fn into_response(self) -> axum::response::Response {
        let headers = [
            ("x-debug", CANARY),
            ("retry-after", "7"),
            ("server", CANARY),
            ("set-cookie", "a=b"),
        ];
        (StatusCode::BAD_GATEWAY, headers, CANARY).into_response()
    }
}

async fn panics() -> String {
    tokio::task::yield_now().await;
    panic!("{CANARY}")
}

async fn fails() -> Result<String, Internal> {
    let text = std::fs::read_to_string(format!("/{CANARY}"))?;
    Ok(text)
}

fn routes() -> Router {
    let late = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(|error: tower::BoxError| async move {
            (StatusCode::GATEWAY_TIMEOUT, format!("{CANARY}: {error}"))
        }))
        .timeout(Duration::ZERO);
    let pending = || std::future::pending::<()>();
    let timeout = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::ZERO);
    let own = |status: u16| {
        let status = StatusCode::from_u16(status).unwrap();
        (status, Json(serde_json::json!({ "error": CANARY })))
    };
    Router::new()
        .route("/", get(|id: RequestId| async move { id.to_string() }))
        .route("/panics", get(panics))
        .route("/fails", get(fails))
        .route("/talks", get(|| async { Err::<(), _>(Talkative) }))
        .route("/unwritable", get(|| async { Json(Unwritable) }))
        .route("/late", get(pending).layer(timeout))
        .route("/later", get(pending).layer(late))
        .route("/query", get(|_: Query<Wanted>| async {}))
        .route("/path/{hunter2}", get(|_: Path<u8>| async {}))
        .route("/state", get(|_: Extension<Wanted2>| async {}))
        .route("/json", post(|_: Json<Wanted>| async {}))
        .route(
            "/short",
            post(|body: Bytes| async move { body }).layer(RequestBodyLimitLayer::new(4)),
        )
        .route("/own400", get(move || async move { own(400) }))
        .route("/own409", get(move || async move { own(409) }))
        .route("/own500", get(move || async move { own(500) }))
}

#[derive(Clone)]
struct Wanted2;

fn app() -> Router {
    routes().layer(GenericErrors::new())
}

fn request(method: &str, path: &str, body: &'static str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("content-type", "application/json");
    request.body(Body::from(body)).unwrap()
}

async fn answer(app: &Router, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let (head, body) = send(app, request).await.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    (head.status, head.headers, body)
}

#[tokio::test]
async fn no_error_says_what_the_canary_knows() {
    for (method, path, body, status, slug) in [
        ("GET", "/panics", "", 500, "internal-error"),
        ("GET", "/fails", "", 500, "internal-error"),
        ("GET", "/talks", "", 502, "unavailable"),
        ("GET", "/unwritable", "", 500, "internal-error"),
        ("GET", "/late", "", 408, "request-timeout"),
        ("GET", "/later", "", 504, "unavailable"),
        ("GET", "/query?hunter2=hunter2", "", 400, "invalid-request"),
        ("GET", "/path/hunter2", "", 400, "invalid-request"),
        ("GET", "/state", "", 500, "internal-error"),
        (
            "POST",
            "/json",
            r#"{"hunter2":"hunter2"}"#,
            422,
            "invalid-body",
        ),
        ("POST", "/json", "hunter2", 400, "invalid-request"),
        ("POST", "/short", "too long", 413, "body-too-large"),
        ("GET", "/own400", "", 400, "invalid-request"),
        ("GET", "/own409", "", 409, "request-declined"),
        ("GET", "/own500", "", 500, "internal-error"),
        ("GET", "/nowhere/hunter2", "", 404, "not-found"),
        ("DELETE", "/json", "", 405, "method-not-allowed"),
    ] {
        let (found, headers, text) = answer(&app(), request(method, path, body)).await;
        assert_eq!(found.as_u16(), status, "{path}");
        assert_eq!(
            headers["content-type"], "application/problem+json",
            "{path}"
        );
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        let body: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            body["type"],
            format!("urn:portcullis:problem:{slug}"),
            "{path}"
        );
        assert_eq!(body["status"], status, "{path}");
        assert_eq!(
            body["request_id"],
            *headers["x-request-id"].to_str().unwrap()
        );
        assert!(!text.contains(CANARY), "{path}: {text}");
        assert!(
            !format!("{headers:?}").contains(CANARY),
            "{path}: {headers:?}"
        );
    }
}

#[tokio::test]
async fn headers_that_callers_need_stay_and_no_others() {
    let (_, headers, text) = answer(&app(), request("GET", "/talks", "")).await;
    assert_eq!(headers["content-length"], text.len().to_string());
    assert_eq!(headers["retry-after"], "7");
    assert_eq!(headers["set-cookie"], "a=b");
    for name in ["x-debug", "server"] {
        assert!(!headers.contains_key(name), "{name}");
    }
    let (_, headers, _) = answer(&app(), request("DELETE", "/json", "")).await;
    assert_eq!(headers["allow"], "POST");
    let (_, headers, _) = answer(&routes(), request("GET", "/talks", "")).await;
    assert_eq!(headers["server"], CANARY, "the handler does say it");
}

#[tokio::test]
async fn each_request_has_an_id_of_its_own_that_the_handler_knows() {
    let (_, headers, text) = answer(&app(), request("GET", "/", "")).await;
    assert_eq!(headers["x-request-id"], text.as_str());
    assert_eq!(text.len(), 32);
    let (_, headers, _) = answer(&app(), request("GET", "/", "")).await;
    assert_ne!(headers["x-request-id"], text.as_str());
    let (status, _, _) = answer(&routes(), request("GET", "/", "")).await;
    assert_eq!(status, 500, "no layer has given the request an id");
}

#[tokio::test]
async fn an_id_that_comes_in_is_believed_only_if_that_is_said() {
    let name = HeaderName::from_static("x-request-id");
    let behind = routes().layer(GenericErrors::new().with_ids_of_proxy(name));
    for (app, sent, is_believed) in [
        (app(), "a-1", false),
        (behind.clone(), "a-1", true),
        (behind.clone(), "a 1", false),
        (behind, "<script>", false),
    ] {
        let mut request = request("GET", "/", "");
        request
            .headers_mut()
            .insert("x-request-id", sent.parse().unwrap());
        let (_, headers, _) = answer(&app, request).await;
        assert_eq!(headers["x-request-id"] == sent, is_believed, "{sent}");
    }
}

/// What was told: outcome, reason, status, id, route, cause.
type Told = Arc<Mutex<Vec<(Outcome, String, u16, String, String, String)>>>;

fn listening(errors: GenericErrors) -> (GenericErrors, Told) {
    let told = Told::default();
    let record = Arc::clone(&told);
    let errors = errors.with_events(move |event: &SecurityEvent<'_>| {
        record.lock().unwrap().push((
            event.outcome,
            event.reason.to_owned(),
            event.status.map_or(0, |status| status.as_u16()),
            event
                .request_id
                .map(ToString::to_string)
                .unwrap_or_default(),
            event.route.unwrap_or_default().to_owned(),
            event.cause.map(ToString::to_string).unwrap_or_default(),
        ));
    });
    (errors, told)
}

#[tokio::test]
async fn each_error_is_told_once_with_its_id_and_its_cause_if_the_handler_gave_one() {
    let own = |problem: fn() -> Problem| get(move || async move { problem() });
    let closed = get(|| async {}).layer(StepUp::within(Duration::ZERO));
    let (errors, told) = listening(GenericErrors::new());
    let app = routes()
        .route(
            "/problem",
            own(|| Problem::new(Kind::Forbidden).because("not_the_owner")),
        )
        .route("/closed", closed)
        .layer(Shield::new().with(SecurityHeaders::api()))
        .layer(LoadLimits::new())
        .layer(errors);
    for (path, outcome, reason, status, cause) in [
        ("/panics", Outcome::Failed, "handler_panicked", 500, ""),
        (
            "/fails",
            Outcome::Failed,
            "handler_failed",
            500,
            "No such file or directory (os error 2)",
        ),
        ("/talks", Outcome::Failed, "foreign_error", 502, ""),
        ("/own400", Outcome::Refused, "foreign_refusal", 400, ""),
        ("/problem", Outcome::Refused, "not_the_owner", 403, ""),
        (
            "/closed",
            Outcome::Failed,
            "step_up_without_authentication",
            500,
            "",
        ),
    ] {
        let (found, headers, text) = answer(&app, request("GET", path, "")).await;
        assert_eq!(found.as_u16(), status, "{path}");
        let id = headers["x-request-id"].to_str().unwrap().to_owned();
        assert!(
            text.contains(&format!(r#""request_id":"{id}""#)),
            "{path}: {text}"
        );
        let event = (
            outcome,
            reason.to_owned(),
            status,
            id,
            path.to_owned(),
            cause.to_owned(),
        );
        assert_eq!(std::mem::take(&mut *told.lock().unwrap()), [event]);
    }
    answer(&app, request("GET", "/", "")).await;
    assert!(told.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_author_can_keep_an_answer_and_client_errors_by_a_loud_name() {
    let health = || async { Verbatim((StatusCode::SERVICE_UNAVAILABLE, "starting")) };
    let details = [("content-type", "application/problem+json")];
    let problem = move || async move { (StatusCode::CONFLICT, details, "{}") };
    let broken = move || async move { (StatusCode::BAD_GATEWAY, details, "{}") };
    let all = || {
        let all = Router::new().route("/health", get(health));
        let all = all
            .route("/problem", get(problem))
            .route("/broken", get(broken));
        all.route("/text", get(|| async { (StatusCode::CONFLICT, "text") }))
            .route(
                "/error",
                get(|| async { (StatusCode::BAD_GATEWAY, "text") }),
            )
    };
    let errors = GenericErrors::new();
    let lax = errors.clone().dangerous_keep_client_errors();
    let (strict, lax) = (all().layer(errors), all().layer(lax));
    for (app, path, kept) in [
        (&strict, "/health", Some("starting")),
        (&strict, "/problem", Some("{}")),
        (&strict, "/broken", None),
        (&strict, "/text", None),
        (&strict, "/error", None),
        (&lax, "/text", Some("text")),
        (&lax, "/error", None),
    ] {
        let (_, headers, text) = answer(app, request("GET", path, "")).await;
        assert_eq!(kept == Some(&*text), kept.is_some(), "{path}: {text}");
        assert_eq!(
            text.contains("urn:portcullis"),
            kept.is_none(),
            "{path}: {text}"
        );
        assert!(headers.contains_key("x-request-id"));
    }
}

#[tokio::test]
async fn one_line_gives_every_error_the_plain_shape() {
    let app = routes()
        .route(
            "/problem",
            get(|| async { Problem::new(Kind::InvalidCredential) }),
        )
        .route(
            "/closed",
            get(|| async {}).layer(StepUp::within(Duration::ZERO)),
        )
        .layer(GenericErrors::new().with_problems(PlainError));
    for (path, error) in [
        ("/panics", "Something went wrong"),
        ("/nowhere", "There is no such resource"),
        ("/problem", "The credentials are not valid"),
        ("/closed", "Something went wrong"),
    ] {
        let (_, headers, text) = answer(&app, request("GET", path, "")).await;
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(text, format!(r#"{{"error":"{error}"}}"#), "{path}");
    }
}

#[tokio::test]
async fn a_request_that_speaks_grpc_is_answered_in_its_language() {
    let refusing = |code: &'static str| {
        get(move || async move {
            let headers = [
                ("content-type", "application/grpc"),
                ("grpc-status", code),
                ("grpc-message", CANARY),
                ("grpc-status-details-bin", CANARY),
            ];
            (headers, "")
        })
    };
    let app = routes()
        .route("/internal", refusing("13"))
        .route("/invalid", refusing("3"))
        .layer(GenericErrors::new());
    for (path, code, message) in [
        ("/panics", "13", "Something went wrong"),
        ("/nowhere", "5", "There is no such resource"),
        ("/internal", "13", "Something went wrong"),
        ("/invalid", "3", CANARY),
    ] {
        let mut request = request("GET", path, "");
        let grpc = "application/grpc+proto".parse().unwrap();
        request.headers_mut().insert("content-type", grpc);
        let (status, headers, text) = answer(&app, request).await;
        assert_eq!((status.as_u16(), &*text), (200, ""), "{path}");
        assert_eq!(headers["grpc-status"], code, "{path}");
        assert_eq!(headers["grpc-message"], message, "{path}");
        let shows = format!("{headers:?}").contains(CANARY);
        assert_eq!(shows, message == CANARY, "{path}");
    }
}

#[tokio::test]
async fn nested_layers_agree_on_one_id_and_one_problem() {
    let (outer, told) = listening(GenericErrors::new());
    let closed = get(|| async {}).layer(StepUp::within(Duration::ZERO));
    let app = routes().route("/closed", closed);
    let app = app.layer(GenericErrors::new()).layer(outer);
    for path in ["/talks", "/closed"] {
        let (_, headers, text) = answer(&app, request("GET", path, "")).await;
        let id = headers["x-request-id"].to_str().unwrap();
        assert!(text.contains(id), "{path}");
        assert_eq!(headers.get_all("x-request-id").iter().count(), 1);
        let events = std::mem::take(&mut *told.lock().unwrap());
        assert_eq!(events.len(), 1, "{path}: {events:?}");
    }
}

#[tokio::test]
async fn a_service_that_panics_before_it_answers_is_caught_too() {
    type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;
    let service = tower::service_fn(|_: AxumRequest| -> Answer { panic!("{CANARY}") });
    let service = GenericErrors::new().layer(service);
    let response = service.oneshot(request("GET", "/", "")).await.unwrap();
    assert_eq!(response.status(), 500);
}
