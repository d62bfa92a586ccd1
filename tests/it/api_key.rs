//! API keys, through a real router.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::routing::get;
use http::header::{AUTHORIZATION, COOKIE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::BodyExt;
use portcullis::api_key::{ApiKey, IssuedApiKey, KeyFormat, NewApiKey, RequireApiKey};
use portcullis::clock::ManualClock;
use portcullis::event::SecurityEvent;
use portcullis::guard::{Authenticator, Demand, Guard, Pass, Place, Shield, Stop};
use portcullis::identity::{Caller, Facts, Principal, Scopes};
use portcullis::problem::{Challenge, Kind, Problem};
use portcullis::store::memory::MemoryKeyRing;
use portcullis::store::{Answer, KeyId, KeyOwner, KeyRecord, KeyRing, StoreError};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::{read, send};

/// Counts the look-ups, and answers none while it is down.
#[derive(Clone, Debug, Default)]
struct Spy {
    ring: MemoryKeyRing,
    lookups: Arc<AtomicUsize>,
    down: bool,
}

impl Spy {
    fn lookups(&self) -> usize {
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
struct House {
    ring: Spy,
    clock: ManualClock,
    told: Arc<Mutex<Vec<String>>>,
}

impl House {
    async fn issue(&self, prefix: &str, scopes: &str) -> IssuedApiKey {
        NewApiKey::owned_by("alice")
            .with_prefix(prefix)
            .unwrap()
            .with_scopes(Scopes::parse(scopes))
            .expiring_in(Duration::from_mins(1))
            .issue(&self.ring, &self.clock)
            .await
            .unwrap()
    }

    fn guard(&self) -> RequireApiKey {
        RequireApiKey::in_ring(self.ring.clone())
            .with_prefix("demo")
            .unwrap()
            .with_clock(self.clock.clone())
    }

    fn behind(&self, guard: impl Guard + Clone) -> Router {
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

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap())
    }
}

async fn whoami(caller: Option<Principal>, key: Option<ApiKey>, headers: HeaderMap) -> String {
    let key = key.map(|key| key.id().to_string());
    let caller = caller.as_ref().map(Principal::subject);
    format!("{caller:?} {key:?} {headers:?}")
}

fn request(path: &str, lines: &[(HeaderName, &str)]) -> Request<Body> {
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    for (name, value) in lines {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        request.headers_mut().append(name, value);
    }
    request
}

const KEY: HeaderName = HeaderName::from_static("x-api-key");

async fn asked(app: &Router, key: &str) -> Response<Body> {
    send(app, request("/", &[(KEY, key)])).await
}

/// All that the caller can see of a response.
async fn seen(response: Response<Body>) -> String {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    format!("{} {:?} {body:?}", head.status, head.headers)
}

#[tokio::test]
async fn a_good_key_makes_its_owner_known_and_is_not_seen_in_the_headers() {
    let house = House::default();
    let app = house.behind(house.guard());
    let issued = house.issue("demo", "").await;
    let seen = seen(asked(&app, issued.key.expose()).await).await;
    assert!(seen.starts_with("200"), "{seen}");
    let id = issued.record.id();
    assert!(
        seen.contains("alice") && seen.contains(id.as_str()),
        "{seen}"
    );
    assert!(seen.contains("Sensitive"), "{seen}");
    assert!(!seen.contains(issued.key.expose()), "{seen}");
    assert_eq!(
        (house.ring.lookups(), house.told()),
        (1, vec!["authenticated alice".into()])
    );

    let by_hand = house.behind(house.guard().with_header(HeaderName::from_static("x-key")));
    assert_eq!(asked(&by_hand, issued.key.expose()).await.status(), 401);
    let line = (
        HeaderName::from_static("x-key"),
        issued.key.expose().as_str(),
    );
    assert_eq!(send(&by_hand, request("/key", &[line])).await.status(), 200);
}

#[tokio::test]
async fn whatever_is_wrong_with_a_key_the_caller_sees_the_same() {
    let house = House::default();
    let app = house.behind(house.guard());
    let good = house.issue("demo", "").await;
    let revoked = house.issue("demo", "").await;
    house.ring.revoke(revoked.record.id(), 0).await.unwrap();
    let test_key = house.issue("demo_test", "").await;
    let unknown = House::default().issue("demo", "").await;
    // The record of one key under the id of another: right id, wrong secret.
    let elsewhere = House::default().issue("demo", "").await;
    let stolen_id = KeyRecord::new(elsewhere.record.id(), *good.record.hash(), "eve", 0, None);
    house.ring.insert(Arc::new(stolen_id)).await.unwrap();
    let mut typo = good.key.expose().clone();
    let last = if typo.pop() == Some('0') { '1' } else { '0' };
    typo.push(last);

    let mut answers = Vec::new();
    for (key, reason, lookups) in [
        ("", "key_malformed", 0),
        ("nonsense", "key_malformed", 0),
        (&typo, "key_malformed", 0),
        (test_key.key.expose(), "key_malformed", 0),
        (unknown.key.expose(), "key_unknown", 1),
        (elsewhere.key.expose(), "key_mismatch", 1),
        (revoked.key.expose(), "key_revoked", 1),
    ] {
        answers.push(seen(asked(&app, key).await).await);
        assert_eq!(house.told(), [reason]);
        assert_eq!(house.ring.lookups(), lookups, "{reason}");
    }
    house.clock.advance(Duration::from_secs(59));
    assert_eq!(asked(&app, good.key.expose()).await.status(), 200);
    house.clock.advance(Duration::from_secs(1));
    house.told();
    answers.push(seen(asked(&app, good.key.expose()).await).await);
    assert_eq!(house.told(), ["key_expired"]);

    assert!(answers[0].starts_with("401"), "{}", answers[0]);
    assert!(
        answers[0].contains(r#"ApiKey realm=\"api\", error=\"invalid_key\""#),
        "{}",
        answers[0]
    );
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
}

#[tokio::test]
async fn a_key_counts_only_if_it_stands_once_in_its_header() {
    let house = House::default();
    let app = house.behind(house.guard());
    let issued = house.issue("demo", "").await;
    let key = issued.key.expose().as_str();
    let (long, bearer) = ("k".repeat(257), format!("Bearer {key}"));
    let cookie = format!("x-api-key={key}; api_key={key}");
    for (path, lines, status, reason) in [
        ("/", &[][..], 401, "no_credential"),
        (
            "/",
            &[(AUTHORIZATION, bearer.as_str())],
            401,
            "no_credential",
        ),
        ("/", &[(COOKIE, cookie.as_str())], 401, "no_credential"),
        (
            &format!("/?x-api-key={key}&api_key={key}"),
            &[],
            401,
            "no_credential",
        ),
        ("/", &[(KEY, key), (KEY, key)], 400, "key_repeated"),
        ("/", &[(KEY, key), (KEY, "")], 400, "key_repeated"),
        ("/", &[(KEY, long.as_str())], 400, "key_too_long"),
        ("/", &[(KEY, "dem\u{43e}_0")], 400, "key_not_ascii"),
    ] {
        let response = send(&app, request(path, lines)).await;
        assert_eq!(response.status(), status, "{reason}");
        let challenge = match status {
            400 => r#"ApiKey realm="api", error="invalid_request""#,
            _ => r#"ApiKey realm="api""#,
        };
        assert_eq!(response.headers()[WWW_AUTHENTICATE], challenge);
        assert_eq!(
            (house.told(), house.ring.lookups()),
            (vec![reason.into()], 0)
        );
    }
}

#[tokio::test]
async fn a_key_without_the_scopes_is_forbidden_and_its_owner_is_told() {
    let house = House::default();
    let guard = house
        .guard()
        .with_realm("shop")
        .with_scopes(["a", "b"])
        .unwrap();
    assert_eq!(guard.describe().to_string(), "API key, scopes a b");
    let app = house.behind(guard);
    let (weak, strong) = (
        house.issue("demo", "a").await,
        house.issue("demo", "b a").await,
    );
    assert_eq!(asked(&app, strong.key.expose()).await.status(), 200);
    house.told();
    let response = asked(&app, weak.key.expose()).await;
    assert_eq!(response.status(), 403);
    assert_eq!(
        response.headers()[WWW_AUTHENTICATE],
        r#"ApiKey realm="shop", error="insufficient_scope", scope="a b""#
    );
    assert_eq!(
        house.told(),
        ["authenticated alice", "insufficient_scope alice"]
    );
}

#[tokio::test]
async fn a_ring_that_is_down_lets_nobody_in() {
    let mut house = House::default();
    let issued = house.issue("demo", "").await;
    house.ring.down = true;
    for app in [
        house.behind(house.guard()),
        house.behind(house.guard().optional()),
    ] {
        let response = asked(&app, issued.key.expose()).await;
        assert_eq!(response.headers()[RETRY_AFTER], "5");
        let (status, body) = read(response).await;
        assert_eq!(status, 503);
        assert!(!body.to_string().contains("plug"));
        assert_eq!(house.told(), ["key_ring_unavailable"]);
    }
}

/// Takes the token `good` for bob's.
#[derive(Clone)]
struct Bearer;

impl Guard for Bearer {
    const PLACE: Place = Place::Authn;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        if head
            .headers
            .get(AUTHORIZATION)
            .is_none_or(|line| line != "Bearer good")
        {
            let [challenge] = self.challenges().try_into().unwrap();
            return Err(Problem::new(Kind::InvalidCredential)
                .with_challenge(&challenge)
                .into());
        }
        Facts::entry(&mut head.extensions).caller = Caller::Known(Principal::new("bob"));
        Ok(Pass::default())
    }

    fn describe(&self) -> Demand {
        Demand::Credential("token".into())
    }
}

impl Authenticator for Bearer {
    fn is_presented(&self, head: &Parts) -> bool {
        head.headers.contains_key(AUTHORIZATION)
    }

    fn challenges(&self) -> Vec<Challenge> {
        vec![Challenge::new("Bearer")]
    }
}

#[tokio::test]
async fn a_key_or_a_token_is_enough_and_both_are_too_many() {
    let house = House::default();
    let app = house.behind(house.guard().or(Bearer));
    let issued = house.issue("demo", "").await;
    let key = (KEY, issued.key.expose().as_str());
    let (token, bad_key) = ((AUTHORIZATION, "Bearer good"), (KEY, "bad"));
    for (path, lines, status, challenges) in [
        ("/", &[key.clone()][..], 200, 0),
        ("/key", &[key.clone()], 200, 0),
        ("/", &[token.clone()], 200, 0),
        ("/key", &[token.clone()], 401, 1), // the handler wants a key
        ("/", &[], 401, 2),
        ("/", &[bad_key.clone()], 401, 2),
        ("/", &[bad_key, token.clone()], 400, 2),
        ("/", &[key, token.clone()], 400, 2),
    ] {
        let response = send(&app, request(path, lines)).await;
        assert_eq!(response.status(), status, "{path} {lines:?}");
        let found = response.headers().get_all(WWW_AUTHENTICATE).iter().count();
        assert_eq!(found, challenges, "{path} {lines:?}");
    }
    let seen = seen(send(&app, request("/", &[token])).await).await;
    assert!(seen.contains(r#"Some(\"bob\") None"#), "{seen}");
}

#[tokio::test]
async fn an_optional_key_lets_strangers_in_and_bad_keys_out() {
    let house = House::default();
    let app = house.behind(house.guard().optional());
    let stranger = seen(send(&app, request("/", &[])).await).await;
    assert!(
        stranger.starts_with("200") && stranger.contains("None None"),
        "{stranger}"
    );
    assert_eq!(send(&app, request("/key", &[])).await.status(), 401);
    assert_eq!(asked(&app, "bad").await.status(), 401);
    assert_eq!(asked(&app, "").await.status(), 401);
}

#[tokio::test]
async fn a_handler_that_asks_for_a_key_without_a_guard_is_a_mistake() {
    let app = Router::new()
        .route("/key", get(|_: ApiKey| async {}))
        .route("/", get(|_: Option<ApiKey>| async {}));
    let issued = House::default().issue("demo", "").await;
    for path in ["/", "/key"] {
        let request = request(path, &[(KEY, issued.key.expose())]);
        assert_eq!(send(&app, request).await.status(), 500);
    }
}

proptest! {
    #[test]
    fn a_key_with_one_character_changed_is_refused_without_a_lookup(
        at: Index,
        to in prop_oneof!["[0-9A-Za-z]", "[ -~]", any::<char>().prop_map(String::from)],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let house = House::default();
        let issued = runtime.block_on(house.issue("demo", ""));
        let mut changed = issued.key.expose().clone();
        let at = at.index(changed.len());
        changed.replace_range(at..=at, &to);
        prop_assume!(changed != *issued.key.expose());
        prop_assert_eq!(KeyFormat::new("demo").unwrap().id_of(&changed), None);

        let Ok(value) = HeaderValue::from_bytes(changed.as_bytes()) else { return Ok(()) };
        let (mut head, ()) = Request::get("/").header(KEY, value).body(()).unwrap().into_parts();
        let stop = runtime.block_on(house.guard().check(&mut head)).unwrap_err();
        let expected = if to.is_ascii() { Kind::InvalidCredential } else { Kind::InvalidRequest };
        prop_assert_eq!(stop.problem().unwrap().kind(), expected);
        prop_assert_eq!(house.ring.lookups(), 0);
    }
}
