//! Compressed bodies, through a real router.

use std::io::Write;

use allocation_counter::measure;
use axum::Router;
use axum::body::Body;
use axum::routing::post;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderValue, Request};
use portcullis::input::{Schema, ValidatedForm, ValidatedJson};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::support::send;

/// The limit of the bodies here, in bytes.
const LIMIT: usize = 16 * 1024;

#[derive(Deserialize, JsonSchema)]
#[schemars(extend("x-content-encoding" = ["gzip"], "x-max-bytes" = 16_384))]
struct Note {
    #[schemars(length(max = 16_000))]
    text: String,
}

fn app() -> Router {
    let json = async |ValidatedJson(note): ValidatedJson<Note>| note.text.len().to_string();
    let form = async |ValidatedForm(note): ValidatedForm<Note>| note.text.len().to_string();
    Router::new()
        .route("/json", post(json))
        .route("/form", post(form))
}

fn gzipped(body: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(body).unwrap();
    gzip.finish().unwrap()
}

fn request(path: &str, coding: &'static str, body: impl Into<Body>) -> Request<Body> {
    let media_type = if path == "/form" {
        "application/x-www-form-urlencoded"
    } else {
        "application/json"
    };
    Request::post(path)
        .header("content-type", media_type)
        .header("content-encoding", coding)
        .body(body.into())
        .unwrap()
}

fn note(length: usize) -> Vec<u8> {
    format!(r#"{{"text":"{}"}}"#, "x".repeat(length)).into_bytes()
}

#[tokio::test]
async fn a_gzipped_body_is_read_as_the_body_itself() {
    for length in [0, 1, 16_000] {
        for (path, body) in [
            ("/json", note(length)),
            ("/form", format!("text={}", "x".repeat(length)).into_bytes()),
        ] {
            for (coding, sent) in [
                ("gzip", gzipped(&body)),
                ("GZIP", gzipped(&body)),
                ("identity", body),
            ] {
                let response = send(&app(), request(path, coding, sent)).await;
                assert_eq!(response.status(), 200, "{path} {coding}");
                let text = axum::body::to_bytes(response.into_body(), 99)
                    .await
                    .unwrap();
                assert_eq!(text, length.to_string());
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_one_gzip_member_within_the_limit_is_refused() {
    let whole = gzipped(&note(3));
    let cut = |bytes: usize| whole[..whole.len() - bytes].to_vec();
    let with = |more: &[u8]| [whole.as_slice(), more].concat();
    let spaces = |count: usize| gzipped(&[note(1), vec![b' '; count - 12]].concat());
    // Bytes that no coding makes shorter.
    let mut seed = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    })
    .take(LIMIT + 1)
    .collect();
    for (coding, sent, status) in [
        ("gzip", whole.clone(), 200),
        ("gzip", note(3), 400),
        ("gzip", Vec::new(), 400),
        ("gzip", cut(1), 400),
        ("gzip", cut(8), 400),
        ("gzip", cut(12), 400),
        ("gzip", with(b"\0"), 400),
        ("gzip", with(&whole), 400),
        ("gzip", gzipped(&whole), 400),
        ("gzip", gzipped(b"{"), 400),
        ("gzip", gzipped(br#"{"text":7}"#), 422),
        ("gzip", spaces(LIMIT), 200),
        ("gzip", spaces(LIMIT + 1), 413),
        ("gzip", spaces(64 << 20), 413),
        ("gzip", gzipped(&noise), 413),
        ("gzip, gzip", gzipped(&whole), 415),
        ("identity, gzip", whole.clone(), 415),
        ("deflate", whole.clone(), 415),
        ("br", whole.clone(), 415),
    ] {
        let length = sent.len();
        let response = send(&app(), request("/json", coding, sent.clone())).await;
        assert_eq!(response.status(), status, "{coding} {length}");
        if status == 415 {
            assert_eq!(response.headers()["accept-encoding"], "gzip");
        }
        // As well if its length is not told.
        let stream = Body::from_stream(Body::from(sent).into_data_stream());
        let response = send(&app(), request("/json", coding, stream)).await;
        assert_eq!(response.status(), status, "{coding} {length}");
    }
    let mut twice = request("/json", "gzip", whole);
    twice
        .headers_mut()
        .append("content-encoding", HeaderValue::from_static("gzip"));
    assert_eq!(send(&app(), twice).await.status(), 415);
}

#[test]
fn a_bomb_costs_no_more_than_the_limit() {
    Schema::of::<Note>().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let cost = |body: Vec<u8>| {
        let (app, sent) = (app(), gzipped(&body));
        let answer = || runtime.block_on(send(&app, request("/json", "gzip", sent)));
        let mut status = 0;
        let cost = measure(|| status = answer().status().as_u16());
        (status, cost.bytes_max)
    };
    cost(note(9));
    let (status, good) = cost(note(15_000));
    assert_eq!(status, 200);
    for size in [LIMIT + 100, 1 << 20, 16 << 20] {
        let (status, bad) = cost(vec![b' '; size]);
        assert_eq!(status, 413, "{size}");
        assert!(bad <= good + LIMIT as u64, "{size}: {bad} {good}");
    }
}
