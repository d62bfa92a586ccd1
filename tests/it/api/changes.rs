//! What has changed between two audits.

use std::time::Duration;

use axum::body::Bytes;
use portcullis::api::{Api, Audit, Policy, Tendency, public};
use portcullis::authz::RequirePermissions;
use portcullis::guard::{Carried, Demand, Shield};
use portcullis::input::ValidatedJson;
use portcullis::rate_limit::{Quota, RateLimit};
use portcullis::step_up::StepUp;

use super::audit::Article;
use super::world::{Named, members, scoped};

fn with(policy: impl Into<Policy>) -> Audit {
    let api: Api = Api::new(members()).post("/a", async || (), policy);
    // By way of JSON, as it is kept.
    Audit::from_json(&api.audit().to_json()).unwrap()
}

fn limit(quota: Quota) -> Policy {
    members().and(Shield::new().with(RateLimit::per_client(quota).unwrap()))
}

fn login(minutes: u64) -> Policy {
    let fresh = StepUp::within(Duration::from_mins(minutes));
    Shield::new().with(Named).with(fresh).into()
}

fn credential(demand: Demand) -> Policy {
    super::audit::says(demand)
}

fn named(name: &'static str) -> Demand {
    Demand::Credential(name.into())
}

#[test]
fn each_change_is_weaker_one_way_and_stronger_the_other() {
    let permissions = RequirePermissions::all(["p"]).unwrap();
    let permitted = || members().and(Shield::new().with(permissions.clone()));
    let query = |way: Carried| credential(Demand::credential("key", vec![way]));
    let header = || Carried::Header("k".to_owned());
    for (what, strong, weak) in [
        ("a credential", with(members()), with(public("a test"))),
        (
            "a scope",
            with(scoped("a", 9)),
            with(members().and(scoped("b", 9)).and(scoped("a", 9))),
        ),
        ("a permission", with(permitted()), with(members())),
        (
            "a quota",
            with(limit(Quota::per_minute(9))),
            with(members()),
        ),
        (
            "its size",
            with(limit(Quota::per_minute(9))),
            with(limit(Quota::per_minute(10))),
        ),
        (
            "its burst",
            with(limit(Quota::per_minute(9))),
            with(limit(Quota::per_hour(540))),
        ),
        ("a fresh login", with(login(5)), with(members())),
        ("its age", with(login(5)), with(login(6))),
        (
            "a manner",
            with(credential(Demand::Manner("m".into())).and(members())),
            with(members()),
        ),
        (
            "another way",
            with(credential(named("a"))),
            with(credential(Demand::Any(vec![named("a"), named("b")]))),
        ),
        (
            "two instead of one",
            with(credential(Demand::All(vec![named("a"), named("b")]))),
            with(credential(named("a"))),
        ),
        (
            "the query",
            with(query(header())),
            with(query(Carried::Query("k".to_owned()))),
        ),
    ] {
        // The scope is the one pair that is given the other way round.
        let (strong, weak) = if what == "a scope" {
            (weak, strong)
        } else {
            (strong, weak)
        };
        let weaker = weak.since(&strong);
        assert_eq!(weaker.routes.len(), 1, "{what}: {weaker}");
        assert_eq!(
            weaker.routes[0].tendency,
            Tendency::Weakened,
            "{what}: {weaker}"
        );
        assert_eq!(weaker.weakened().count(), 1, "{what}");
        let stronger = strong.since(&weak);
        assert_eq!(
            stronger.routes[0].tendency,
            Tendency::Strengthened,
            "{what}: {stronger}"
        );
        assert!(weak.since(&weak).is_empty(), "{what}");
    }
}

#[test]
fn a_credential_for_another_is_named_as_weaker() {
    let changes = with(credential(named("b"))).since(&with(credential(named("a"))));
    assert_eq!(changes.routes[0].tendency, Tendency::Weakened);
    assert_eq!(
        changes.to_string(),
        "weakened POST /a\n  weakened: needed a; now: b\n  strengthened: needs b\n"
    );
    assert_eq!(changes.to_json()["routes"][0]["tendency"], "weakened");
}

#[test]
fn a_limit_that_only_reports_is_none() {
    let reporting = RateLimit::per_client(Quota::per_minute(9))
        .unwrap()
        .with_reports_only();
    let reporting = members().and(Shield::new().with(reporting));
    let changes = with(reporting).since(&with(limit(Quota::per_minute(9))));
    assert_eq!(changes.weakened().count(), 1, "{changes}");
}

#[test]
fn routes_that_come_and_go_are_listed() {
    let before: Api = Api::new(members()).get("/a", async || (), members());
    let now: Api = Api::new(members()).post("/a", async || (), public("a test"));
    let changes = now.audit().since(&before.audit());
    assert_eq!(
        changes.to_string(),
        "added POST /a\n  anybody: a test\nremoved GET /a\n  name\n"
    );
}

#[test]
fn another_reason_or_schema_is_a_change() {
    let one = with(public("one"));
    let changes = with(public("two")).since(&one);
    assert_eq!(changes.routes[0].tendency, Tendency::Changed);
    let body = |api: Api| api.audit();
    let schema = body(Api::new(members()).post(
        "/a",
        async |_: ValidatedJson<Article>| (),
        members().reads::<Article>(),
    ));
    let unchecked = body(Api::new(members()).post("/a", async |_: Bytes| (), members()));
    assert_eq!(
        unchecked.since(&schema).routes[0].tendency,
        Tendency::Weakened
    );
    assert_eq!(
        schema.since(&unchecked).routes[0].tendency,
        Tendency::Strengthened
    );
    let mut longer = schema.to_json();
    let bytes = &mut longer["routes"][0]["body"]["schema"]["max_bytes"];
    *bytes = serde_json::json!(bytes.as_u64().unwrap() + 1);
    let longer = Audit::from_json(&longer).unwrap();
    assert_eq!(longer.since(&schema).routes[0].tendency, Tendency::Weakened);
    assert_eq!(
        schema.since(&longer).routes[0].tendency,
        Tendency::Strengthened
    );
    let mut other = schema.to_json();
    other["routes"][0]["body"]["schema"]["hash"] = "00000000".into();
    let other = Audit::from_json(&other).unwrap();
    assert_eq!(other.since(&schema).routes[0].tendency, Tendency::Changed);
}
