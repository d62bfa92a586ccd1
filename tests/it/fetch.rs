//! A fetched value stays fresh, and nobody can make the server behind it be pestered.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use http::{Response, StatusCode};
use portcullis::clock::ManualClock;
use portcullis::fetch::{
    Discovery, Document, Endpoint, Fetch, FetchError, Fetcher, Fetching, Malformed, Outgoing,
    Refreshed, Renewal,
};
use portcullis::problem::Kind;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// A client that answers from a table, counts, and can be made to wait.
#[derive(Clone, Debug)]
struct Fake(Arc<Desk>);

#[derive(Debug)]
struct Desk {
    answers: Mutex<HashMap<String, Scripted>>,
    asked: AtomicUsize,
    conditional: AtomicUsize,
    gate: Semaphore,
}

#[derive(Clone, Debug)]
enum Scripted {
    Json {
        body: String,
        etag: Option<&'static str>,
        control: Option<&'static str>,
    },
    Status(u16),
    Down,
    Panic,
}

const OPEN: usize = 1 << 20;
const KEYS: &str = "https://id.example/keys";

fn json(body: &str) -> Scripted {
    Scripted::Json {
        body: body.to_owned(),
        etag: None,
        control: None,
    }
}

impl Fake {
    fn new(answer: Scripted) -> Self {
        let fake = Self(Arc::new(Desk {
            answers: Mutex::default(),
            asked: AtomicUsize::new(0),
            conditional: AtomicUsize::new(0),
            gate: Semaphore::new(OPEN),
        }));
        fake.answers(KEYS, answer);
        fake
    }

    fn answers(&self, url: &str, answer: Scripted) {
        self.0
            .answers
            .lock()
            .unwrap()
            .insert(url.to_owned(), answer);
    }

    fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// Has every exchange wait until `open` is called.
    fn close(&self) {
        assert_eq!(self.0.gate.forget_permits(OPEN), OPEN);
    }

    fn open(&self) {
        self.0.gate.add_permits(OPEN);
    }

    async fn answer(&self, request: Outgoing) -> Result<Response<Bytes>, FetchError> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        drop(self.0.gate.acquire().await.unwrap());
        let known = request.headers().get(IF_NONE_MATCH).cloned();
        if known.is_some() {
            self.0.conditional.fetch_add(1, Ordering::SeqCst);
        }
        let script = self
            .0
            .answers
            .lock()
            .unwrap()
            .get(request.endpoint().as_str())
            .cloned();
        let mut response = Response::new(Bytes::new());
        match script.unwrap_or(Scripted::Status(404)) {
            Scripted::Down => return Err(FetchError::unreachable("no route to host")),
            Scripted::Panic => panic!("deliberate: the client is at fault"),
            Scripted::Status(status) => {
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
            }
            Scripted::Json {
                body,
                etag,
                control,
            } => {
                let headers = response.headers_mut();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                if let Some(control) = control {
                    headers.insert(CACHE_CONTROL, HeaderValue::from_static(control));
                }
                if let Some(etag) = etag {
                    headers.insert(ETAG, HeaderValue::from_static(etag));
                }
                if etag.is_some() && etag.map(HeaderValue::from_static) == known {
                    *response.status_mut() = StatusCode::NOT_MODIFIED;
                } else {
                    *response.body_mut() = body.into();
                }
            }
        }
        Ok(response)
    }
}

impl Fetch for Fake {
    fn fetch(&self, request: Outgoing) -> Fetching<'_> {
        Box::pin(self.answer(request))
    }
}

/// A key set, for the purposes of this suite: a JSON list of names that is not empty.
type Names = Vec<String>;

fn parse(bytes: &[u8]) -> Result<Names, Malformed> {
    match serde_json::from_slice::<Names>(bytes) {
        Ok(names) if !names.is_empty() => Ok(names),
        _ => Err(Malformed::new("no_names")),
    }
}

fn fresh(fake: &Fake, clock: &ManualClock) -> Refreshed<Names> {
    let endpoint = Endpoint::https(KEYS).unwrap();
    let source = Document::at(Fetcher::over(fake.clone()), endpoint, parse);
    Refreshed::new(source).with_clock(clock.clone())
}

fn named(name: &str) -> impl Fn(&Names) -> Option<String> {
    let name = name.to_owned();
    move |names| names.iter().find(|known| **known == name).cloned()
}

/// Lets what runs in the background come as far as it can.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_readers_of_a_cold_value_cause_one_fetch() {
    let fake = Fake::new(json(r#"["a"]"#));
    let keys = fresh(&fake, &ManualClock::default());
    assert_eq!(fake.asked(), 0, "nothing is fetched before somebody asks");
    fake.close();
    let mut readers = JoinSet::new();
    for _ in 0..1_000 {
        let keys = keys.clone();
        readers.spawn(async move { keys.get().await.unwrap().generation() });
    }
    tokio::task::yield_now().await;
    fake.open();
    assert_eq!(readers.join_all().await, vec![1; 1_000]);
    assert_eq!(fake.asked(), 1);
}

#[tokio::test]
async fn a_reader_that_goes_away_neither_stops_nor_spoils_the_fetch() {
    let fake = Fake::new(json(r#"["a"]"#));
    let keys = fresh(&fake, &ManualClock::default());
    fake.close();
    let reader = |keys: &Refreshed<Names>| {
        let keys = keys.clone();
        tokio::spawn(async move { keys.get().await.map(|names| names.len()) })
    };
    let (first, second) = (reader(&keys), reader(&keys));
    settle().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    fake.open();
    assert_eq!(second.await.unwrap().unwrap(), 1);
    assert_eq!(fake.asked(), 1);
}

#[tokio::test]
async fn a_value_is_fetched_anew_in_the_background_when_four_fifths_of_its_time_are_over() {
    let fake = Fake::new(json(r#"["a"]"#));
    let clock = ManualClock::default();
    let keys = fresh(&fake, &clock);
    keys.get().await.unwrap();
    fake.answers(KEYS, json(r#"["b"]"#));
    clock.advance(Duration::from_secs(479));
    assert_eq!(keys.get().await.unwrap().generation(), 1);
    settle().await;
    assert_eq!(fake.asked(), 1);

    clock.advance(Duration::from_secs(1));
    fake.close();
    for _ in 0..10 {
        assert_eq!(*keys.get().await.unwrap(), ["a"], "nobody waits");
        settle().await;
    }
    fake.open();
    settle().await;
    assert_eq!(*keys.get().await.unwrap(), ["b"]);
    assert_eq!(keys.get().await.unwrap().generation(), 2);
    assert_eq!(fake.asked(), 2);
}

#[tokio::test]
async fn who_comes_after_a_long_pause_gets_what_the_server_says_now() {
    let fake = Fake::new(json(r#"["withdrawn"]"#));
    let clock = ManualClock::default();
    let keys = fresh(&fake, &clock);
    keys.get().await.unwrap();
    fake.answers(KEYS, json(r#"["b"]"#));
    clock.advance(Duration::from_mins(10));
    assert_eq!(*keys.get().await.unwrap(), ["b"]);
}

#[tokio::test]
async fn the_last_good_value_serves_for_an_hour_beyond_its_time_and_no_longer() {
    let clock = ManualClock::default();
    for fault in [
        Scripted::Down,
        Scripted::Status(500),
        Scripted::Status(302),
        Scripted::Status(206),
        Scripted::Panic,
        json("[]"),
        json(r#"["a""#),
        json(&format!("[{:?}]", "x".repeat(65 * 1024))),
    ] {
        let fake = Fake::new(json(r#"["a"]"#));
        let keys = fresh(&fake, &clock);
        keys.get().await.unwrap();
        fake.answers(KEYS, fault.clone());
        clock.advance(Duration::from_mins(10));
        assert_eq!(*keys.get().await.unwrap(), ["a"], "{fault:?}");
        clock.advance(Duration::from_hours(1) - Duration::from_nanos(1));
        assert_eq!(*keys.get().await.unwrap(), ["a"], "{fault:?}");
        settle().await;
        assert!(keys.status().failures > 0);
        clock.advance(Duration::from_nanos(1));
        assert!(!keys.status().is_ready);
        let refused = keys.get().await.unwrap_err();
        let problem = refused.into_problem("keys_unavailable");
        assert_eq!(problem.kind(), Kind::Unavailable, "{fault:?}");

        fake.answers(KEYS, json(r#"["b"]"#));
        clock.advance(Duration::from_mins(1));
        assert_eq!(*keys.get().await.unwrap(), ["b"], "{fault:?}");
        assert!(keys.status().last_error.is_none());
    }
}

#[tokio::test]
async fn a_server_that_is_down_from_the_start_is_tried_at_growing_intervals() {
    let fake = Fake::new(Scripted::Down);
    let clock = ManualClock::default();
    let keys = fresh(&fake, &clock);
    let mut tries = Vec::new();
    for second in 0..130 {
        let before = fake.asked();
        for _ in 0..3 {
            let refused = keys.get().await.unwrap_err();
            assert!((1..=60).contains(&refused.retry_after()));
        }
        if fake.asked() > before {
            tries.push(second);
        }
        assert!(fake.asked() <= before + 1);
        clock.advance(Duration::from_secs(1));
    }
    assert_eq!(tries, [0, 1, 3, 7, 15, 31, 63, 123]);
    let status = keys.status();
    assert!(!status.is_ready && status.age.is_none());
    assert!(matches!(
        status.last_error,
        Some(FetchError::Unreachable(_))
    ));
}

#[tokio::test]
async fn pauses_are_counted_from_the_end_of_an_attempt() {
    let fake = Fake::new(Scripted::Down);
    let clock = ManualClock::default();
    let keys = fresh(&fake, &clock);
    fake.close();
    let reading = {
        let keys = keys.clone();
        tokio::spawn(async move { keys.get().await })
    };
    settle().await;
    clock.advance(Duration::from_secs(4));
    fake.open();
    assert_eq!(reading.await.unwrap().unwrap_err().retry_after(), 1);
    keys.get().await.unwrap_err();
    assert_eq!(fake.asked(), 1, "it failed only just now");
    assert_eq!(keys.status().cooldown, Duration::from_secs(30));
}

#[tokio::test]
async fn ten_thousand_unknown_names_cause_one_fetch_in_half_a_minute() {
    let fake = Fake::new(json(r#"["a"]"#));
    let clock = ManualClock::default();
    let keys = fresh(&fake, &clock);
    assert_eq!(keys.seek("a", named("a")).await.unwrap().unwrap(), "a");
    clock.advance(Duration::from_secs(30));
    for n in 0..10_000 {
        let name = n.to_string();
        assert_eq!(keys.seek(&name, named(&name)).await.unwrap(), None);
        assert!(keys.seek("a", named("a")).await.unwrap().is_some());
    }
    assert_eq!(fake.asked(), 2);
    clock.advance(Duration::from_secs(29));
    keys.seek("b", named("b")).await.unwrap();
    assert_eq!(fake.asked(), 2);
    clock.advance(Duration::from_secs(1));
    keys.seek("b", named("b")).await.unwrap();
    assert_eq!(fake.asked(), 3);
    clock.advance(Duration::from_secs(40));
    assert_eq!(keys.seek("b", named("b")).await.unwrap(), None);
    assert_eq!(fake.asked(), 3, "`b` is known to be unknown");
}

#[tokio::test]
async fn a_new_name_is_found_at_the_first_request_after_the_cooldown() {
    let fake = Fake::new(json(r#"["a"]"#));
    let clock = ManualClock::default();
    let keys = fresh(&fake, &clock);
    keys.get().await.unwrap();
    fake.answers(KEYS, json(r#"["a", "new"]"#));
    clock.advance(Duration::from_secs(29));
    assert_eq!(keys.seek("new", named("new")).await.unwrap(), None);
    assert_eq!(keys.status().cooldown, Duration::from_secs(1));
    clock.advance(Duration::from_secs(1));
    assert!(keys.seek("new", named("new")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_name_that_cannot_be_asked_for_is_not_called_unknown() {
    let fake = Fake::new(json(r#"["a"]"#));
    let clock = ManualClock::default();
    let keys = fresh(&fake, &clock);
    keys.get().await.unwrap();
    fake.answers(KEYS, Scripted::Down);
    clock.advance(Duration::from_secs(30));
    for _ in 0..2 {
        let refused = keys.seek("b", named("b")).await.unwrap_err();
        assert_eq!(refused.retry_after(), 30);
        assert!(keys.seek("a", named("a")).await.unwrap().is_some());
    }
    assert_eq!(fake.asked(), 2);
    fake.answers(KEYS, json(r#"["a"]"#));
    clock.advance(Duration::from_secs(30));
    assert_eq!(keys.seek("b", named("b")).await.unwrap(), None);
}

#[tokio::test]
async fn readers_of_what_is_held_never_wait_for_a_server_that_hangs() {
    let fake = Fake::new(json(r#"["a"]"#));
    let clock = ManualClock::default();
    let endpoint = Endpoint::https(KEYS).unwrap();
    let fetcher = Fetcher::over(fake.clone()).with_timeout(Duration::from_millis(50));
    let keys = Refreshed::new(Document::at(fetcher, endpoint, parse)).with_clock(clock.clone());
    keys.get().await.unwrap();
    fake.close();
    clock.advance(Duration::from_mins(8));
    let searching = {
        let keys = keys.clone();
        tokio::spawn(async move { keys.seek("b", named("b")).await })
    };
    settle().await;
    assert!(keys.seek("a", named("a")).await.unwrap().is_some());
    assert!(!searching.is_finished());
    let refused = searching.await.unwrap().unwrap_err();
    assert!(matches!(refused.cause(), Some(FetchError::TimedOut)));
    assert_eq!(fake.asked(), 2);
}

#[tokio::test]
async fn what_has_not_changed_keeps_its_generation_and_its_time_starts_anew() {
    for etag in [Some("\"v1\""), None] {
        let fake = Fake::new(Scripted::Json {
            body: r#"["a"]"#.to_owned(),
            etag,
            control: Some("max-age=3600"),
        });
        let clock = ManualClock::default();
        let keys = fresh(&fake, &clock);
        keys.get().await.unwrap();
        clock.advance(Duration::from_secs(2_879));
        keys.get().await.unwrap();
        settle().await;
        assert_eq!(fake.asked(), 1, "the server said an hour");
        clock.advance(Duration::from_secs(1));
        keys.get().await.unwrap();
        settle().await;
        assert_eq!(fake.asked(), 2);
        let status = keys.status();
        assert_eq!(
            (status.generation, status.age),
            (Some(1), Some(Duration::ZERO))
        );
        let conditional = fake.0.conditional.load(Ordering::SeqCst);
        assert_eq!(conditional, usize::from(etag.is_some()));
    }
}

#[tokio::test]
async fn something_newer_is_asked_for_once_and_told_to_all() {
    let fake = Fake::new(json(r#"["a"]"#));
    let clock = ManualClock::default();
    let keys = fresh(&fake, &clock);
    let seen = keys.get().await.unwrap().generation();
    assert!(matches!(keys.renew(seen).await.unwrap(), Renewal::Cooling));
    clock.advance(Duration::from_secs(30));
    assert!(matches!(keys.renew(seen).await.unwrap(), Renewal::Same));
    assert!(matches!(keys.renew(seen).await.unwrap(), Renewal::Cooling));
    fake.answers(KEYS, json(r#"["b"]"#));
    clock.advance(Duration::from_secs(30));
    for _ in 0..3 {
        let renewal = keys.renew(seen).await.unwrap();
        assert!(matches!(renewal, Renewal::Newer(newer) if *newer == ["b"]));
    }
    assert_eq!(fake.asked(), 3);
}

#[tokio::test]
async fn the_author_can_have_it_fetched_at_once() {
    let fake = Fake::new(json(r#"["a"]"#));
    let keys = fresh(&fake, &ManualClock::default());
    keys.get().await.unwrap();
    fake.answers(KEYS, json(r#"["b"]"#));
    assert_eq!(*keys.reload().await.unwrap(), ["b"]);
    fake.answers(KEYS, Scripted::Down);
    assert!(keys.reload().await.is_err());
    assert_eq!(*keys.get().await.unwrap(), ["b"]);

    // What was asked before the author asked does not count.
    fake.close();
    let early = {
        let keys = keys.clone();
        tokio::spawn(async move { keys.reload().await })
    };
    settle().await;
    let late = {
        let keys = keys.clone();
        tokio::spawn(async move { keys.reload().await })
    };
    settle().await;
    let before = fake.asked();
    fake.answers(KEYS, json(r#"["c"]"#));
    fake.open();
    early.await.unwrap().unwrap();
    late.await.unwrap().unwrap();
    assert_eq!(fake.asked(), before + 1);
}

#[test]
fn outside_a_runtime_a_fetch_fails_and_does_not_panic() {
    let fake = Fake::new(json(r#"["a"]"#));
    let keys = fresh(&fake, &ManualClock::default());
    let mut reading = std::pin::pin!(keys.get());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(refused)) = reading.as_mut().poll(&mut context) else {
        panic!("neither a value nor a wait is possible");
    };
    assert!(matches!(refused.cause(), Some(FetchError::Broken)));
}

const ISSUER: &str = "https://id.example";
const METADATA: &str = "https://id.example/.well-known/openid-configuration";

#[tokio::test]
async fn keys_are_found_from_the_name_of_their_issuer() {
    let fake = Fake::new(json(r#"["a"]"#));
    let metadata = format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"{KEYS}"}}"#);
    fake.answers(METADATA, json(&metadata));
    let issuer = Discovery::openid(ISSUER, Fetcher::over(fake.clone())).unwrap();
    let keys = Refreshed::new(Document::keys_of(issuer, parse));
    assert_eq!(*keys.get().await.unwrap(), ["a"]);
    assert_eq!(fake.asked(), 2);
}

#[tokio::test]
async fn metadata_of_another_issuer_or_with_plain_http_is_never_believed() {
    for metadata in [
        format!(r#"{{"issuer":"{ISSUER}/","jwks_uri":"{KEYS}"}}"#),
        format!(r#"{{"issuer":"https://evil.example","jwks_uri":"{KEYS}"}}"#),
        format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"http://id.example/keys"}}"#),
        format!(r#"{{"issuer":"{ISSUER}","jwks_uri":"http://127.0.0.1/keys"}}"#),
        format!(r#"{{"issuer":"{ISSUER}"}}"#),
    ] {
        let fake = Fake::new(json(r#"["a"]"#));
        fake.answers(METADATA, json(&metadata));
        let issuer = Discovery::openid(ISSUER, Fetcher::over(fake.clone())).unwrap();
        let keys = Refreshed::new(Document::keys_of(issuer, parse));
        let problem = keys
            .get()
            .await
            .unwrap_err()
            .into_problem("keys_unavailable");
        assert_eq!(
            problem.status(),
            StatusCode::SERVICE_UNAVAILABLE,
            "{metadata}"
        );
        assert_eq!(fake.asked(), 1, "its keys are not even fetched: {metadata}");
    }
}
