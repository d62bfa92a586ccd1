//! JSON Patch, through a real router.

use axum::Router;
use axum::routing::patch;
use portcullis::assign::{FieldAllowlist, JsonPatch, JsonPatchRules};
use portcullis::event::Outcome;
use portcullis::guard::Shield;
use portcullis::problem::Problem;
use serde_json::{Value, json};

use super::world::{Log, ask};

const MEDIA_TYPE: &str = "application/json-patch+json";

async fn change(patch: JsonPatch) -> Result<String, Problem> {
    let list = |fields: &[&str]| FieldAllowlist::new(fields).unwrap();
    let rules = JsonPatchRules::new(list(&["/title"]).allow("/seo/*").unwrap())
        .with_readable(list(&["/title"]));
    let mut article = json!({ "title": "old", "seo": { "index": true }, "salary": 9 });
    let changed = patch.apply(&mut article, &rules)?;
    let changed: Vec<_> = changed.iter().collect();
    Ok(json!({ "article": article, "changed": changed }).to_string())
}

fn app(log: &Log) -> Router {
    Router::new()
        .route("/", patch(change))
        .layer(Shield::new().with_events(log.clone()))
}

async fn sent(media_type: &str, body: &str) -> (u16, Value, Vec<(Outcome, String)>) {
    let log = Log::default();
    let (status, answer) = ask(&app(&log), "PATCH", "/", "-", (media_type, body)).await;
    (status.as_u16(), answer, log.lines())
}

#[tokio::test]
async fn a_patch_changes_what_is_listed_and_says_what() {
    let body = r#"[
        { "op": "test", "path": "/title", "value": "old" },
        { "op": "replace", "path": "/title", "value": "new" },
        { "op": "add", "path": "/seo/title", "value": "t" },
        { "op": "remove", "path": "/seo/index" }
    ]"#;
    let (status, answer, told) = sent(MEDIA_TYPE, body).await;
    assert_eq!(status, 200);
    let after = json!({ "title": "new", "seo": { "title": "t" }, "salary": 9 });
    assert_eq!(answer["article"], after);
    assert_eq!(
        answer["changed"],
        json!(["/title", "/seo/title", "/seo/index"])
    );
    assert_eq!(told, []);
}

#[tokio::test]
async fn a_guess_at_what_is_hidden_is_told_in_the_words_of_one_at_nothing_and_once() {
    let guess =
        |path: &str, value: u8| json!([{ "op": "test", "path": path, "value": value }]).to_string();
    let right = sent(MEDIA_TYPE, &guess("/salary", 9)).await;
    assert_eq!(right.0, 422);
    assert_eq!(right.1["errors"][0]["code"], "unknown-field");
    assert_eq!(right.1["errors"][0]["pointer"], "#/0/path");
    let told = (Outcome::InvalidInput, "json_patch_refused".to_owned());
    assert_eq!(right.2, [told]);
    assert_eq!(right, sent(MEDIA_TYPE, &guess("/salary", 8)).await);
    assert_eq!(right, sent(MEDIA_TYPE, &guess("/nosuch", 9)).await);
}

#[tokio::test]
async fn a_patch_comes_under_its_own_media_type_and_within_bounds() {
    let long = format!("[{}]", " ".repeat(64 * 1024));
    for (media_type, body, status) in [
        (MEDIA_TYPE, "[]", 200),
        ("application/json-patch+json; charset=utf-8", "[]", 200),
        ("application/json", "[]", 415),
        ("application/merge-patch+json", "[]", 415),
        (MEDIA_TYPE, "{}", 422),
        (MEDIA_TYPE, "[", 400),
        (MEDIA_TYPE, &long, 413),
    ] {
        let (found, _, told) = sent(media_type, body).await;
        assert_eq!(found, status, "{media_type} {body:.9}");
        assert_eq!(told.len(), usize::from(status != 200));
    }
}
