//! Schemas that only report, and what events and answers say of faults.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use http::Request;
use portcullis::event::{Outcome, SecurityEvent};
use portcullis::guard::Shield;
use portcullis::input::{Schema, ValidatedJson, ValidatedQuery};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{read, send};

#[derive(Deserialize, JsonSchema)]
#[schemars(extend("x-reports-only" = true))]
struct Trial {
    #[schemars(length(max = 3))]
    name: String,
    #[serde(default)]
    #[schemars(range(max = 9))]
    size: u8,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only read from bodies")]
struct Bounded {
    #[schemars(length(min = 2, max = 3))]
    name: String,
    #[schemars(range(min = 1, max = 9))]
    size: i64,
    #[schemars(range(min = -0.5, max = 2.5))]
    ratio: f64,
    #[schemars(length(min = 1, max = 2))]
    list: Vec<u8>,
}

/// What was told: the outcome, the reason, and the faults.
type Told = Arc<Mutex<Vec<(Outcome, String, Vec<String>)>>>;

fn app() -> (Router, Told) {
    let told = Told::default();
    let sink = Arc::clone(&told);
    let events = move |event: &SecurityEvent<'_>| {
        let faults = event.faults.iter();
        let faults = faults.map(|fault| format!("{} {}", fault.pointer, fault.code));
        assert!(event.kind.is_some() != (event.outcome == Outcome::WouldRefuse));
        let told = (event.outcome, event.reason.to_owned(), faults.collect());
        sink.lock().unwrap().push(told);
    };
    let app = Router::new()
        .route(
            "/",
            post(async |ValidatedJson(trial): ValidatedJson<Trial>| {
                format!("{} {}", trial.name, trial.size)
            }),
        )
        .route(
            "/",
            get(async |ValidatedQuery(trial): ValidatedQuery<Trial>| {
                format!("{} {}", trial.name, trial.size)
            }),
        )
        .layer(Shield::new().with_events(events));
    (app, told)
}

fn body(text: &str) -> Request<Body> {
    Request::post("/")
        .header("content-type", "application/json")
        .body(Body::from(text.to_owned()))
        .unwrap()
}

#[tokio::test]
async fn a_schema_that_only_reports_lets_on_what_can_be_read_and_tells_it() {
    let (app, told) = app();
    let query = |query: &str| {
        Request::get(format!("/?{query}"))
            .body(Body::empty())
            .unwrap()
    };
    for (request, text, faults) in [
        (body(r#"{"name":"abc","size":9}"#), "abc 9", &[][..]),
        (
            body(r#"{"name":"canary","size":10,"role":1}"#),
            "canary 10",
            &[
                "#/name max-length",
                "#/size maximum",
                "#/role unknown-field",
            ],
        ),
        (body(r#"["abc",10]"#), "abc 10", &["# type"]),
        (query("name=abc"), "abc 0", &[]),
        (
            query("name=canary&size=10&x=1"),
            "canary 10",
            &["#/name max-length", "#/size maximum", "#/x unknown-field"],
        ),
    ] {
        let response = send(&app, request).await;
        assert_eq!(response.status(), 200, "{text}");
        let bytes = axum::body::to_bytes(response.into_body(), 99)
            .await
            .unwrap();
        assert_eq!(bytes, text);
        let told: Vec<_> = told.lock().unwrap().drain(..).collect();
        assert_eq!(told.len(), usize::from(!faults.is_empty()));
        for (outcome, reason, listed) in told {
            assert_eq!(
                (outcome, reason.as_str()),
                (Outcome::WouldRefuse, "rules_broken")
            );
            assert_eq!(listed, faults);
        }
    }
}

#[tokio::test]
async fn a_schema_that_only_reports_refuses_what_is_no_body_and_what_cannot_be_read() {
    let (app, told) = app();
    let mut foreign = body("{}");
    foreign.headers_mut().remove("content-type");
    let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(9_999));
    for (request, status) in [
        (foreign, 415),
        (body(&long), 413),
        (body(r#"{"name":"a""#), 400),
        (body(r#"{"name":"a","name":"b"}"#), 400),
        (body(r#"{"name":"a","x":{"y":1,"y":2}}"#), 400),
        (
            body(&format!(
                r#"{{"name":"a","x":{}{}}}"#,
                "[".repeat(99),
                "]".repeat(99)
            )),
            400,
        ),
        (body(r#"{"size":1}"#), 422),
        (body(r#"{"name":7}"#), 422),
        (body(r#"{"name":"a","size":256}"#), 422),
        (
            Request::get("/?name=a&name=b").body(Body::empty()).unwrap(),
            400,
        ),
        (
            Request::get("/?name=a&size=x").body(Body::empty()).unwrap(),
            422,
        ),
    ] {
        let shown = format!("{request:?}");
        assert_eq!(send(&app, request).await.status(), status, "{shown}");
        let told: Vec<_> = told.lock().unwrap().drain(..).collect();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].0, Outcome::InvalidInput);
        assert_eq!(
            !told[0].2.is_empty(),
            status == 400 || status == 422,
            "{shown}"
        );
    }
    let schema = Schema::of::<Trial>().unwrap();
    assert!(schema.check(br#"{"name":"long"}"#).is_err());
    assert!(schema.read::<Trial>(br#"{"name":"long"}"#).is_err());
}

#[tokio::test]
async fn rules_tell_their_own_numbers_as_data() {
    let app = Router::new().route("/", post(async |_: ValidatedJson<Bounded>| ""));
    for (sent, params) in [
        (
            json!({ "name": "long", "size": 10, "ratio": 3.0, "list": [1, 2, 3] }),
            json!({
                "#/name": { "maxLength": 3 }, "#/size": { "maximum": 9 },
                "#/ratio": { "maximum": 2.5 }, "#/list": { "maxItems": 2 },
            }),
        ),
        (
            json!({ "name": "x", "size": 0, "ratio": -1, "list": [] }),
            json!({
                "#/name": { "minLength": 2 }, "#/size": { "minimum": 1 },
                "#/ratio": { "minimum": -0.5 }, "#/list": { "minItems": 1 },
            }),
        ),
        (
            json!({ "name": 1, "size": "", "ratio": null, "list": {} }),
            json!({ "#/name": null, "#/size": null, "#/ratio": null, "#/list": null }),
        ),
    ] {
        let (status, problem) = read(send(&app, body(&sent.to_string())).await).await;
        assert_eq!(status, 422);
        let told = problem["errors"].as_array().unwrap().iter();
        let told: Value = told
            .map(|fault| {
                (
                    fault["pointer"].as_str().unwrap().to_owned(),
                    fault["params"].clone(),
                )
            })
            .collect();
        assert_eq!(told, params);
    }
}
