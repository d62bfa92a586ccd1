//! Attacks on the way a token is sent (RFC 6750; RFC 9110, section 11).

use http::StatusCode;

use crate::test_util::attack::Attack;
use crate::test_util::draft::Draft;

pub(super) fn attacks(good: &Draft) -> Vec<Attack> {
    let token = good.sign();
    let mut all = strangers(&token);
    all.extend(unreadable(&token));
    all
}

/// Requests that show no token where one is looked for.
fn strangers(token: &str) -> Vec<Attack> {
    let unauthorized = StatusCode::UNAUTHORIZED;
    let lines = |name: &str, line: &str| Attack::lines(name, unauthorized, [line]).hiding(token);
    vec![
        Attack::stranger("no_credential"),
        Attack::stranger("no_credential_and_broken_json").with_body("application/json", "{\""),
        Attack::stranger("no_credential_and_another_media_type")
            .with_body("application/octet-stream", vec![0xff; 16]),
        Attack::stranger("no_credential_and_a_great_body")
            .with_body("application/json", vec![b'['; 3 * 1024 * 1024]),
        Attack::stranger("token_in_the_query")
            .with_query(&format!("access_token={token}"))
            .hiding(token),
        Attack::stranger("token_in_the_body")
            .with_body(
                "application/x-www-form-urlencoded",
                format!("access_token={token}"),
            )
            .hiding(token),
        Attack::stranger("token_in_a_cookie")
            .with_header("cookie", &format!("access_token={token}; token={token}"))
            .hiding(token),
        Attack::stranger("token_in_a_proxy_header")
            .with_header("proxy-authorization", &format!("Bearer {token}"))
            .hiding(token),
        Attack::stranger("token_in_a_header_of_its_own")
            .with_header("x-access-token", token)
            .hiding(token),
        Attack::stranger("token_in_a_forwarded_header")
            .with_header("x-forwarded-authorization", &format!("Bearer {token}"))
            .hiding(token),
        Attack::stranger("user_named_by_a_proxy").with_header("x-forwarded-user", "alice"),
        lines("scheme_basic", "Basic YWxpY2U6c2VjcmV0"),
        lines("scheme_basic_with_a_token", &format!("Basic {token}")),
        lines("scheme_jwt", &format!("JWT {token}")),
        lines("scheme_token", &format!("Token {token}")),
        lines(
            "scheme_that_begins_like_bearer",
            &format!("Bearerx {token}"),
        ),
    ]
}

/// Requests whose credential cannot be read.
fn unreadable(token: &str) -> Vec<Attack> {
    let bearer = format!("Bearer {token}").into_bytes();
    let with = |end: &[u8]| vec![[&bearer[..], end].concat()];
    let one = |line: String| vec![line.into_bytes()];
    let all = [
        ("bearer_alone", one("Bearer".to_owned())),
        ("bearer_and_a_space", one("Bearer ".to_owned())),
        ("bearer_and_a_tab", one(format!("Bearer\t{token}"))),
        ("bearer_and_a_colon", one(format!("Bearer: {token}"))),
        ("bearer_and_a_comma", one(format!("Bearer,{token}"))),
        ("bearer_in_quotes", one(format!("Bearer \"{token}\""))),
        (
            "bearer_twice_in_a_word",
            one(format!("Bearer Bearer {token}")),
        ),
        (
            "two_tokens_in_a_line",
            one(format!("Bearer {token} {token}")),
        ),
        (
            "two_credentials_in_a_line",
            one(format!("Bearer {token}, Basic eA==")),
        ),
        ("token_without_a_scheme", one(format!("={token}"))),
        ("empty_line", one(String::new())),
        ("token_with_a_tab_after_it", with(b"\t")),
        ("token_with_words_after_it", with(b" x")),
        ("token_with_latin_1", with(b"\xe9")),
        ("token_with_utf_8", with("\u{e9}".as_bytes())),
        ("token_with_no_utf_8", with(b"\xff")),
        ("token_with_padding_within", with(b"=x")),
        (
            "token_as_json",
            one(r#"Bearer {"payload":"e30","signatures":[]}"#.to_owned()),
        ),
        ("two_lines", vec![bearer.clone(), bearer.clone()]),
        (
            "two_lines_the_first_empty",
            vec![Vec::new(), bearer.clone()],
        ),
        (
            "two_lines_basic_first",
            vec![b"Basic eA==".to_vec(), bearer.clone()],
        ),
        (
            "two_lines_basic_last",
            vec![bearer.clone(), b"Basic eA==".to_vec()],
        ),
        (
            "two_lines_bearer_and_dpop",
            vec![bearer.clone(), format!("DPoP {token}").into_bytes()],
        ),
    ];
    all.into_iter()
        .map(|(name, lines)| Attack::lines(name, StatusCode::BAD_REQUEST, lines).hiding(token))
        .collect()
}
