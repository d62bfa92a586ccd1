//! What does not build.

use axum::Router;
use http::Method;
use portcullis::api::{Api, public};
use portcullis::guard::Shield;
use portcullis::rate_limit::{Quota, RateLimit};

use super::world::members;

fn limits() -> RateLimit {
    RateLimit::per_client(Quota::per_minute(1)).unwrap()
}

#[test]
fn every_fault_is_listed_at_once() {
    let silent = Shield::new().with(limits());
    let inner = Api::new(members()).get("nowhere", async || (), members());
    let api: Api = Api::new(Shield::new())
        .get("/a", async || (), members())
        .get("/a", async || (), members())
        .post("/a", async || (), &silent)
        .on(
            Method::from_bytes(b"BREW").unwrap(),
            "/pot",
            async || (),
            members(),
        )
        .get("/b/{x}/c", async || (), members())
        .get("/b/{y}/c", async || (), members())
        .nest("n/", inner)
        .mount("/", Router::new(), &silent);
    let fault = api.check().unwrap_err().to_string();
    for part in [
        "GET /a is there twice",
        "POST /a: its policy lets anybody in",
        "BREW /pot: no route can have this method",
        "/b/{x}/c and /b/{y}/c are one path under two names",
        "the path \"n/nowhere\" does not begin with",
        "the prefix \"n/\"",
        "the prefix \"/\"",
        "everything below /: its policy",
        "what is unknown: its policy",
    ] {
        assert!(fault.contains(part), "{part:?} is not in {fault}");
    }
    assert!(api.into_router().is_err());
}

#[test]
fn a_policy_that_asks_for_nothing_needs_a_reason() {
    let limited = || Shield::new().with(limits());
    let with = |api: Api| api.check().is_ok();
    assert!(!with(Api::new(limited())));
    assert!(with(Api::new(public("a test").and(limited()))));
    assert!(with(Api::new(limited()).within(members())));
    assert!(with(Api::new(limited()).within(public("a test"))));
    let inner = || Api::new(limited());
    assert!(!with(Api::new(members()).nest("/n", inner())));
    assert!(with(
        Api::new(members()).nest("/n", inner().within(members()))
    ));
}

#[test]
#[should_panic(expected = "say why anybody may call the route")]
fn a_reason_is_not_blank() {
    let blank = String::from(" ").leak();
    let _ = public(blank);
}

#[test]
fn whatever_is_made_can_be_shown() {
    let policy = public("a test").and(members());
    let shown = format!("{policy:?}");
    assert!(
        shown.contains("a test") && shown.contains("members"),
        "{shown}"
    );
    let api: Api = Api::new(policy).get("/a", async || (), members());
    assert!(format!("{api:?}").contains("GET /a"));
    assert!(format!("{:?}", api.into_service().unwrap()).contains("Tripwired"));
}
