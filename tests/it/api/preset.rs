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
