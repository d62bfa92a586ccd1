//! The application that is attacked.

use axum::routing::get;
use axum::{Json, Router};
use portcullis::guard::{Guard, Shield};
use portcullis::identity::Principal;
use portcullis::test_util::{ManualClock, Probe, TestIssuer, Weakness, find_weaknesses};
use serde_json::{Value, json};

pub(super) const NOW: u64 = 1_900_000_000;

pub(super) fn issuer() -> TestIssuer {
    TestIssuer::new("https://id.test", "articles").with_clock(ManualClock::at(NOW))
}

async fn publish(author: Principal, Json(article): Json<Value>) -> String {
    format!("{} wrote {article}", author.subject())
}

pub(super) fn app(guard: impl Guard + Clone) -> Router {
    Router::new()
        .route("/", get(|_: Principal| async {}).post(publish))
        .layer(Shield::new().with(guard))
}

pub(super) fn article() -> Probe {
    Probe::post_json("/", &json!({ "title": "x" }))
}

pub(super) async fn names(
    app: Router,
    issuer: &TestIssuer,
    probe: impl Into<Probe>,
) -> Vec<String> {
    let found = find_weaknesses(app, issuer, probe).await;
    let name = |weakness: &Weakness| weakness.attack().to_owned();
    found.iter().map(name).collect()
}
