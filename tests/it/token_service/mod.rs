//! `token_service`: the token endpoints, to the letter of RFC 6749 and RFC 7009.

mod cookie;
mod house;
mod methods;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use house::{Answer, House, LOGIN, house, refresh};
use http::StatusCode;
use portcullis::brute_force::LoginThrottle;
use portcullis::token_service::{ClientLogin, Login};

use crate::session::house::Down;

const FORM: &str = "application/x-www-form-urlencoded";
/// A login without its password.
const HALF: &str = "grant_type=password&username=alice";

fn plain() -> House {
    house(|service| service)
}

/// That it is refused with this status and word, which no cache keeps.
fn assert_refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.text, format!("{{\"error\":\"{error}\"}}"));
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn a_login_gives_a_pair_and_a_refresh_the_next_one() {
    let house = plain();
    let first = house.post("/token", LOGIN).await;
    assert_eq!(first.status, 200);
    assert_eq!(first.headers["cache-control"], "no-store");
    assert_eq!(first.headers["pragma"], "no-cache");
    assert_eq!(first.headers["content-type"], "application/json");
    assert!(!first.headers.contains_key("set-cookie"));
    assert_eq!(first.json()["token_type"], "Bearer");
    assert_eq!(first.json()["expires_in"], 900);
    assert_eq!(first.json()["scope"], "a b");
    assert!(first.word("refresh_token").starts_with("rt_"));
    assert_eq!(house.heard(), ["0 token_issued alice"]);

    let token = first.word("refresh_token");
    let form = format!("grant_type=refresh_token&{}", refresh(&token));
    let second = house.post("/token", &form).await;
    let again = house.post("/token/refresh", &refresh(&token)).await;
    assert_eq!(
        (second.status, again.status),
        (StatusCode::OK, StatusCode::OK)
    );
    assert_eq!(second.word("refresh_token"), again.word("refresh_token"));
    assert_ne!(second.word("refresh_token"), token);
    assert_ne!(second.word("access_token"), first.word("access_token"));
    assert_eq!(house.heard(), ["0 token_refreshed alice"; 2]);
}

#[tokio::test]
async fn a_wrong_login_tells_nothing_of_what_was_wrong() {
    let house = plain();
    let mut answers = Vec::new();
    for form in [
        "grant_type=password&username=alice&password=x",
        "grant_type=password&username=nobody&password=x",
    ] {
        let answer = house.post("/token", form).await;
        assert_refused(&answer, 400, "invalid_grant");
        answers.push((answer.headers, answer.text));
        assert_eq!(house.heard(), ["400 login_refused"]);
    }
    assert_eq!(answers[0], answers[1]);
    let limited = "grant_type=password&username=limited&password=x";
    let limited = house.post("/token", limited).await;
    assert_eq!(limited.status, 429);
    assert_eq!(limited.headers["retry-after"], "7");
    assert_eq!(limited.headers["content-type"], "application/problem+json");
    assert!(house.heard().is_empty()); // its own function tells that
}

#[tokio::test]
async fn a_throttle_stands_in_the_login_function_and_each_refusal_is_told_once() {
    let throttle = LoginThrottle::new("login").unwrap();
    let house = house(|service| {
        service.with_login(move |login: Login| {
            let throttle = throttle.clone();
            let shown = format!("{login:?}");
            assert!(!shown.contains("pass word") && !shown.contains("content-type"));
            async move {
                let attempt = throttle.begin(&login.head, &login.username).await?;
                attempt.failed();
                Ok(None)
            }
        })
    });
    for number in 0..8 {
        let answer = house.post("/token", LOGIN).await;
        if number < 5 {
            assert_refused(&answer, 400, "invalid_grant");
            assert_eq!(house.heard(), ["400 login_refused"]);
        } else {
            assert_eq!(answer.status, 429);
            assert!(answer.headers.contains_key("retry-after"));
            assert_eq!(house.heard().len(), 1);
        }
    }
}

#[tokio::test]
async fn requests_that_are_not_to_the_letter_are_refused() {
    let house = plain();
    let token = refresh(&house.logged_in().await);
    let long = format!("{LOGIN}&x={}", "x".repeat(16 * 1024));
    let with = |tail: &str| format!("{LOGIN}{tail}");
    let own = |body: &str| (body.to_owned(), FORM);
    let name = |length| format!("&client_id={}", "c".repeat(length));
    let (no_id, no_scope) = ("client_id_malformed", "invalid_scope");
    let json = (with(""), "application/json");
    let (bad, no_type) = ("invalid_request", "unsupported_grant_type");
    for (path, (body, content_type), error, reason) in [
        ("/token", own(""), bad, "grant_type_missing"),
        (
            "/token",
            own(&with("&username=alice")),
            bad,
            "form_parameter_repeated",
        ),
        (
            "/token",
            own(&with("&x=%zz")),
            bad,
            "form_encoding_malformed",
        ),
        ("/token", json, bad, "content_type_not_accepted"),
        ("/token", own(&long), bad, "content_length_over_limit"),
        ("/token?x=1", own(LOGIN), bad, "parameters_in_the_address"),
        (
            "/token",
            own(&format!("{HALF}&password=")),
            bad,
            "login_incomplete",
        ),
        ("/token", own("grant_type=x&code=x"), no_type, no_type),
        ("/token/refresh", own(LOGIN), no_type, no_type),
        ("/token/refresh", own(""), bad, "refresh_token_missing"),
        ("/token/revoke", own(""), bad, "token_missing"),
        ("/token", own(&with("&client_id=a%00")), bad, no_id),
        ("/token", own(&with("&client_id=%C3%A9")), bad, no_id),
        ("/token", own(&with(&name(256))), bad, no_id),
        (
            "/token",
            own(&with("&scope=a++b")),
            no_scope,
            "scope_malformed",
        ),
        (
            "/token",
            own(&with("&scope=a+c")),
            no_scope,
            "login_scope_wider",
        ),
    ] {
        let fields = [("content-type", content_type)];
        let answer = house.post_with(path, &body, &fields).await;
        assert_refused(&answer, 400, error);
        assert_eq!(house.heard(), [format!("400 {reason}")], "{path} {reason}");
    }
    let longest = house.post("/token", &with(&name(255))).await;
    assert_eq!(longest.status, 200);
    // Nothing of that has used the token up.
    assert_eq!(house.post("/token/refresh", &token).await.status, 200);
    let get = http::Request::get("/auth/token").body(axum::body::Body::empty());
    let get = crate::support::send(&house.app(), get.unwrap()).await;
    assert_eq!(get.status(), 405);
}

#[tokio::test]
async fn a_refresh_is_refused_alike_whatever_is_wrong_and_told_apart_in_the_event() {
    let house = plain();
    let first = house.logged_in().await;
    let wide = house
        .post("/token/refresh", &format!("{}&scope=a+c", refresh(&first)))
        .await;
    assert_refused(&wide, 400, "invalid_scope");
    assert_eq!(house.heard(), ["400 refresh_scope_wider alice"]);
    let narrow = house
        .post("/token/refresh", &format!("{}&scope=b", refresh(&first)))
        .await;
    assert_eq!(narrow.json()["scope"], "b");
    house.heard();

    house.wait(30);
    let forged = first.replace(".1.", ".2.");
    let mut answers = Vec::new();
    for (token, client, told) in [
        ("rt_x", "", "400 refresh_token_malformed"),
        (&*forged, "", "400 refresh_token_forged"),
        (
            &*first,
            "&client_id=other",
            "400 refresh_token_of_another_client alice",
        ),
        (&*first, "", "400 refresh_token_reused alice"),
        (&*first, "", "400 refresh_token_revoked alice"),
        (
            &*narrow.word("refresh_token"),
            "",
            "400 refresh_token_revoked alice",
        ),
    ] {
        let answer = house
            .post("/token/refresh", &format!("{}{client}", refresh(token)))
            .await;
        assert_refused(&answer, 400, "invalid_grant");
        answers.push((answer.headers, answer.text));
        let heard = house.heard();
        assert_eq!(heard.len(), 1);
        assert!(told.is_empty() || heard == [told], "{heard:?}, not {told}");
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
}

#[tokio::test]
async fn a_revocation_is_answered_alike_whatever_the_token_is() {
    let house = plain();
    let token = house.logged_in().await;
    let mut answers = Vec::new();
    for (form, told) in [
        ("token=nonsense".to_owned(), &[][..]),
        (format!("token={token}x"), &[]),
        (format!("token={token}&client_id=other"), &[]),
        (
            format!("token={token}&token_type_hint=access_token"),
            &["0 token_revoked alice"],
        ),
        (format!("token={token}"), &[]),
    ] {
        let answer = house.post("/token/revoke", &form).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, ""));
        assert_eq!(house.heard(), told, "{form}");
        answers.push(answer.headers);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    let refused = house.post("/token/refresh", &refresh(&token)).await;
    assert_refused(&refused, 400, "invalid_grant");
}

#[tokio::test]
async fn a_store_that_is_down_gives_nothing_and_needs_no_restart() {
    let house = plain();
    let token = house.logged_in().await;
    house.store.goes(Down::Everywhere);
    for (path, form) in [
        ("/token", LOGIN.to_owned()),
        ("/token/refresh", refresh(&token)),
        ("/token/revoke", format!("token={token}")),
    ] {
        let answer = house.post(path, &form).await;
        assert_refused(&answer, 503, "temporarily_unavailable");
        assert_eq!(answer.headers["retry-after"], "5");
        let told = "503 refresh_store_unavailable  the watched store cannot answer";
        assert_eq!(house.heard(), [told], "{path}");
    }
    house.store.goes(Down::Nowhere);
    assert_eq!(
        house.post("/token/refresh", &refresh(&token)).await.status,
        200
    );
}

#[tokio::test]
async fn applications_are_known_where_they_are_checked() {
    let checked = house(|service| {
        service.with_client_check(|client: ClientLogin| async move {
            let secret = client
                .secret
                .as_ref()
                .map(|secret| secret.expose().as_str());
            Ok(matches!(
                (client.id.as_str(), secret),
                ("web", None) | ("back", Some("s3"))
            ))
        })
    });
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    let open = plain();
    for (house, fields, tail, outcome) in [
        (&open, None, "&client_id=anything", "200"),
        (
            &open,
            None,
            "&client_id=back&client_secret=s3",
            "client_secret_unchecked",
        ),
        (&open, Some(basic("back:s3")), "", "client_secret_unchecked"),
        (
            &open,
            Some("Bearer x".to_owned()),
            "",
            "client_authorization_malformed",
        ),
        (&checked, None, "", "client_missing"),
        (&checked, None, "&client_id=web", "200"),
        (&checked, None, "&client_id=back", "client_refused"),
        (&checked, None, "&client_id=back&client_secret=s3", "200"),
        (
            &checked,
            None,
            "&client_id=back&client_secret=s4",
            "client_refused",
        ),
        (&checked, Some(basic("back:s3")), "", "200"),
        (&checked, Some(basic("back:s3")), "&client_id=back", "200"),
        (&checked, Some(basic("back:s4")), "", "client_refused"),
    ] {
        let fields: Vec<_> = fields
            .iter()
            .map(|field| ("authorization", &**field))
            .collect();
        let answer = house
            .post_with("/token", &format!("{LOGIN}{tail}"), &fields)
            .await;
        if outcome == "200" {
            assert_eq!(answer.status, 200, "{tail}");
            house.heard();
            continue;
        }
        assert_refused(&answer, 401, "invalid_client");
        assert_eq!(answer.headers["www-authenticate"], "Basic realm=\"token\"");
        assert_eq!(house.heard(), [format!("401 {outcome}")], "{tail}");
    }
    // A token is good in the hands of its own application alone.
    let given = checked
        .post("/token", &format!("{LOGIN}&client_id=web"))
        .await;
    let token = refresh(&given.word("refresh_token"));
    let back = [("authorization", &*basic("back:s3"))];
    let stolen = checked.post_with("/token/refresh", &token, &back).await;
    assert_refused(&stolen, 400, "invalid_grant");
    let own = checked
        .post("/token/refresh", &format!("{token}&client_id=web"))
        .await;
    assert_eq!(own.status, 200);
}
