//! Bodies on their way into a model.

use http::{Request, StatusCode};
use portcullis::assign::Patch;
use portcullis::event::Outcome;
use serde_json::{Value, json};

use super::world::{Article, JSON, Log, app, ask, blank, grant, routes};
use crate::support::send;

const MERGE: &str = "application/merge-patch+json";

/// The pointers and codes of a refusal.
fn told(answer: &Value) -> Vec<(&str, &str)> {
    let errors = answer["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|e| (e["pointer"].as_str().unwrap(), e["code"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn a_patch_says_what_it_changed() {
    let app = app(&Log::default());
    for (caller, body, changed) in [
        (
            "a",
            r#"{"title":"t","note":null}"#,
            json!(["/title", "/note"]),
        ),
        ("a", r#"{"title":"old"}"#, json!([])),
        ("a", "{}", json!([])),
        (
            "e",
            r#"{"seo":{"indexed":true,"meta title":"m"},"review":{"grade":2}}"#,
            json!(["/seo/meta title", "/seo/indexed", "/review/grade"]),
        ),
        ("a", r#"{"seo":{}}"#, json!([])),
        (
            "a",
            r#"{"links":[{"url":"u","trusted":true},{"url":"v","nosuch":1}]}"#,
            json!(["/links"]),
        ),
    ] {
        for media_type in [JSON, MERGE] {
            let answer = ask(&app, "PATCH", "/refuse", caller, (media_type, body)).await;
            assert_eq!(answer, (StatusCode::OK, changed.clone()), "{body}");
        }
    }
}

/// Who sends what, the status, and what is told.
type Row = (
    &'static str,
    &'static str,
    u16,
    &'static [(&'static str, &'static str)],
);

const UNKNOWN: &str = "unknown-field";

#[rustfmt::skip] // one row a line
const REFUSED: [Row; 21] = [
    ("a", r#"{"salary":1,"nosuch":2,"isFeatured":true,"title":7}"#, 422,
        &[("#/isFeatured", UNKNOWN), ("#/nosuch", UNKNOWN), ("#/salary", UNKNOWN)]),
    ("a", r#"{"title":7,"note":[],"tags":[1],"seo":{"meta title":null}}"#, 422,
        &[("#/title", "type"), ("#/note", "type"), ("#/tags/0", "type"), ("#/seo/meta%20title", "type")]),
    ("e", r#"{"review":{"grade":256}}"#, 422, &[("#/review/grade", "type")]),
    ("e", r#"{"review":{"grade":1.0}}"#, 422, &[("#/review/grade", "type")]),
    ("e", r#"{"review":[3]}"#, 422, &[("#/review", UNKNOWN)]),
    ("e", r#"{"review":null}"#, 422, &[("#/review", UNKNOWN)]),
    ("a", r#"{"review":{}}"#, 422, &[("#/review", UNKNOWN)]),
    ("a", r#"{"tags":[{"a":1}]}"#, 422, &[("#/tags", UNKNOWN)]),
    ("a", r#"{"title":{"a":1}}"#, 422, &[("#/title", UNKNOWN)]),
    ("a", r#"{"links":[["u",true]]}"#, 422, &[("#/links/0", "type")]),
    ("a", r#"{"links":[{"trusted":true}]}"#, 422, &[("#/links/0/url", "required")]),
    ("a", r#"{"Title":"t"}"#, 422, &[("#/Title", UNKNOWN)]),
    ("a", r#"{"title\u0000":"t"}"#, 422, &[("#/title%00", UNKNOWN)]),
    ("a", r#"{"__proto__":{"salary":1}}"#, 422, &[("#/__proto__", UNKNOWN)]),
    ("a", r#"{"/title":"t"}"#, 422, &[("#/~1title", UNKNOWN)]),
    ("a", r#"["secret"]"#, 422, &[("#", "type")]),
    ("a", "null", 422, &[("#", "type")]),
    ("a", r#"{"title":"a","\u0074itle":"b"}"#, 400, &[("#/title", "duplicate-key")]),
    ("a", r#"{"x":{"a":1,"a":2}}"#, 400, &[("#/x/a", "duplicate-key")]),
    ("a", r#"{"salary":1,}"#, 400, &[("#", "syntax")]),
    ("a", "", 400, &[("#", "syntax")]),
];

#[tokio::test]
async fn every_fault_is_told_at_once_and_nothing_is_echoed() {
    let app = app(&Log::default());
    for (caller, body, status, faults) in REFUSED {
        let (found, answer) = ask(&app, "PATCH", "/refuse", caller, (JSON, body)).await;
        assert_eq!(found, status, "{body}");
        assert_eq!(told(&answer), faults, "{body}");
        let text = answer.to_string();
        for hidden in ["expected", "secret", "invalid type"] {
            assert!(!text.contains(hidden), "{text}");
        }
    }
}

#[tokio::test]
async fn a_field_of_another_role_is_told_in_the_words_of_one_that_does_not_exist() {
    let app = app(&Log::default());
    for (method, forbidden, unknown) in [
        ("PATCH", r#"{"isFeatured":true}"#, r#"{"isFeaturex":true}"#),
        ("PATCH", r#"{"slug":"a"}"#, r#"{"slux":"a"}"#),
        (
            "PATCH",
            r#"{"seo":{"indexed":true}}"#,
            r#"{"seo":{"indexex":true}}"#,
        ),
        (
            "PATCH",
            r#"{"review":{"grade":1}}"#,
            r#"{"reviex":{"grade":1}}"#,
        ),
        ("POST", r#"{"isFeatured":[]}"#, r#"{"isFeaturex":[]}"#),
    ] {
        let forbidden = ask(&app, method, "/refuse", "a", (JSON, forbidden)).await;
        let unknown = ask(&app, method, "/refuse", "a", (JSON, unknown)).await;
        assert_eq!(forbidden.0, 422);
        let told = |answer: &Value, end: &str| {
            let names = ["isFeature", "slu", "indexe", "revie"];
            let cut = |text: String, name: &&str| text.replace(&format!("{name}{end}"), name);
            names.iter().fold(answer.to_string(), cut)
        };
        let ends = ["d", "g", "w"];
        let forbidden = ends.iter().fold(forbidden.1, |answer, end| {
            serde_json::from_str(&told(&answer, end)).unwrap()
        });
        assert_eq!(forbidden.to_string(), told(&unknown.1, "x"));
    }
}

#[tokio::test]
async fn the_result_is_looked_at_as_a_whole_and_hidden_fields_are_not_named() {
    let app = app(&Log::default());
    for (caller, body, faults) in [
        (
            "a",
            r#"{"title":"far more than twenty letters","seo":{"meta title":"bad"}}"#,
            &[("#/title", "max-length"), ("#/seo/meta%20title", "pattern")][..],
        ),
        // The editor may not set the note that is missing, the author may.
        (
            "ae",
            r#"{"isFeatured":true,"note":null}"#,
            &[("#/note", "required")],
        ),
    ] {
        let (status, answer) = ask(&app, "PATCH", "/refuse", caller, (JSON, body)).await;
        assert_eq!((status.as_u16(), told(&answer)), (422, faults.to_vec()));
    }
    let mut article = blank();
    article.note = None;
    article.salary = 2_000;
    let patch = Patch::<Article>::read(br#"{"isFeatured":true}"#);
    let before = article.clone();
    let refused = patch.unwrap().apply(&mut article, &grant("e")).unwrap_err();
    let told: Vec<_> = refused
        .faults()
        .iter()
        .map(|f| (&*f.pointer, f.code))
        .collect();
    assert_eq!(told, [("#", "model")]);
    assert_eq!(article, before);
}

#[tokio::test]
async fn refusals_are_told_once_and_what_is_dropped_is_reported_if_asked() {
    let body = r#"{"title":"t","isFeatured":true,"seo":{"indexed":true,"meta title":"m"}}"#;
    for (path, status, answer, events) in [
        (
            "/refuse",
            422,
            json!(null),
            vec![(Outcome::InvalidInput, "fields_not_assignable")],
        ),
        ("/drop", 200, json!(["/title", "/seo/meta title"]), vec![]),
        (
            "/report",
            200,
            json!([
                "/title",
                "/seo/meta title",
                "-#/isFeatured",
                "-#/seo/indexed"
            ]),
            vec![(Outcome::Trimmed, "fields_not_assignable")],
        ),
    ] {
        let log = Log::default();
        let (found, said) = ask(&app(&log), "PATCH", path, "a", (JSON, body)).await;
        assert_eq!(found, status, "{path}");
        if found == 200 {
            assert_eq!(said, answer, "{path}");
        }
        let lines = log.lines();
        let heard: Vec<_> = lines.iter().map(|(is, why)| (*is, why.as_str())).collect();
        assert_eq!(heard, events, "{path}");
    }
    // Dropping is for members, and makes no body an object.
    for path in ["/drop", "/report"] {
        let answer = ask(&app(&Log::default()), "PATCH", path, "a", (JSON, "[]")).await;
        assert_eq!(answer.0, 422);
    }
}

#[tokio::test]
async fn a_grant_comes_from_a_guard_alone() {
    let open = |answer: (StatusCode, Value)| (answer.0.as_u16(), answer.1["type"].clone());
    let kind = |slug: &str| json!(format!("urn:portcullis:problem:{slug}"));
    let app = app(&Log::default());
    let stranger = ask(&app, "PATCH", "/refuse", "-", (JSON, "{}")).await;
    assert_eq!(open(stranger), (401, kind("unauthenticated")));
    let unguarded = ask(&routes(), "PATCH", "/refuse", "a", (JSON, "{}")).await;
    assert_eq!(open(unguarded), (500, kind("internal-error")));
    let by_body = ask(&app, "PATCH", "/refuse", "", (JSON, r#"{"role":"Editor"}"#)).await;
    assert_eq!(open(by_body), (422, kind("invalid-body")));
    // A sign-up has no caller: nothing of this model is for strangers.
    let (status, seen) = ask(&routes(), "POST", "/sign-up", "-", (JSON, "{}")).await;
    assert_eq!((status.as_u16(), &seen["title"]), (200, &json!("old")));
    let signed = ask(
        &routes(),
        "POST",
        "/sign-up",
        "-",
        (JSON, r#"{"title":"t"}"#),
    )
    .await;
    assert_eq!(open(signed), (422, kind("invalid-body")));
}

#[tokio::test]
async fn bodies_are_read_by_their_media_type_and_within_their_limit() {
    let app = app(&Log::default());
    for (method, media_type, status) in [
        ("PATCH", "application/merge-patch+json; charset=utf-8", 200),
        ("PATCH", "application/json-patch+json", 415),
        ("PATCH", "text/plain", 415),
        ("POST", MERGE, 415),
        ("POST", JSON, 422),
    ] {
        let answer = ask(&app, method, "/refuse", "a", (media_type, "{}")).await;
        assert_eq!(answer.0, status, "{method} {media_type}");
    }
    let long = |length: usize| format!("{:length$}", "{}");
    for (body, status) in [(long(4_096), 200), (long(4_097), 413)] {
        assert_eq!(
            ask(&app, "PATCH", "/refuse", "a", (JSON, &body)).await.0,
            status
        );
    }
    let request = Request::patch("/refuse").header("x-caller", "a");
    let response = send(&app, request.body("{}".into()).unwrap()).await;
    assert_eq!(response.status(), 415);
    let told = "application/merge-patch+json, application/json";
    assert_eq!(response.headers()["accept-patch"], told);
}
