//! What the suites of API keys share: a ring that can be watched, and an application behind it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::BodyExt;
use portcullis::api_key::{ApiKey, IssuedApiKey, NewApiKey, RequireApiKey};
use portcullis::clock::ManualClock;
use portcullis::event::SecurityEvent;
use portcullis::guard::{Guard, Shield};
use portcullis::identity::{Principal, Scopes};
use portcullis::store::memory::MemoryKeyRing;
use portcullis::store::{Answer, KeyHash, KeyId, KeyOwner, KeyRecord, KeyRing, StoreError};

use crate::support::send;

/// Counts the look-ups, and answers none while it is down.
#[derive(Clone, Debug, Default)]
pub(super) struct Spy {
    ring: MemoryKeyRing,
    lookups: Arc<AtomicUsize>,
    pub(super) down: bool,
}

impl Spy {
    pub(super) fn lookups(&self) -> usize {
        self.lookups.swap(0, Ordering::Relaxed)
    }
}

impl KeyRing for Spy {
    fn find(&self, id: KeyId) -> Answer<'_, Option<Arc<KeyRecord>>> {
        self.lookups.fetch_add(1, Ordering::Relaxed);
        if self.down {
            return StoreError::new("spy", "pulled the plug").into();
        }
        self.ring.find(id)
    }

    fn insert(&self, record: Arc<KeyRecord>) -> Answer<'_, bool> {
        self.ring.insert(record)
    }

    fn revoke(&self, id: KeyId, at: u64) -> Answer<'_, bool> {
        self.ring.revoke(id, at)
    }

    fn retire(&self, id: KeyId, at: u64) -> Answer<'_, bool> {
        self.ring.retire(id, at)
    }

    fn replace(&self, successor: Arc<KeyRecord>, ends_at: u64) -> Answer<'_, bool> {
        self.ring.replace(successor, ends_at)
    }

    fn rehash(&self, id: KeyId, from: KeyHash, to: KeyHash) -> Answer<'_, bool> {
        self.ring.rehash(id, from, to)
    }

    fn touch<'a>(&'a self, uses: &'a [(KeyId, u64)]) -> Answer<'a, ()> {
        self.ring.touch(uses)
    }

    fn list<'a>(
        &'a self,
        owner: KeyOwner<'a>,
        after: Option<KeyId>,
    ) -> Answer<'a, Vec<Arc<KeyRecord>>> {
        self.ring.list(owner, after)
    }
}

/// A ring, a clock, and what the shield has told.
#[derive(Clone, Default)]
pub(super) struct House {
    pub(super) ring: Spy,
    pub(super) clock: ManualClock,
    told: Arc<Mutex<Vec<String>>>,
}

impl House {
    pub(super) async fn issue(&self, prefix: &str, scopes: &str) -> IssuedApiKey {
        NewApiKey::owned_by("alice")
            .with_prefix(prefix)
            .unwrap()
            .with_scopes(Scopes::parse(scopes))
            .expiring_in(Duration::from_mins(1))
            .issue(&self.ring, &self.clock)
            .await
            .unwrap()
    }

    pub(super) fn guard(&self) -> RequireApiKey {
        RequireApiKey::in_ring(self.ring.clone())
            .with_prefix("demo")
            .unwrap()
            .with_clock(self.clock.clone())
    }

    pub(super) fn behind(&self, guard: impl Guard + Clone) -> Router {
        let told = Arc::clone(&self.told);
        let shield = Shield::new().with_events(move |event: &SecurityEvent<'_>| {
            let who = event.principal.map_or("", Principal::subject);
            let line = format!("{} {who}", event.reason);
            told.lock().unwrap().push(line.trim().into());
        });
        Router::new()
            .route("/", get(whoami))
            .route(
                "/key",
                get(|key: ApiKey| async move { key.id().to_string() }),
            )
            .layer(shield.with(guard))
    }

    pub(super) fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap())
    }
}

async fn whoami(caller: Option<Principal>, key: Option<ApiKey>, headers: HeaderMap) -> String {
    let key = key.map(|key| key.id().to_string());
    let caller = caller.as_ref().map(Principal::subject);
    format!("{caller:?} {key:?} {headers:?}")
}

pub(super) fn request(path: &str, lines: &[(HeaderName, &str)]) -> Request<Body> {
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    for (name, value) in lines {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        request.headers_mut().append(name, value);
    }
    request
}

pub(super) const KEY: HeaderName = HeaderName::from_static("x-api-key");

pub(super) async fn asked(app: &Router, key: &str) -> Response<Body> {
    send(app, request("/", &[(KEY, key)])).await
}

/// All that the caller can see of a response.
pub(super) async fn seen(response: Response<Body>) -> String {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    format!("{} {:?} {body:?}", head.status, head.headers)
}
