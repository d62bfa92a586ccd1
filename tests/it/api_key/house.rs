//! What the suites of API keys share: a ring that can be watched, and an application behind it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
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

/// What a ring is told at once.
pub(super) type Uses = Vec<(KeyId, u64)>;

/// Counts what it is asked, and answers nothing while it is down.
#[derive(Clone, Debug, Default)]
pub(super) struct Spy {
    ring: MemoryKeyRing,
    lookups: Arc<AtomicUsize>,
    rehashes: Arc<AtomicUsize>,
    touches: Arc<Mutex<Vec<Uses>>>,
    down: Arc<AtomicBool>,
    frozen: Arc<AtomicBool>,
}

impl Spy {
    pub(super) fn lookups(&self) -> usize {
        self.lookups.swap(0, Ordering::Relaxed)
    }

    pub(super) fn rehashes(&self) -> usize {
        self.rehashes.swap(0, Ordering::Relaxed)
    }

    pub(super) fn touches(&self) -> Vec<Uses> {
        std::mem::take(&mut self.touches.lock().unwrap())
    }

    pub(super) fn fail_rehashes(&self) {
        self.frozen.store(true, Ordering::Relaxed);
    }

    pub(super) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }
}

impl KeyRing for Spy {
    fn find(&self, id: KeyId) -> Answer<'_, Option<Arc<KeyRecord>>> {
        self.lookups.fetch_add(1, Ordering::Relaxed);
        if self.down.load(Ordering::Relaxed) {
            return unplugged();
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
        self.rehashes.fetch_add(1, Ordering::Relaxed);
        if self.frozen.load(Ordering::Relaxed) {
            return unplugged();
        }
        self.ring.rehash(id, from, to)
    }

    fn touch<'a>(&'a self, uses: &'a [(KeyId, u64)]) -> Answer<'a, ()> {
        if self.down.load(Ordering::Relaxed) {
            return unplugged();
        }
        self.touches.lock().unwrap().push(uses.to_vec());
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

fn unplugged<T>() -> Answer<'static, T> {
    StoreError::new("spy", "pulled the plug").into()
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
        let key = NewApiKey::owned_by("alice").with_prefix(prefix).unwrap();
        self.issue_such(key.with_scopes(Scopes::parse(scopes)))
            .await
    }

    /// For a minute.
    pub(super) async fn issue_such(&self, key: NewApiKey) -> IssuedApiKey {
        key.expiring_in(Duration::from_mins(1))
            .issue(&self.ring, &self.clock)
            .await
            .unwrap()
    }

    pub(super) fn demo() -> NewApiKey {
        NewApiKey::owned_by("alice").with_prefix("demo").unwrap()
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

/// From 127.0.0.1.
pub(super) fn request(path: &str, lines: &[(HeaderName, &str)]) -> Request<Body> {
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 4711));
    let request = Request::get(path).extension(ConnectInfo(peer));
    let mut request = request.body(Body::empty()).unwrap();
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
