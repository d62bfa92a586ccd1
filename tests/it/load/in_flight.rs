//! Places in flight: until when they are held, and that none is ever lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use portcullis::guard::Shield;
use portcullis::identity::Principal;
use portcullis::load::{Concurrency, InFlight, LoadLimits, Priority};
use tokio::sync::Notify;

use super::wire::{Lasting, answer, connect, get as ask, heard, read_until, serve, until};
use crate::introduced::Introduced;
use crate::support::{read, send};

/// Bodies that last, under `/lasting` and `/panics`; `/handler` panics itself, `/short` does not last.
fn app(end: &Arc<Notify>) -> Router {
    let (lasting, panics) = (Arc::clone(end), Arc::clone(end));
    let panicking = async || -> &'static str { panic!("the handler was told to") };
    Router::new()
        .route("/lasting", get(async || Lasting::until(lasting)))
        .route("/panics", get(async || Lasting::until_panic(panics)))
        .route("/handler", get(panicking))
        .route("/short", get(async || "short"))
}

fn one(wait: Duration) -> Concurrency {
    Concurrency::at_most(1).unwrap().with_queue(1, wait)
}

fn limits(concurrency: &Concurrency) -> LoadLimits {
    LoadLimits::new().with_concurrency(concurrency.clone())
}

fn to(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_place_is_held_until_the_body_has_ended() {
    let (end, concurrency) = (Arc::default(), one(Duration::from_millis(100)));
    let (app, ear) = heard(app(&end).layer(limits(&concurrency)));
    let address = serve(app).await;
    let mut first = connect(address, &ask("/lasting")).await;
    read_until(&mut first, "first").await;
    assert_eq!(concurrency.in_flight(), 1);

    let mut second = connect(address, &ask("/short")).await;
    let (head, body) = answer(&mut second).await;
    assert!(head.starts_with("http/1.1 503"), "{head}");
    assert!(head.contains("retry-after: 5"), "{head}");
    let kind = body["type"].as_str().unwrap();
    let draft = "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity";
    assert_eq!(kind, draft);
    assert_eq!(ear.heard(), ["too_many_in_flight"]);

    end.notify_waiters();
    let mut third = connect(address, &ask("/short")).await;
    assert!(answer(&mut third).await.0.starts_with("http/1.1 200"));
    until(|| concurrency.in_flight() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_gives_its_place_back() {
    let (end, concurrency) = (Arc::default(), one(Duration::from_millis(100)));
    let address = serve(app(&end).layer(limits(&concurrency))).await;
    let mut first = connect(address, &ask("/lasting")).await;
    read_until(&mut first, "first").await;
    assert_eq!(concurrency.in_flight(), 1);
    drop(first);
    until(|| concurrency.in_flight() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_gives_its_place_back() {
    let (end, concurrency) = (Arc::<Notify>::default(), one(Duration::from_millis(100)));
    let address = serve(app(&end).layer(limits(&concurrency))).await;
    let mut first = connect(address, &ask("/panics")).await;
    read_until(&mut first, "first").await;
    assert_eq!(concurrency.in_flight(), 1);
    end.notify_waiters();
    until(|| concurrency.in_flight() == 0).await;

    let mut second = connect(address, &ask("/handler")).await;
    let mut rest = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut second, &mut rest).await;
    assert!(rest.is_empty());
    until(|| concurrency.in_flight() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_served_when_a_place_is_free_and_may_go_before() {
    let (end, concurrency) = (Arc::<Notify>::default(), one(Duration::from_hours(1)));
    let address = serve(app(&end).layer(limits(&concurrency))).await;
    let mut first = connect(address, &ask("/lasting")).await;
    read_until(&mut first, "first").await;

    let gone = connect(address, &ask("/short")).await;
    tokio::time::sleep(Duration::from_secs(1)).await; // it stands in the queue now
    let mut refused = connect(address, &ask("/short")).await;
    assert!(answer(&mut refused).await.0.starts_with("http/1.1 503"));
    drop(gone);
    tokio::time::sleep(Duration::from_secs(1)).await;

    let mut waits = connect(address, &ask("/short")).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    end.notify_waiters();
    assert!(answer(&mut waits).await.0.starts_with("http/1.1 200"));
    until(|| concurrency.in_flight() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn each_priority_is_shed_at_its_share() {
    let end = Arc::default();
    let concurrency = Concurrency::at_most(10)
        .unwrap()
        .with_queue(0, Duration::ZERO)
        .with_priorities(|head| match head.headers.get("x-test") {
            Some(value) if value == "critical" => Priority::Critical,
            Some(_) => Priority::Sheddable,
            None => Priority::Default,
        });
    let app = app(&end).layer(limits(&concurrency));
    let ask = async |priority: &str| {
        let mut request = to("/lasting");
        if !priority.is_empty() {
            let priority = priority.parse().unwrap();
            request.headers_mut().insert("x-test", priority);
        }
        send(&app, request).await
    };
    let mut held = Vec::new();
    for (priority, in_flight) in [
        ("sheddable", 6),
        ("", 8),
        ("sheddable", 8),
        ("critical", 10),
    ] {
        loop {
            let response = ask(priority).await;
            if response.status() == StatusCode::SERVICE_UNAVAILABLE {
                break;
            }
            held.push(response);
        }
        assert_eq!(concurrency.in_flight(), in_flight, "{priority}");
    }
    drop(held);
    assert_eq!(concurrency.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_caller_cannot_take_the_places_of_others() {
    let end = Arc::default();
    let in_flight = InFlight::per_principal(2).unwrap();
    let app = app(&end)
        .layer(in_flight.clone())
        .layer(Shield::new().with(Introduced(|name| Principal::new(name))));
    let ask = async |caller: &str| {
        let mut request = to("/lasting");
        let caller = caller.parse().unwrap();
        request.headers_mut().insert("x-caller", caller);
        send(&app, request).await
    };
    let mut held = vec![ask("alice").await, ask("alice").await];
    let refused = ask("alice").await;
    assert_eq!(refused.headers()["retry-after"], "1");
    let (status, body) = read(refused).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(body["type"], "urn:portcullis:problem:quota-exceeded");
    held.push(ask("bob").await);
    assert_eq!(in_flight.keys(), 2);
    held.remove(0);
    held.push(ask("alice").await);
    for response in held {
        assert_eq!(response.status(), StatusCode::OK);
    }
    assert_eq!(in_flight.keys(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_has_too_many_takes_no_place_that_all_share() {
    let (end, concurrency) = (Arc::default(), one(Duration::from_millis(100)));
    let limits = limits(&concurrency)
        .with_in_flight(InFlight::per_client(1).unwrap())
        .unwrap();
    let address = serve(app(&end).layer(limits)).await;
    let mut first = connect(address, &ask("/lasting")).await;
    read_until(&mut first, "first").await;
    let mut second = connect(address, &ask("/short")).await;
    assert!(answer(&mut second).await.0.starts_with("http/1.1 429"));
    assert_eq!(concurrency.in_flight(), 1);
}

#[tokio::test]
async fn where_nobody_can_know_whose_places_they_are_nobody_guesses() {
    let limits = |in_flight: InFlight| app(&Arc::default()).layer(in_flight);
    for (app, reason) in [
        (limits(InFlight::per_client(1).unwrap()), "client_address"),
        (
            limits(InFlight::per_principal(1).unwrap()),
            "authentication",
        ),
    ] {
        let (app, ear) = heard(app);
        let status = send(&app, to("/short")).await.status();
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(ear.heard(), [format!("in_flight_without_{reason}")]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_a_storm_of_callers_who_go_no_place_is_lost_or_given_twice() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counts, record) = (Arc::clone(&now), Arc::clone(&most));
    let busy = async move || {
        let inside = counts.fetch_add(1, Ordering::SeqCst) + 1;
        record.fetch_max(inside, Ordering::SeqCst);
        let _leaves = Leaves(counts);
        tokio::task::yield_now().await;
        "done"
    };
    let concurrency = Concurrency::at_most(7)
        .unwrap()
        .with_queue(20, Duration::from_millis(5))
        .with_priorities(|head| match head.uri.query() {
            Some("0") => Priority::Critical,
            Some("1") => Priority::Sheddable,
            _ => Priority::Default,
        });
    let app = Router::new()
        .route("/", get(busy))
        .layer(limits(&concurrency));
    let mut tasks = Vec::new();
    for number in 0..4_000_u32 {
        let app = app.clone();
        tasks.push(tokio::spawn(async move {
            let response = send(&app, to(&format!("/?{}", number % 5))).await;
            let status = response.status();
            if number % 3 != 0 {
                let _ = response.into_body().collect().await;
            }
            status
        }));
        if number % 7 == 0 {
            tasks.last().unwrap().abort();
        }
        if number % 50 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let mut served = 0;
    for task in tasks {
        served += usize::from(task.await.is_ok_and(|status| status == StatusCode::OK));
    }
    assert_eq!(concurrency.in_flight(), 0);
    assert_eq!(now.load(Ordering::SeqCst), 0);
    assert!(served > 7 && most.load(Ordering::SeqCst) <= 7);
}

/// Counts one down when it is dropped.
struct Leaves(Arc<AtomicUsize>);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
