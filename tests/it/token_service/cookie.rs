//! Refresh tokens in a cookie.

use portcullis::token_service::RefreshCookie;

use super::assert_refused;
use super::house::{Answer, House, LOGIN, house, refresh};

fn browser() -> House {
    let cookie = RefreshCookie::new().with_origins(["https://app.example"]);
    house(|service| service.with_cookie(cookie.unwrap()))
}

/// The one cookie that is set: its name and value, and what is said of it.
fn set(answer: &Answer) -> (String, String) {
    let mut lines = answer.headers.get_all("set-cookie").iter();
    let line = lines.next().unwrap().to_str().unwrap();
    assert!(lines.next().is_none());
    let (pair, tail) = line.split_once("; ").unwrap();
    (pair.to_owned(), tail.to_owned())
}

const TAKEN_AWAY: &str = "Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict";

#[tokio::test]
async fn a_browser_gets_its_refresh_token_in_a_cookie_alone() {
    let house = browser();
    let given = house.post("/token", LOGIN).await;
    assert_eq!(given.status, 200);
    assert!(!given.text.contains("rt_"));
    let (first, tail) = set(&given);
    assert!(first.starts_with("__Host-refresh=rt_"));
    assert_eq!(
        tail,
        "Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Strict"
    );

    house.wait(17 * 86_400 - 14 * 86_400);
    let next = house
        .post_with("/token/refresh", "", &[("cookie", &first)])
        .await;
    assert_eq!(next.status, 200);
    assert!(!next.text.contains("rt_"));
    let (second, _) = set(&next);
    assert_ne!(first, second);
    house.heard();

    // From a form it is not taken: a script may have read it there.
    let token = second.split_once('=').unwrap().1;
    for (path, form, fields) in [
        ("/token/refresh", refresh(token), vec![]),
        ("/token/refresh", refresh(token), vec![("cookie", &*second)]),
        ("/token/revoke", format!("token={token}"), vec![]),
    ] {
        let refused = house.post_with(path, &form, &fields).await;
        assert_refused(&refused, 400, "invalid_request");
        assert_eq!(house.heard(), ["400 refresh_token_in_form"]);
    }
    let twice = format!("{second}; {second}");
    let refused = house
        .post_with("/token/refresh", "", &[("cookie", &twice)])
        .await;
    assert_refused(&refused, 400, "invalid_request");
    assert_eq!(house.heard(), ["400 several_refresh_cookies"]);

    let ended = house
        .post_with("/token/revoke", "", &[("cookie", &second)])
        .await;
    assert_eq!(ended.status, 200);
    assert_eq!(
        set(&ended),
        ("__Host-refresh=".to_owned(), TAKEN_AWAY.to_owned())
    );
    assert_eq!(house.heard(), ["0 token_revoked alice"]);
    let dead = house
        .post_with("/token/refresh", "", &[("cookie", &second)])
        .await;
    assert_refused(&dead, 400, "invalid_grant");
    assert_eq!(set(&dead).1, TAKEN_AWAY);
    let none = house.post("/token/revoke", "").await;
    assert_eq!(none.status, 200);
}

#[tokio::test]
async fn pages_of_other_origins_are_turned_away_before_anything_changes() {
    let house = browser();
    let (cookie, _) = set(&house.post("/token", LOGIN).await);
    house.heard();
    let site = "sec-fetch-site";
    for (fields, outcome) in [
        (
            vec![(site, "cross-site"), ("origin", "https://evil.example")],
            "cross_site_request",
        ),
        (vec![(site, "same-site")], "cross_site_request"),
        (
            vec![(site, "same-origin"), (site, "same-origin")],
            "cross_site_request",
        ),
        (vec![("origin", "https://evil.example")], "foreign_origin"),
        (vec![("origin", "null")], "foreign_origin"),
        (
            vec![(site, "same-origin"), ("origin", "https://api.example")],
            "",
        ),
        (
            vec![(site, "same-site"), ("origin", "https://app.example")],
            "",
        ),
        (vec![("origin", "https://api.example")], ""),
        (vec![], ""),
    ] {
        for (path, form) in [
            ("/token", LOGIN),
            ("/token/refresh", ""),
            ("/token/revoke", ""),
        ] {
            let mut fields = fields.clone();
            let stale = cookie.replace("rt_", "rt_0");
            fields.push((
                "cookie",
                if path == "/token/revoke" {
                    &stale
                } else {
                    &cookie
                },
            ));
            let answer = house.post_with(path, form, &fields).await;
            let heard = house.heard();
            if outcome.is_empty() {
                assert_eq!(answer.status, 200, "{path} {fields:?} {heard:?}");
            } else {
                assert_refused(&answer, 403, "invalid_request");
                assert_eq!(heard, [format!("403 {outcome}")], "{path} {fields:?}");
                assert!(!answer.headers.contains_key("set-cookie"));
            }
        }
    }
}
