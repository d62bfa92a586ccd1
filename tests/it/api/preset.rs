//! The recommended stack.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use http::request::Parts;
use portcullis::api::public;
use portcullis::client::ClientAddress;
use portcullis::guard::{Authenticator, Carried, Demand, Guard, Pass, Place, Stop};
use portcullis::identity::{Caller, Facts, Principal};
use portcullis::preset;
use portcullis::problem::{Challenge, Kind, Problem};

use super::world::{request, send, served};

/// Believes everybody but `mallory`, whose credential has expired if they say so.
#[derive(Clone)]
struct Doorman;

impl Guard for Doorman {
    const PLACE: Place = Place::Authn;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        let refused = |kind| Problem::new(kind).with_challenge(&Challenge::new("Named"));
        let Some(user) = head.headers.get("x-user") else {
            return Err(refused(Kind::Unauthenticated).into());
        };
        let user = user.to_str().unwrap().to_owned();
        match user.as_str() {
            "mallory" => Err(refused(Kind::InvalidCredential).into()),
            "late" => Err(refused(Kind::InvalidCredential)
                .because("token_expired")
                .into()),
            user => {
                Facts::entry(&mut head.extensions).caller = Caller::Known(Principal::new(user));
                Ok(Pass::default())
            }
        }
    }

    fn describe(&self) -> Demand {
        Demand::credential("name", vec![Carried::Header("x-user".to_owned())])
    }
}

impl Authenticator for Doorman {
    fn is_presented(&self, head: &Parts) -> bool {
        head.headers.contains_key("x-user")
    }

    fn challenges(&self) -> Vec<Challenge> {
        vec![Challenge::new("Named")]
    }
}

fn asked(uri: &str, user: Option<&str>) -> Request<Body> {
    let mut request = request("GET", uri, user);
    let peer = SocketAddr::from(([192, 0, 2, 1], 4711));
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

#[tokio::test]
async fn the_recommended_stack_lets_members_in_and_bears_few_guesses() {
    let house = preset::json_api(ClientAddress::of_peer(), Doorman).unwrap();
    let api = house
        .api()
        .get("/articles", async || "list", &house.members)
        .get(
            "/health",
            async || "well",
            public("liveness; tells nothing of data"),
        );
    api.audit().assert_accepted(&[]);
    let app = served(api);
    let status = async |uri, user| send(&app, asked(uri, user)).await.status().as_u16();
    assert_eq!(status("/articles", Some("alice")).await, 200);
    assert_eq!(status("/articles", None).await, 401);
    assert_eq!(status("/nothing", None).await, 401);
    assert_eq!(status("/nothing", Some("alice")).await, 404);
    assert_eq!(status("/health", None).await, 200);
    for _ in 0..25 {
        assert_eq!(status("/articles", Some("late")).await, 401);
    }
    for _ in 0..20 {
        assert_eq!(status("/articles", Some("mallory")).await, 401);
    }
    assert_eq!(status("/articles", Some("mallory")).await, 429);
    assert_eq!(status("/nothing", Some("alice")).await, 429);
    // Who is not known to be connected is nobody.
    let unknown = send(&app, request("GET", "/health", None)).await;
    assert_eq!(unknown.status(), 500);
}

#[cfg(feature = "cross-origin")]
#[tokio::test]
async fn the_stack_for_browsers_lets_named_pages_in_and_no_others() {
    const PAGE: &str = "https://app.example.com";
    let house = preset::browser_api(ClientAddress::of_peer(), &[PAGE], Doorman).unwrap();
    let api = house
        .api()
        .post("/articles", async || "made", &house.members);
    let app = served(api);
    let post = |origin: &'static str, user: Option<&str>| {
        let mut request = asked("/articles", user);
        *request.method_mut() = http::Method::POST;
        let value = http::HeaderValue::from_static(origin);
        request.headers_mut().insert("origin", value);
        request
    };
    for (origin, user, status, may_read) in [
        (PAGE, Some("alice"), 200, true),
        (PAGE, None, 401, true),
        ("https://evil.example", Some("alice"), 403, false),
        ("null", Some("alice"), 403, false),
    ] {
        let response = send(&app, post(origin, user)).await;
        assert_eq!(response.status(), status, "{origin} {user:?}");
        let headers = response.headers();
        let allowed = headers.get("access-control-allow-origin");
        assert_eq!(
            allowed.map(http::HeaderValue::as_bytes),
            may_read.then(|| PAGE.as_bytes())
        );
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["cache-control"], "no-store");
    }
    // A preflight is answered before anybody is asked who they are.
    let mut preflight = post(PAGE, None);
    *preflight.method_mut() = http::Method::OPTIONS;
    let method = http::HeaderValue::from_static("PUT");
    preflight
        .headers_mut()
        .insert("access-control-request-method", method);
    assert_eq!(send(&app, preflight).await.status(), 204);
    let faults = preset::browser_api(ClientAddress::of_peer(), &["*", "null"], Doorman);
    assert!(faults.is_err());
}
