//! By which ways a key may come, and from where.

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use portcullis::guard::Guard;
use portcullis::identity::Facts;

use super::house::{House, KEY, request, seen};
use crate::support::send;

#[tokio::test]
async fn a_bearer_key_is_a_key_where_the_author_says_so() {
    let house = House::default();
    let app = house.behind(house.guard().with_bearer());
    let issued = house.issue("demo", "").await;
    let key = issued.key.expose().as_str();
    let bearer = format!("bearer {key}");
    let response = send(&app, request("/key", &[(AUTHORIZATION, &bearer)])).await;
    assert_eq!(response.status(), 200);
    let whole = seen(send(&app, request("/", &[(AUTHORIZATION, &bearer)])).await).await;
    assert!(
        whole.contains("Sensitive") && !whole.contains(key),
        "{whole}"
    );
    assert_eq!(send(&app, request("/", &[(KEY, key)])).await.status(), 200);

    house.told();
    for (lines, status, reason, errors) in [
        (&[][..], 401, "no_credential", [None, None]),
        (
            &[(AUTHORIZATION, "Basic YTpi")],
            401,
            "no_credential",
            [None, None],
        ),
        (
            &[(AUTHORIZATION, "Bearer nonsense")],
            401,
            "key_malformed",
            [Some("invalid_key"), Some("invalid_token")],
        ),
        (
            &[(AUTHORIZATION, bearer.as_str()), (KEY, key)],
            400,
            "key_repeated",
            [Some("invalid_request"); 2],
        ),
        (
            &[
                (AUTHORIZATION, bearer.as_str()),
                (AUTHORIZATION, bearer.as_str()),
            ],
            400,
            "key_repeated",
            [Some("invalid_request"); 2],
        ),
    ] {
        let response = send(&app, request("/", lines)).await;
        assert_eq!(response.status(), status, "{lines:?}");
        assert_eq!(house.told(), [reason]);
        let asked = response.headers().get_all(WWW_AUTHENTICATE).iter();
        let asked = asked.map(|line| line.to_str().unwrap().to_owned());
        let expected = ["ApiKey", "Bearer"].into_iter().zip(errors);
        let expected = expected.map(|(scheme, error)| match error {
            None => format!(r#"{scheme} realm="api""#),
            Some(error) => format!(r#"{scheme} realm="api", error="{error}""#),
        });
        assert_eq!(asked.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
    let guard = house.guard().with_bearer();
    let (mut head, _) = request("/", &[(AUTHORIZATION, &bearer)]).into_parts();
    guard.check(&mut head).await.unwrap();
    assert_eq!(Facts::scheme(&head.extensions), "Bearer");
}

#[tokio::test]
async fn a_key_in_the_query_counts_only_by_a_loud_name_and_is_not_stored() {
    let house = House::default();
    let app = house.behind(house.guard().dangerous_allow_query("api_key").unwrap());
    let issued = house.issue("demo", "").await;
    let key = issued.key.expose().as_str();
    let uri = format!("/?a=1&api_key={key}&b=2");
    let response = send(&app, request(&uri, &[])).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    let response = send(&app, request("/", &[(KEY, key)])).await;
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains_key(CACHE_CONTROL));
    for (uri, status) in [
        (format!("/?API_KEY={key}"), 401),
        (format!("/?other={key}"), 401),
        (format!("/?api_key={key}&api_key={key}"), 400),
        (format!("/?api_key={}", &key[1..]), 401),
    ] {
        assert_eq!(
            send(&app, request(&uri, &[])).await.status(),
            status,
            "{uri}"
        );
    }
    let both = send(&app, request(&uri, &[(KEY, key)])).await;
    assert_eq!(both.status(), 400);
    assert!(house.guard().dangerous_allow_query("a=b").is_err());
}

#[tokio::test]
async fn a_key_of_some_networks_opens_from_these_alone() {
    let house = House::default();
    let app = house.behind(house.guard());
    let key = House::demo().with_networks(["127.0.0.0/8", "2001:db8::/32"]);
    let issued = house.issue_such(key.unwrap()).await;
    let from = |peer: Option<&str>| {
        let mut request = Request::get("/").header(KEY, issued.key.expose());
        if let Some(peer) = peer {
            let peer: std::net::SocketAddr = peer.parse().unwrap();
            request = request.extension(ConnectInfo(peer));
        }
        request.body(Body::empty()).unwrap()
    };
    for (peer, status, told) in [
        (Some("127.0.0.1:1"), 200, "authenticated alice"),
        (Some("[::ffff:127.0.0.1]:1"), 200, "authenticated alice"),
        (Some("[2001:db8:1::1]:1"), 200, "authenticated alice"),
        (Some("192.0.2.1:1"), 401, "key_other_network"),
        (Some("[::1]:1"), 401, "key_other_network"),
        (None, 500, "api_key_without_client_address"),
    ] {
        assert_eq!(send(&app, from(peer)).await.status(), status, "{peer:?}");
        assert_eq!(house.told(), [told], "{peer:?}");
    }
}
