//! Checked bodies, through a real router.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::FromRequest;
use axum::routing::post;
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use http_body::Frame;
use http_body_util::BodyExt;
use portcullis::config::ConfigError;
use portcullis::event::SecurityEvent;
use portcullis::guard::Shield;
use portcullis::input::{RequestSchema, Schema, ValidatedJson};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{read, send};

#[derive(Deserialize, JsonSchema)]
struct Article {
    #[schemars(length(min = 1, max = 200))]
    title: String,
    #[schemars(length(min = 1, max = 50_000))]
    content: String,
    #[serde(default)]
    #[schemars(length(max = 10))]
    tags: Vec<String>,
    #[serde(default)]
    published: bool,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only read from bodies")]
struct Wide {
    count: u32,
    ratio: f32,
    nested: Option<Nested>,
    shape: Shape,
    matrix: Vec<Vec<i64>>,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only read from bodies")]
struct Nested {
    name: String,
    admin: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[expect(dead_code, reason = "only read from bodies")]
enum Shape {
    Circle { radius: u8 },
    Named(Nested),
}

/// A schema that is written down, with a limit and a status of its own.
#[derive(Deserialize)]
struct Loose(Value);

impl RequestSchema for Loose {
    fn schema() -> Result<Schema, ConfigError> {
        let strings = json!({ "type": "array", "items": { "type": "string" } });
        Ok(Schema::from_value(strings)?
            .with_max_bytes(16 << 20)
            .with_invalid_as_bad_request())
    }
}

/// A schema that does not compile.
#[derive(Deserialize)]
struct Broken(Value);

impl RequestSchema for Broken {
    fn schema() -> Result<Schema, ConfigError> {
        Schema::from_json(r#"{ "type": "strin" }"#)
    }
}

fn app() -> Router {
    Router::new()
        .route(
            "/articles",
            post(async |ValidatedJson(article): ValidatedJson<Article>| {
                let Article {
                    title,
                    content,
                    tags,
                    published,
                } = article;
                format!("{title} {} {} {published}", content.len(), tags.len())
            }),
        )
        .route(
            "/wide",
            post(async |ValidatedJson(_): ValidatedJson<Wide>| "wide"),
        )
        .route(
            "/loose",
            post(async |ValidatedJson(Loose(v)): ValidatedJson<Loose>| v.to_string()),
        )
        .route(
            "/broken",
            post(async |ValidatedJson(Broken(v)): ValidatedJson<Broken>| v.to_string()),
        )
}

fn request(path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path)
        .header(CONTENT_TYPE, "application/json")
        .body(body.into())
        .unwrap()
}

async fn answer(path: &str, body: impl Into<Body>) -> (StatusCode, Vec<(String, String)>) {
    let (status, problem) = read(send(&app(), request(path, body)).await).await;
    let text = |fault: &Value, part: &str| fault[part].as_str().unwrap().to_owned();
    let faults = problem["errors"].as_array().into_iter().flatten();
    (
        status,
        faults
            .map(|fault| (text(fault, "pointer"), text(fault, "code")))
            .collect(),
    )
}

#[tokio::test]
async fn an_article_that_keeps_the_rules_reaches_the_handler() {
    let tags: Vec<_> = (0..10).map(|i| i.to_string()).collect();
    for (article, text) in [
        (json!({ "title": "t", "content": "c" }), "t 1 0 false"),
        (
            json!({ "title": "t", "content": "c".repeat(50_000), "tags": tags, "published": true }),
            "t 50000 10 true",
        ),
    ] {
        let response = send(&app(), request("/articles", article.to_string())).await;
        assert_eq!(response.status(), 200);
        assert_eq!(
            response.into_body().collect().await.unwrap().to_bytes(),
            text
        );
    }
}

#[tokio::test]
async fn all_faults_are_told_at_once_where_they_are() {
    let body = json!({
        "title": "", "content": 7, "tags": ["a", false], "published": "yes", "role": "admin",
        "sections": [{ "level": 1 }],
    });
    let (status, faults) = answer("/articles", body.to_string()).await;
    assert_eq!(status, 422);
    let faults: Vec<_> = faults
        .iter()
        .map(|(at, code)| (at.as_str(), code.as_str()))
        .collect();
    assert_eq!(
        faults,
        [
            ("#/content", "type"),
            ("#/published", "type"),
            ("#/role", "unknown-field"),
            ("#/sections", "unknown-field"),
            ("#/tags/1", "type"),
            ("#/title", "min-length"),
        ]
    );
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn each_bad_article_has_its_status_code_and_place() {
    let with = |part: &str| format!(r#"{{"content":"c",{part}}}"#);
    let long = "x".repeat(201);
    let deep = |n: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(n), "]".repeat(n));
    for (body, status, code, pointer) in [
        (
            with(r#""title":"x","title":"y""#),
            400,
            "duplicate-key",
            "#/title",
        ),
        (
            with(r#""title":"x","\u0074itle":"y""#),
            400,
            "duplicate-key",
            "#/title",
        ),
        (
            with(r#""title":"x","z":{"a":[{"b":1,"b":2}]}"#),
            400,
            "duplicate-key",
            "#/z/a/0/b",
        ),
        (
            with(r#""z":1,"z":2,"title":"x""#),
            400,
            "duplicate-key",
            "#/z",
        ),
        (
            with(r#""title":"x","role":"admin""#),
            422,
            "unknown-field",
            "#/role",
        ),
        (
            with(r#""title":"x","__proto__":{}"#),
            422,
            "unknown-field",
            "#/__proto__",
        ),
        (
            with(r#""title":"x","constructor":1"#),
            422,
            "unknown-field",
            "#/constructor",
        ),
        (
            with(r#""title":"x","Title":"y""#),
            422,
            "unknown-field",
            "#/Title",
        ),
        (
            with(r#""title":"x","title\u0000":"y""#),
            422,
            "unknown-field",
            "#/title%00",
        ),
        (
            with(r#""title":"x","ti\u200btle":"y""#),
            422,
            "unknown-field",
            "#/ti%E2%80%8Btle",
        ),
        (with(r#""title":null"#), 422, "type", "#/title"),
        (
            with(&format!(r#""title":"{long}""#)),
            422,
            "max-length",
            "#/title",
        ),
        (
            with(r#""title":"x","published":1"#),
            422,
            "type",
            "#/published",
        ),
        (
            with(r#""title":"x","tags":["1","2","3","4","5","6","7","8","9","10","11"]"#),
            422,
            "max-items",
            "#/tags",
        ),
        (
            with(r#""title":"x","tags":{"0":"a"}"#),
            422,
            "type",
            "#/tags",
        ),
        (r#"{"content":"c"}"#.into(), 422, "required", "#/title"),
        (r#"["x","c",[],true]"#.into(), 422, "type", "#"),
        ("null".into(), 422, "type", "#"),
        (r#"{"title":7,"content":"c",}"#.into(), 400, "syntax", "#"),
        (r#"{"title":7} garbage"#.into(), 400, "syntax", "#"),
        ("{}{}".into(), 400, "syntax", "#"),
        (String::new(), 400, "syntax", "#"),
        ("  \n".into(), 400, "syntax", "#"),
        ("\u{feff}{}".into(), 400, "syntax", "#"),
        ("{'title':'x'}".into(), 400, "syntax", "#"),
        (
            r#"{"title":"\ud800","content":"c"}"#.into(),
            400,
            "syntax",
            "#",
        ),
        (with(r#""title":1e400"#), 400, "syntax", "#"),
        (with(r#""title":"x","z":1e400"#), 400, "syntax", "#"),
        (with(r#""title":"x","z":01"#), 400, "syntax", "#"),
        (with(r#""title":"x","z":NaN"#), 400, "syntax", "#"),
        (deep(32), 400, "depth", &format!("#/a{}", "/0".repeat(31))),
        (
            deep(20_000),
            400,
            "depth",
            &format!("#/a{}", "/0".repeat(31)),
        ),
        (
            "[".repeat(60_000),
            400,
            "depth",
            &format!("#{}", "/0".repeat(32)),
        ),
    ] {
        let (found, faults) = answer("/articles", body.clone()).await;
        let shown = &body[..body.len().min(80)];
        assert_eq!(found, status, "{shown}");
        assert_eq!(faults, [(pointer.to_owned(), code.to_owned())], "{shown}");
    }
    for bytes in [
        &b"{\"title\":\"\xff\"}"[..],
        b"\xff\xfe{\0}\0",
        b"{\"title\":\"\xed\xa0\x80\"}",
        b"{\"\xc0\xaf\":1}",
    ] {
        assert_eq!(answer("/articles", bytes).await.0, 400, "{bytes:?}");
    }
}

#[tokio::test]
async fn what_serde_would_let_through_is_refused_by_what_the_type_means() {
    let good = json!({
        "count": 1, "ratio": 0.5, "nested": null, "shape": { "kind": "circle", "radius": 1 },
        "matrix": [[1]],
    });
    let with = |part: &str, value: &str| {
        let mut members = good.as_object().unwrap().clone();
        members.remove(part);
        let rest = Value::Object(members).to_string();
        format!(r#"{},"{part}":{value}}}"#, rest.strip_suffix('}').unwrap())
    };
    for (part, value) in [
        ("nested", r#"{"name":"n","admin":false}"#),
        ("shape", r#"{"kind":"named","name":"n","admin":false}"#),
        ("count", "4294967295"),
    ] {
        assert_eq!(
            answer("/wide", with(part, value)).await.0,
            200,
            "{part} {value}"
        );
    }
    for (part, value, pointer, code) in [
        ("nested", r#"["eve",true]"#, "#/nested", "type"),
        (
            "nested",
            r#"{"name":"n","admin":true,"x":1}"#,
            "#/nested/x",
            "unknown-field",
        ),
        ("shape", r#"["circle",7]"#, "#/shape", "shape"),
        (
            "shape",
            r#"{"kind":"circle","radius":1,"admin":true}"#,
            "#/shape",
            "shape",
        ),
        (
            "shape",
            r#"{"kind":"named","name":"n","admin":false,"x":1}"#,
            "#/shape",
            "shape",
        ),
        (
            "shape",
            r#"{"kind":"circle","radius":256}"#,
            "#/shape",
            "shape",
        ),
        ("count", "4294967296", "#/count", "maximum"),
        ("count", "18446744073709551616", "#/count", "maximum"),
        ("count", "-1", "#/count", "minimum"),
        ("count", "1.0", "#/count", "type"),
        ("count", "1e3", "#/count", "type"),
        ("count", "-0", "#/count", "type"),
        ("count", "1.5", "#/count", "type"),
        ("ratio", "1e39", "#/ratio", "maximum"),
        (
            "matrix",
            "[[9223372036854775808]]",
            "#/matrix/0/0",
            "maximum",
        ),
        ("matrix", "[[1],2]", "#/matrix/1", "type"),
    ] {
        let (status, faults) = answer("/wide", with(part, value)).await;
        assert_eq!(status, 422, "{part} {value}");
        assert_eq!(
            faults,
            [(pointer.to_owned(), code.to_owned())],
            "{part} {value}"
        );
    }
    // jsonschema takes 1.0 for an integer and serde does not: the body is refused all the same.
    let (status, faults) =
        answer("/wide", with("shape", r#"{"kind":"circle","radius":1.0}"#)).await;
    assert_eq!((status.as_u16(), faults[0].1.as_str()), (422, "type"));
}

#[tokio::test]
async fn the_head_is_judged_before_the_body_and_length_before_form() {
    let build = |fields: &[(&str, &str)], body: Body| {
        let mut request = Request::post("/articles");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request.body(body).unwrap()
    };
    let json = ("content-type", "application/json; charset=utf-8");
    let chunks = |sizes: Vec<usize>| Body::new(Pieces(sizes.into_iter()));
    for (fields, body, status) in [
        (&[][..], Body::from("{}"), 415),
        (
            &[("content-type", "text/plain")],
            Body::from("[".repeat(100_000)),
            415,
        ),
        (&[json, json], Body::from("{}"), 415),
        (&[json, ("content-encoding", "gzip")], Body::from("{}"), 415),
        (&[json, ("content-length", "65537")], Body::from("x"), 413),
        (
            &[json, ("content-length", "1")],
            Body::from(vec![b'['; 65_537]),
            413,
        ),
        (&[json], chunks(vec![65_536]), 400),
        (&[json], chunks(vec![65_536, 1]), 413),
        (&[json], chunks(vec![1; 70_000]), 413),
        (&[json], Body::from("{"), 400),
        (&[json], Body::from("{}"), 422),
    ] {
        let response = send(&app(), build(fields, body)).await;
        assert_eq!(response.status(), status, "{fields:?}");
        let coded = fields.iter().any(|(name, _)| *name == "content-encoding");
        for (told, why) in [("accept", !coded), ("accept-encoding", coded)] {
            assert_eq!(response.headers().contains_key(told), status == 415 && why);
        }
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    }
}

/// A body of unknown length that comes in pieces.
struct Pieces(std::vec::IntoIter<usize>);

impl axum::body::HttpBody for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let piece = self.0.next().map(|size| Bytes::from(vec![b' '; size]));
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }
}

#[tokio::test]
async fn a_limit_laid_around_by_others_is_told_as_413_too() {
    let app = Router::new().route(
        "/articles",
        post(async |request: Request<Body>| {
            let (head, body) = request.into_parts();
            let body = Body::new(http_body_util::Limited::new(body, 8));
            let request = Request::from_parts(head, body);
            ValidatedJson::<Article>::from_request(request, &())
                .await
                .map(|_| ())
        }),
    );
    let body = json!({ "title": "t", "content": "c" }).to_string();
    assert_eq!(send(&app, request("/articles", body)).await.status(), 413);
}

#[tokio::test]
async fn a_schema_that_does_not_compile_is_no_open_door() {
    assert!(Schema::of::<Broken>().is_err());
    let (status, body) = read(send(&app(), request("/broken", r#""x""#)).await).await;
    assert_eq!(status, 500);
    assert!(!body.to_string().contains("strin"));
}

#[tokio::test]
async fn hostile_sizes_cost_no_more_than_they_weigh() {
    let ones = format!("[{}1]", "1,".repeat(1 << 19));
    let unknown = format!(
        "{{{}}}",
        (0..1_000_000)
            .map(|i| format!("\"{i}\":0"))
            .collect::<Vec<_>>()
            .join(",")
    );
    let nested = format!("[{}]", vec!["[[[[\"\"]]]]"; 100_000].join(","));
    for body in [
        ones,
        unknown,
        nested,
        format!("[{}]", "9".repeat(300)),
        format!("[\"{}\",1]", "x".repeat(1 << 20)),
    ] {
        let start = Instant::now();
        let parsed = serde_json::from_str::<Value>(&body);
        let parsing = start.elapsed();
        let start = Instant::now();
        let response = send(&app(), request("/loose", body)).await;
        assert_eq!(response.status(), 400);
        // Far from what anything worse than linear would cost, and from what a busy machine does.
        assert!(start.elapsed() < 20 * parsing + Duration::from_secs(10));
        drop(parsed);
        let told = response.into_body().collect().await.unwrap().to_bytes();
        assert!(told.len() <= 8 * 1024, "{}", told.len());
        let told: Value = serde_json::from_slice(&told).unwrap();
        assert!((1..=32).contains(&told["errors"].as_array().unwrap().len()));
    }
    for body in [
        "[".repeat(200_000),
        "9".repeat(10_000),
        r#"{"a":"#.repeat(200_000),
    ] {
        assert_eq!(answer("/loose", body).await.0, 400);
    }
    assert_eq!(answer("/loose", vec![b' '; (16 << 20) + 1]).await.0, 413);
}

#[tokio::test]
async fn no_answer_holds_anything_of_a_value_or_a_name_that_would_be_taken() {
    let canary = "qZ7xW9kP3v";
    let bodies = [
        json!({ "title": canary.repeat(30), "content": "", "tags": [canary, 4_812_736_591_u64] }),
        json!({ "titel": canary, "content": { "secret": canary } }),
        json!([canary]),
        json!(canary),
        json!({ "title": canary, "tags": canary, "published": canary }),
        json!({ "shape": { "kind": canary, "radius": canary }, "count": canary, "nested": [canary] }),
    ];
    let mut texts: Vec<String> = bodies.iter().map(Value::to_string).collect();
    texts.push(format!(r#"{{"title":"{canary}","title":"{canary}"}}"#));
    texts.push(format!(r#"{{"title":"{canary}" {canary}"#));
    for path in ["/articles", "/wide", "/loose"] {
        for text in &texts {
            let response = send(&app(), request(path, text.clone())).await;
            if response.status() == 200 {
                continue;
            }
            let body = response.into_body().collect().await.unwrap().to_bytes();
            let body = String::from_utf8(body.to_vec()).unwrap();
            for hidden in [canary.repeat(2).as_str(), "4812736591"] {
                for window in hidden.as_bytes().windows(6) {
                    let window = std::str::from_utf8(window).unwrap();
                    assert!(!body.contains(window), "{window} in {body}");
                }
            }
            for name in ["expected", "radius", "one of `"] {
                assert!(!body.contains(name), "{name} in {body}");
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_is_told_once() {
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let app = app().layer(Shield::new().with_events(move |event: &SecurityEvent<'_>| {
        assert_eq!(event.reason, "rules_broken");
        assert!(event.cause.is_none());
        count.fetch_add(1, Ordering::SeqCst);
    }));
    assert_eq!(send(&app, request("/articles", "{}")).await.status(), 422);
    assert_eq!(told.load(Ordering::SeqCst), 1);
}

#[test]
fn a_derived_schema_can_bear_its_limit_and_its_status() {
    #[derive(Deserialize, JsonSchema)]
    #[schemars(extend("x-max-bytes" = 9, "x-invalid-status" = 400))]
    #[expect(dead_code, reason = "only its schema counts")]
    struct Small {
        a: u8,
    }
    let schema = Schema::of::<Small>().unwrap();
    assert_eq!(schema.max_bytes(), 9);
    assert_eq!(schema.check(br#"{"a":256}"#).unwrap_err().status(), 400);
    assert_eq!(Schema::of::<Article>().unwrap().max_bytes(), 64 * 1024);
}

#[test]
fn a_schema_that_bounds_all_bounds_the_body_and_one_that_does_not_says_where() {
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema counts")]
    struct Comment {
        #[schemars(length(max = 20_000))]
        text: String,
        stars: u8,
    }
    let schema = Schema::bounded::<Comment>().unwrap();
    // Whatever is written by escapes alone, with as much white space again.
    let text = "\\ud83d\\ude00".repeat(20_000);
    let body = format!("{{\"text\":\"{text}\",\"stars\":255}}");
    assert!(schema.read::<Comment>(body.as_bytes()).is_ok());
    assert!((2 * body.len()..2 * body.len() + 400).contains(&schema.max_bytes()));

    let error = Schema::bounded::<Article>().unwrap_err().to_string();
    assert!(
        error.contains("#/properties/tags/items is a string"),
        "{error}"
    );
    let found = Schema::of::<Article>().unwrap().findings();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].lint, portcullis::input::Lint::LongString);
}
