//! API keys beside other credentials, and without a guard.

use axum::Router;
use axum::routing::get;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::request::Parts;
use portcullis::api_key::ApiKey;
use portcullis::guard::{Authenticator, Demand, Guard, Pass, Place, Stop};
use portcullis::identity::{Caller, Facts, Principal};
use portcullis::problem::{Challenge, Kind, Problem};

use super::house::{House, KEY, asked, request, seen};
use crate::support::send;

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
    let (good, token) = (Some(issued.key.expose().as_str()), Some("Bearer good"));
    for (path, key, token, status, challenges) in [
        ("/", good, None, 200, 0),
        ("/key", good, None, 200, 0),
        ("/", None, token, 200, 0),
        ("/key", None, token, 401, 1), // the handler wants a key
        ("/", None, None, 401, 2),
        ("/", Some("bad"), None, 401, 2),
        ("/", Some("bad"), token, 400, 2),
        ("/", good, token, 400, 2),
    ] {
        let key = key.map(|key| (KEY, key));
        let token = token.map(|token| (AUTHORIZATION, token));
        let lines: Vec<_> = key.into_iter().chain(token).collect();
        let response = send(&app, request(path, &lines)).await;
        assert_eq!(response.status(), status, "{path} {lines:?}");
        let found = response.headers().get_all(WWW_AUTHENTICATE).iter().count();
        assert_eq!(found, challenges, "{path} {lines:?}");
    }
    let bob = request("/", &[(AUTHORIZATION, "Bearer good")]);
    let seen = seen(send(&app, bob).await).await;
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
