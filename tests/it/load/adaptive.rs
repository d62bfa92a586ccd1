//! A limit that adapts, before a service that can do so much and no more.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request as Asked;
use axum::routing::{get, post};
use http::{Request, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use portcullis::load::{Concurrency, LoadLimits, Priority};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::support::send;

const TARGET: Duration = Duration::from_millis(100);
const WORK: Duration = Duration::from_millis(50);
const PATHS: [&str; 3] = ["/critical", "/default", "/sheddable"];

fn adaptive(least: usize, most: usize) -> Concurrency {
    Concurrency::adaptive(least..=most, TARGET).unwrap()
}

/// A service with so many workers, each of whom needs [`WORK`] for a request; who finds none waits.
fn service(workers: &Arc<Semaphore>, concurrency: &Concurrency) -> Router {
    let workers = Arc::clone(workers);
    let work = move || {
        let workers = Arc::clone(&workers);
        async move {
            let _worker = workers.acquire().await.unwrap();
            sleep(WORK).await;
        }
    };
    let router = PATHS.iter().fold(Router::new(), |router, path| {
        router.route(path, get(work.clone()))
    });
    router.layer(LoadLimits::new().with_concurrency(concurrency.clone()))
}

/// What became of requests of each path: how many there were, how many were served, and how long
/// the slowest of these took.
type Outcome = [(u32, u32, Duration); 3];

/// Asks a thousand times a second for so many seconds: of ten requests two are critical, five
/// default and three sheddable.
async fn flood(app: &Router, seconds: u32) -> Outcome {
    let mut asked = JoinSet::new();
    for number in 0..seconds * 1_000 {
        let place = match number % 10 {
            0 | 5 => 0,
            1 | 3 | 6 | 7 | 9 => 1,
            _ => 2,
        };
        let app = app.clone();
        asked.spawn(async move {
            let began = Instant::now();
            let request = Request::get(PATHS[place]).body(Body::empty()).unwrap();
            let status = send(&app, request).await.status();
            (place, status, began.elapsed())
        });
        sleep(Duration::from_millis(1)).await;
    }
    let mut outcome = Outcome::default();
    while let Some(answer) = asked.join_next().await {
        let (place, status, took) = answer.unwrap();
        let (all, served, slowest) = &mut outcome[place];
        *all += 1;
        if status == StatusCode::OK {
            *served += 1;
            *slowest = took.max(*slowest);
        }
    }
    outcome
}

#[tokio::test(start_paused = true)]
async fn what_is_too_much_is_shed_from_below_and_the_rest_is_answered_in_time() {
    let workers = Arc::new(Semaphore::new(20)); // 400 requests a second
    let concurrency = adaptive(5, 1_000).with_priorities(|head| match head.uri.path() {
        "/critical" => Priority::Critical,
        "/sheddable" => Priority::Sheddable,
        _ => Priority::Default,
    });
    let app = service(&workers, &concurrency);
    assert_eq!(concurrency.limit(), 5);
    flood(&app, 5).await; // the limit is found
    let found = concurrency.limit();
    assert!((20..80).contains(&found), "{found}");
    let [critical, default, sheddable] = flood(&app, 5).await;
    assert_eq!(critical.0, critical.1, "a fifth of what there is to do");
    assert!(default.1 * 5 > default.0, "{default:?}");
    assert!(sheddable.1 * 20 < sheddable.0, "{sheddable:?}");
    let served = critical.1 + default.1 + sheddable.1;
    assert!(
        served > 5 * 400 * 9 / 10,
        "nearly all that can be done: {served}"
    );
    for (_, _, slowest) in [critical, default, sheddable] {
        // Of the queue, and of a service with twice its usual load.
        assert!(slowest < 3 * TARGET, "{slowest:?}");
    }

    // The service comes to be able to do a quarter.
    let away = Arc::clone(&workers).acquire_many_owned(15).await.unwrap();
    flood(&app, 5).await;
    let less = concurrency.limit();
    assert!(less < found * 2 / 3, "{less} after {found}");
    let [critical, ..] = flood(&app, 5).await;
    assert!(critical.2 < 6 * TARGET, "{critical:?}");
    drop(away);
    flood(&app, 5).await;
    let [critical, ..] = flood(&app, 2).await;
    assert_eq!(critical.0, critical.1);
    assert!((found / 2..found * 2).contains(&concurrency.limit()));
    assert_eq!(concurrency.in_flight(), 0);
}

/// Clients who send slowly make no service slow.
#[tokio::test(start_paused = true)]
async fn clients_who_dawdle_do_not_take_places_away() {
    let concurrency = adaptive(4, 64);
    let read = async |request: Asked| {
        let _ = request.into_body().collect().await;
    };
    let app = Router::new()
        .route("/", post(read))
        .layer(LoadLimits::new().with_concurrency(concurrency.clone()));
    for _ in 0..20 {
        let mut all = JoinSet::new();
        for _ in 0..=concurrency.limit() {
            let app = app.clone();
            all.spawn(async move {
                let slow = futures_util::stream::once(async {
                    sleep(3 * TARGET).await;
                    Ok::<_, std::io::Error>(Frame::data("late".into()))
                });
                let body = Body::new(StreamBody::new(slow));
                send(&app, Request::post("/").body(body).unwrap()).await
            });
        }
        all.join_all().await;
    }
    assert!(concurrency.limit() > 50, "{}", concurrency.limit());
}
