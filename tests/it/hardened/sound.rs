//! What is sound withstands everything.

use std::time::Duration;

use portcullis::jwt::RequireJwt;
use portcullis::test_util::{TestIssuer, assert_hardened, find_weaknesses};

use super::house::{app, article, issuer};

#[tokio::test]
async fn an_application_behind_the_guard_withstands_every_attack() {
    let issuer = issuer();
    assert_hardened(app(issuer.guard()), &issuer, "/").await;
    assert_hardened(app(issuer.guard()), &issuer, article()).await;
    let plain = issuer.with_plain_jwt();
    assert_hardened(app(plain.guard()), &plain, "/").await;
    // On the machine's own clock, with the greatest leeway, among several issuers.
    let issuer = TestIssuer::new("https://id.test", "articles");
    let several = [
        issuer.issuer(),
        TestIssuer::new("https://other.test", "articles").issuer(),
    ];
    let guard = RequireJwt::of(several).unwrap();
    let guard = guard.with_leeway(Duration::from_mins(5)).unwrap();
    assert_hardened(app(guard), &issuer, "/").await;
}

#[tokio::test]
async fn a_route_that_needs_more_is_shown_a_token_that_has_it() {
    let issuer = issuer();
    let guard = issuer.guard().with_scopes(["articles:read"]).unwrap();
    let good = issuer.token("alice").with_scopes(["articles:read"]);
    assert_hardened(app(guard.clone()), good, "/").await;
    let found = find_weaknesses(app(guard), &issuer, "/").await;
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].to_string(),
        "good_token: a good token is not let in (403 Forbidden), so that nothing is proved"
    );
}
