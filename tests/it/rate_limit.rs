//! `rate_limit`, through a real router.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::get;
use axum::{Router, serve};
use http::request::Parts;
use http::{HeaderMap, Request, StatusCode};
use portcullis::clock::ManualClock;
use portcullis::guard::{Authenticator, Demand, Guard, Pass, Place, Shield, Stop};
use portcullis::identity::{Caller, Credential, Facts, Principal};
use portcullis::problem::{Challenge, Kind, Problem};
use portcullis::rate_limit::{Quota, RateLimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{read, send};

/// Knows callers by `x-user` (`subject`, `subject:ID` with an API key, `subject@tenant`); `mallory` is
/// not accepted.
#[derive(Clone)]
pub(crate) struct Doorman;

impl Guard for Doorman {
    const PLACE: Place = Place::Authn;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        let caller = match head
            .headers
            .get("x-user")
            .map(|value| value.to_str().unwrap())
        {
            None => return Err(Problem::new(Kind::Unauthenticated).into()),
            Some("mallory") => return Err(Problem::new(Kind::InvalidCredential).into()),
            Some(user) => match user.split_once(':') {
                Some((subject, id)) => {
                    Principal::new(subject).with_credential(Credential::ApiKey { id: id.into() })
                }
                None => match user.split_once('@') {
                    Some((subject, tenant)) => Principal::new(subject).with_tenant(tenant),
                    None => Principal::new(user),
                },
            },
        };
        Facts::entry(&mut head.extensions).caller = Caller::Known(caller);
        Ok(Pass::default())
    }

    fn describe(&self) -> Demand {
        Demand::Credential("x-user".into())
    }
}

impl Authenticator for Doorman {
    fn is_presented(&self, head: &Parts) -> bool {
        head.headers.contains_key("x-user")
    }

    fn challenges(&self) -> Vec<Challenge> {
        Vec::new()
    }
}

pub(crate) fn asking(address: &str, user: Option<&str>) -> Request<Body> {
    let peer = SocketAddr::new(address.parse::<IpAddr>().unwrap(), 4711);
    let mut request = Request::get("/").extension(ConnectInfo(peer));
    if let Some(user) = user {
        request = request.header("x-user", user);
    }
    request.body(Body::empty()).unwrap()
}

pub(crate) async fn status(app: &Router, address: &str, user: Option<&str>) -> u16 {
    send(app, asking(address, user)).await.status().as_u16()
}

pub(crate) fn lines(headers: &HeaderMap, name: &str) -> Vec<String> {
    let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
    headers.get_all(name).iter().map(text).collect()
}

pub(crate) fn route() -> Router {
    Router::new().route("/", get(|| async { "here" }))
}

/// Two requests, one back each 30 seconds.
pub(crate) fn two() -> Quota {
    Quota::per_minute(2)
}

pub(crate) const HERE: &str = "192.0.2.1";
pub(crate) const THERE: &str = "192.0.2.2";

#[tokio::test]
async fn a_client_is_told_where_it_stands_and_when_to_come_back() {
    let clock = ManualClock::default();
    let limit = RateLimit::per_client(two()).unwrap();
    let app = route().layer(limit.with_clock(clock.clone()));
    for left in [r#""client";r=1;t=30"#, r#""client";r=0;t=30"#] {
        let response = send(&app, asking(HERE, None)).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            lines(response.headers(), "ratelimit-policy"),
            [r#""client";q=2;w=60"#]
        );
        assert_eq!(lines(response.headers(), "ratelimit"), [left]);
        assert!(!response.headers().contains_key("retry-after"));
    }
    clock.advance(Duration::from_millis(29_500));
    let response = send(&app, asking(HERE, None)).await;
    assert_eq!(
        lines(response.headers(), "ratelimit-policy"),
        [r#""client";q=2;w=60"#]
    );
    assert_eq!(
        lines(response.headers(), "ratelimit"),
        [r#""client";r=0;t=1"#]
    );
    assert_eq!(lines(response.headers(), "retry-after"), ["1"], "never 0");
    let (status_code, body) = read(response).await;
    assert_eq!(status_code, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        body["type"],
        "https://iana.org/assignments/http-problem-types#quota-exceeded"
    );
    assert_eq!(body["violated-policies"], serde_json::json!(["client"]));
    // Another client has a quota of its own, and this one has a unit back when it was said.
    assert_eq!(status(&app, THERE, None).await, 200);
    clock.advance(Duration::from_millis(500));
    assert_eq!(status(&app, HERE, None).await, 200);
    assert_eq!(status(&app, HERE, None).await, 429);
}

#[tokio::test]
async fn an_exact_window_opens_when_its_oldest_request_is_a_window_old() {
    let clock = ManualClock::default();
    let quota = Quota::sliding_window(2, Duration::from_secs(10));
    let app = route().layer(
        RateLimit::per_client(quota)
            .unwrap()
            .with_clock(clock.clone()),
    );
    assert_eq!(status(&app, HERE, None).await, 200);
    clock.advance(Duration::from_secs(4));
    assert_eq!(status(&app, HERE, None).await, 200);
    let refused = send(&app, asking(HERE, None)).await;
    assert_eq!(lines(refused.headers(), "retry-after"), ["6"]);
    clock.advance(Duration::from_nanos(5_999_999_999));
    assert_eq!(status(&app, HERE, None).await, 429);
    clock.advance(Duration::from_nanos(1));
    assert_eq!(status(&app, HERE, None).await, 200);
    assert_eq!(status(&app, HERE, None).await, 429);
}

#[tokio::test]
async fn callers_and_keys_are_counted_wherever_they_are() {
    let shield = |limit: RateLimit| {
        let limit = limit.with_clock(ManualClock::default());
        route().layer(Shield::new().with(Doorman.optional()).with(limit))
    };
    let one = Quota::per_minute(1);
    let principals = shield(RateLimit::per_principal(one).unwrap());
    let keys = shield(RateLimit::per_api_key(one).unwrap());
    for (app, address, user, expected) in [
        (&principals, HERE, Some("alice:k1"), 200),
        (&principals, THERE, Some("alice:k2"), 429), // the same caller elsewhere
        (&principals, HERE, Some("bob"), 200),
        (&principals, HERE, None, 200), // a stranger is an address
        (&principals, HERE, None, 429),
        (&principals, THERE, None, 200),
        (&keys, HERE, Some("alice:k1"), 200),
        (&keys, THERE, Some("alice:k1"), 429),
        (&keys, HERE, Some("alice:k2"), 200), // another key
        (&keys, HERE, Some("alice"), 200),    // no key: the caller
        (&keys, HERE, None, 200),
    ] {
        assert_eq!(
            status(app, address, user).await,
            expected,
            "{user:?} at {address}"
        );
    }
}

#[tokio::test]
async fn a_key_of_ones_own_counts_and_without_it_the_address_does() {
    let limit = RateLimit::per_key("tenant", Quota::per_minute(1), |head| {
        head.headers
            .get("x-user")
            .map(|value| value.as_bytes().into())
    });
    let app = route().layer(limit.unwrap().with_clock(ManualClock::default()));
    for (address, user, expected) in [
        (HERE, Some("t1"), 200),
        (THERE, Some("t1"), 429),
        (HERE, Some("t2"), 200),
        (HERE, None, 200),
        (HERE, None, 429),
    ] {
        assert_eq!(
            status(&app, address, user).await,
            expected,
            "{user:?} at {address}"
        );
    }
}

#[tokio::test]
async fn guessing_credentials_is_limited_if_the_limit_stands_before_authentication() {
    let limit = |clock| RateLimit::per_client(two()).unwrap().with_clock(clock);
    let early = limit(ManualClock::default())
        .before_authentication()
        .unwrap();
    let early = route().layer(Shield::new().with(early).with(Doorman));
    let late = limit(ManualClock::default());
    let late = route().layer(Shield::new().with(Doorman).with(late));
    for (app, user, expected) in [
        (&early, "mallory", 401),
        (&early, "mallory", 401),
        (&early, "mallory", 429),
        (&early, "alice", 429), // even the right guess is not looked at any more
        (&late, "mallory", 401),
        (&late, "mallory", 401),
        (&late, "mallory", 401),
        (&late, "alice", 200),
    ] {
        assert_eq!(status(app, HERE, Some(user)).await, expected, "{user}");
    }
    for unknown in [
        RateLimit::per_principal(two()),
        RateLimit::per_api_key(two()),
    ] {
        assert!(unknown.unwrap().before_authentication().is_err());
    }
}

#[tokio::test]
async fn the_peer_of_a_real_connection_is_the_client() {
    let limit = RateLimit::per_client(two())
        .unwrap()
        .with_clock(ManualClock::default());
    let app = route().layer(limit);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        serve(listener, app).await.unwrap();
    });
    for expected in ["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 429"] {
        // Each on a new connection from another port, with a header that claims another address.
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request =
            "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.7\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        assert!(response.starts_with(expected), "{response}");
    }
}
