//! The server of a store goes, and comes back.

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, header::RETRY_AFTER};
use portcullis::api_key::{NewApiKey, RequireApiKey};
use portcullis::clock::SystemClock;
use portcullis::event::SecurityEvent;
use portcullis::guard::Shield;
use portcullis::store::{KeyRing, StoreError};

use crate::servers::Server;
use crate::support::send;

/// A store, a router that needs it, and keys of which each is used once, so that no answer comes
/// from a cache.
struct House {
    app: Router,
    keys: Vec<String>,
    told: Arc<Mutex<Vec<String>>>,
}

impl House {
    async fn new(store: impl KeyRing + Clone) -> Self {
        let mut keys = Vec::new();
        for _ in 0..40 {
            let key = NewApiKey::owned_by("alice").expiring_in(Duration::from_hours(1));
            let issued = key.issue(&store, &SystemClock).await.unwrap();
            keys.push(issued.key.expose().clone());
        }
        let told = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&told);
        let shield = Shield::new().with_events(move |event: &SecurityEvent<'_>| {
            let store = event.cause.and_then(store_of).unwrap_or_default();
            let line = format!("{} {store}", event.reason);
            sink.lock().unwrap().push(line.trim().to_owned());
        });
        let app = Router::new()
            .route("/", get(|| async {}))
            .layer(shield.with(RequireApiKey::in_ring(store)));
        Self { app, keys, told }
    }

    /// The status, and the wait that is advised.
    async fn ask(app: Router, key: String) -> (u16, Option<String>) {
        let request = Request::get("/").header("x-api-key", key);
        let response = send(&app, request.body(Body::empty()).unwrap()).await;
        let wait = response.headers().get(RETRY_AFTER);
        let wait = wait.map(|wait| wait.to_str().unwrap().to_owned());
        (response.status().as_u16(), wait)
    }

    async fn asked(&mut self) -> (u16, Option<String>) {
        Self::ask(self.app.clone(), self.keys.pop().unwrap()).await
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap())
    }
}

fn store_of(mut error: &(dyn Error + 'static)) -> Option<&'static str> {
    loop {
        if let Some(store) = error.downcast_ref::<StoreError>() {
            return Some(store.store());
        }
        error = error.source()?;
    }
}

/// The deadline of a store, and what a busy machine may add to it.
const DEADLINE: Duration = Duration::from_secs(2);
const SLACK: Duration = Duration::from_secs(2);

async fn goes_and_comes_back(mut server: impl Server, store: impl KeyRing + Clone, name: &str) {
    let mut house = House::new(store).await;
    assert_eq!(house.asked().await, (200, None));
    assert_eq!(house.told(), ["authenticated"]);

    for _ in 0..2 {
        server.stop();
        for _ in 0..2 {
            let start = Instant::now();
            assert_eq!(house.asked().await, (503, Some("5".to_owned())));
            assert!(start.elapsed() < DEADLINE + SLACK, "{:?}", start.elapsed());
            assert_eq!(house.told(), [format!("key_ring_unavailable {name}")]);
        }
        server.resume();
        assert_eq!(house.asked().await, (200, None));
        assert_eq!(house.told(), ["authenticated"]);
    }

    // A server that is there and says nothing, with more who ask than there are connections.
    server.signal_all("STOP");
    let start = Instant::now();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..20 {
        all.spawn(House::ask(house.app.clone(), house.keys.pop().unwrap()));
    }
    for answer in all.join_all().await {
        assert_eq!(answer, (503, Some("5".to_owned())));
    }
    let took = start.elapsed();
    assert!(took > DEADLINE / 2 && took < DEADLINE + SLACK, "{took:?}");
    assert_eq!(
        house.told(),
        vec![format!("key_ring_unavailable {name}"); 20]
    );
    server.signal_all("CONT");
    assert_eq!(house.asked().await, (200, None));
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn postgres_goes_and_comes_back_without_a_restart_of_the_application() {
    use portcullis::store::sql::PostgresStore;

    let server = crate::servers::postgres::Postgres::start();
    let store = PostgresStore::connect(&server.url()).unwrap();
    store.migrate().await.unwrap();
    goes_and_comes_back(server, store, "postgres").await;
}

#[cfg(feature = "redis")]
#[tokio::test(flavor = "multi_thread")]
async fn redis_goes_and_comes_back_without_a_restart_of_the_application() {
    use portcullis::store::redis::RedisStore;

    let server = crate::servers::redis::Redis::start();
    let store = RedisStore::connect(&server.url()).unwrap();
    store.check_persistence().await.unwrap();
    goes_and_comes_back(server, store, "redis").await;
}
