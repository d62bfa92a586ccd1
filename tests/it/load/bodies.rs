//! Bodies that are too long or come too slowly, over real sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::post;
use portcullis::assign::{Anyone, Assignable, Grant, New, Rule, Said, Who};
use portcullis::load::LoadLimits;
use portcullis::problem::Problem;
use tokio::io::AsyncWriteExt;

use super::wire::{answer, connect, heard, serve};

#[derive(Default)]
struct Article {
    title: String,
}

impl Assignable for Article {
    type Role = Anyone;

    const RULES: &'static [Rule<Anyone>] = &[Rule::field("title", Who::Nobody, Who::Anyone)];

    fn assign(&mut self, said: &mut Said<'_, Anyone>) {
        said.field("title", &mut self.title);
    }
}

async fn fill(sent: New<Article>) -> Result<String, Problem> {
    let article = sent.fill(Article::default(), &Grant::of_stranger())?;
    Ok(article.title)
}

/// An extractor of this crate, one of axum, and a handler that takes a body for what it is.
fn app(limits: LoadLimits) -> Router {
    let lenient = |body: Body| async {
        let read = axum::body::to_bytes(body, usize::MAX).await;
        read.map_or("as far as it came".into(), |bytes| bytes.len().to_string())
    };
    Router::new()
        .route("/own", post(fill))
        .route(
            "/axum",
            post(|bytes: Bytes| async move { bytes.len().to_string() }),
        )
        .route("/lenient", post(lenient))
        .layer(limits)
}

fn head(path: &str, length: &str) -> String {
    let json = "content-type: application/json\r\nconnection: close";
    format!("POST {path} HTTP/1.1\r\nhost: a\r\n{json}\r\n{length}\r\n\r\n")
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_stalls_is_cut_off_and_told_once() {
    for path in ["/own", "/axum"] {
        let (app, ear) = heard(app(LoadLimits::new()));
        let address = serve(app).await;
        let begin = tokio::time::Instant::now();
        let sent = head(path, "content-length: 20") + "{\"title\"";
        let mut socket = connect(address, &sent).await;
        let (head, body) = answer(&mut socket).await;
        assert!(head.starts_with("http/1.1 408"), "{path}: {head}");
        assert!(head.contains("connection: close"), "{path}: {head}");
        assert_eq!(body["type"], "urn:portcullis:problem:request-timeout");
        assert_eq!(ear.heard(), ["body_too_slow"], "{path}");
        let waited = begin.elapsed().as_secs();
        assert!((19..=21).contains(&waited), "{waited}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_drips_is_cut_off_however_regular_it_is() {
    let limits = LoadLimits::new().dangerous_without_time_limit();
    let (app, ear) = heard(app(limits));
    let sent = head("/axum", "content-length: 20000");
    let mut socket = connect(serve(app).await, &sent).await;
    let (mut reads, mut writes) = socket.split();
    let drip = async {
        while writes.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
    };
    let mut first = [0; 12];
    tokio::select! {
        () = drip => panic!("the server never answered"),
        read = tokio::io::AsyncReadExt::read_exact(&mut reads, &mut first) => read.unwrap(),
    };
    assert_eq!(&first, b"HTTP/1.1 408");
    assert_eq!(ear.heard(), ["body_too_slow"]);
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_is_fast_enough_may_take_its_time() {
    let limits = LoadLimits::new().dangerous_without_time_limit();
    let address = serve(app(limits)).await;
    let mut socket = connect(address, &head("/axum", "content-length: 50000")).await;
    for _ in 0..100 {
        socket.write_all(&[b'x'; 500]).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let (head, body) = answer(&mut socket).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(body, 50_000);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_long_is_refused_before_and_while_it_comes() {
    let long = "x".repeat(200);
    let chunked = format!("c8\r\n{long}\r\n0\r\n\r\n");
    for (path, length, body, reason) in [
        (
            "/own",
            "content-length: 200",
            &long,
            "content_length_over_limit",
        ),
        (
            "/axum",
            "content-length: 200",
            &long,
            "content_length_over_limit",
        ),
        (
            "/own",
            "transfer-encoding: chunked",
            &chunked,
            "body_over_limit",
        ),
        (
            "/axum",
            "transfer-encoding: chunked",
            &chunked,
            "body_over_limit",
        ),
    ] {
        let (app, ear) = heard(app(LoadLimits::new().with_body(100)));
        let sent = head(path, length) + body;
        let mut socket = connect(serve(app).await, &sent).await;
        let (head, body) = answer(&mut socket).await;
        assert!(head.starts_with("http/1.1 413"), "{path} {length}: {head}");
        assert_eq!(body["type"], "urn:portcullis:problem:body-too-large");
        assert_eq!(ear.heard(), [reason]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_of_the_greatest_length_goes_through() {
    let (app, ear) = heard(app(LoadLimits::new().with_body(100)));
    let address = serve(app).await;
    for (length, body) in [
        ("content-length: 100", "x".repeat(100)),
        (
            "transfer-encoding: chunked",
            format!("64\r\n{}\r\n0\r\n\r\n", "x".repeat(100)),
        ),
    ] {
        let mut socket = connect(address, &(head("/axum", length) + &body)).await;
        let (head, body) = answer(&mut socket).await;
        assert!(head.starts_with("http/1.1 200"), "{length}: {head}");
        assert_eq!(body, 100);
    }
    assert!(ear.heard().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_the_application_calls_a_success_stands() {
    let (app, ear) = heard(app(LoadLimits::new().with_body(10)));
    let sent = head("/lenient", "transfer-encoding: chunked") + "b\r\nxxxxxxxxxxx\r\n0\r\n\r\n";
    let mut socket = connect(serve(app).await, &sent).await;
    let (head, _) = answer(&mut socket).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(ear.heard().is_empty());
}

/// Counts how often it is dropped.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(start_paused = true)]
async fn when_time_is_up_the_work_ends_and_whoever_was_waited_for_is_told_apart() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&dropped);
    let idle = move || {
        let guard = Dropped(Arc::clone(&counts));
        async move {
            let _guard = guard;
            std::future::pending::<&str>().await
        }
    };
    let limits = LoadLimits::new().with_time(Duration::from_secs(7)).unwrap();
    let router = app(limits.clone()).merge(Router::new().route("/idle", post(idle)).layer(limits));
    let (app, ear) = heard(router);
    let address = serve(app).await;

    let mut socket = connect(address, &head("/idle", "content-length: 0")).await;
    let (answered, body) = answer(&mut socket).await;
    assert!(answered.starts_with("http/1.1 503"), "{answered}");
    assert_eq!(body["type"], "urn:portcullis:problem:unavailable");
    assert_eq!(dropped.load(Ordering::Relaxed), 1);

    let mut socket = connect(address, &head("/axum", "content-length: 9")).await;
    let (answered, _) = answer(&mut socket).await;
    assert!(answered.starts_with("http/1.1 408"), "{answered}");
    let told = ["handler_out_of_time", "body_not_received_in_time"];
    assert_eq!(ear.heard(), told);
}
