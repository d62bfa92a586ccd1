//! Mass assignment, through a real router.

use axum::Router;
use axum::body::Body;
use axum::routing::patch;
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use portcullis::assign::{Allowed, Assignable, Field, FieldAllowlist, MediaTypes, Unlisted};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{read, send};

/// What `serde` would read is more than what is listed: the flattened rest and the alias.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Patch {
    email: Field<String>,
    #[serde(alias = "is_admin")]
    admin: bool,
    age: Field<u8>,
    seo: Option<Seo>,
    links: Vec<Seo>,
    rank: Option<Rank>,
    #[serde(flatten)]
    rest: std::collections::BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only shown")]
struct Seo {
    title: String,
    #[serde(default)]
    verified: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Rank {
    Low,
    High,
}

impl Assignable for Patch {
    const FIELDS: &'static [&'static str] = &[
        "/email",
        "/age",
        "/seo/title",
        "/links/*/title",
        "/rank",
        "/avatar",
    ];
    const MEDIA_TYPES: MediaTypes = MediaTypes::JsonOrMergePatch;
}

/// As above, with other choices.
#[derive(Debug, Deserialize)]
struct Lenient {
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    admin: bool,
    #[serde(default)]
    avatar: Option<Avatar>,
}

/// Could be read from an array, were it let.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only shown")]
struct Avatar {
    url: String,
    trusted: bool,
}

impl Assignable for Lenient {
    const FIELDS: &'static [&'static str] = &["/email", "/avatar"];
    const UNLISTED: Unlisted = Unlisted::Drop;
    const MAX_BYTES: usize = 100;
}

#[derive(Deserialize)]
struct Broken {}

impl Assignable for Broken {
    const FIELDS: &'static [&'static str] = &["email"];
}

fn app() -> Router {
    Router::new()
        .route(
            "/patch",
            patch(async |Allowed(patch): Allowed<Patch>| {
                format!(
                    "{:?} {:?} {} {:?} {:?} {}",
                    patch.email,
                    patch.age,
                    patch.admin,
                    patch.seo,
                    patch.rank,
                    patch.rest.len()
                )
            }),
        )
        .route(
            "/lenient",
            patch(async |Allowed(p): Allowed<Lenient>| {
                format!("{:?} {} {:?}", p.email, p.admin, p.avatar)
            }),
        )
        .route(
            "/broken",
            patch(async |Allowed(Broken {}): Allowed<Broken>| "broken"),
        )
}

async fn answer(path: &str, media_type: &str, body: &str) -> (StatusCode, String) {
    let request = Request::patch(path)
        .header(CONTENT_TYPE, media_type)
        .body(Body::from(body.to_owned()))
        .unwrap();
    let response = send(&app(), request).await;
    let status = response.status();
    let text = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(text.to_vec()).unwrap())
}

const JSON: &str = "application/json";

#[tokio::test]
async fn listed_fields_reach_the_handler_and_absence_is_not_null() {
    for (body, text) in [
        (json!({}), "Absent Absent false None None 0"),
        (
            json!({ "email": null, "age": 7 }),
            "Null Set(7) false None None 0",
        ),
        (
            json!({ "email": "a", "seo": { "title": "t" }, "rank": "high" }),
            "Set(\"a\") Absent false Some(Seo { title: \"t\", verified: false }) Some(High) 0",
        ),
        (
            json!({ "links": [{ "title": "t" }, { "title": "u" }] }),
            "Absent Absent false None None 0",
        ),
    ] {
        for media_type in [JSON, "application/merge-patch+json"] {
            let answer = answer("/patch", media_type, &body.to_string()).await;
            assert_eq!(answer, (StatusCode::OK, text.to_owned()), "{body}");
        }
    }
}

#[tokio::test]
async fn whatever_is_not_listed_is_refused_as_if_it_were_not_there() {
    for (body, status, code, pointer) in [
        (r#"{"admin":true}"#, 422, "unknown-field", "#/admin"),
        (r#"{"is_admin":true}"#, 422, "unknown-field", "#/is_admin"),
        (r#"{"nosuch":true}"#, 422, "unknown-field", "#/nosuch"),
        (r#"{"Email":"x"}"#, 422, "unknown-field", "#/Email"),
        (r#"{"email\u0000":"x"}"#, 422, "unknown-field", "#/email%00"),
        (
            r#"{"__proto__":{"admin":true}}"#,
            422,
            "unknown-field",
            "#/__proto__",
        ),
        (
            r#"{"seo":{"title":"t","verified":true}}"#,
            422,
            "unknown-field",
            "#/seo/verified",
        ),
        (r#"{"seo":["t",true]}"#, 422, "unknown-field", "#/seo"),
        (r#"{"seo":null}"#, 422, "unknown-field", "#/seo"),
        (
            r#"{"links":[{"title":"t"},{"verified":true}]}"#,
            422,
            "unknown-field",
            "#/links/1/verified",
        ),
        (
            r#"{"links":[["t",true]]}"#,
            422,
            "unknown-field",
            "#/links/0",
        ),
        (
            r#"{"email":{"admin":true}}"#,
            422,
            "unknown-field",
            "#/email",
        ),
        (r#"["a",true]"#, 422, "type", "#"),
        ("null", 422, "type", "#"),
        (r#"{"age":256}"#, 422, "type", "#/age"),
        (r#"{"age":1.0}"#, 422, "type", "#/age"),
        (r#"{"email":7}"#, 422, "type", "#/email"),
        (r#"{"seo":{}}"#, 422, "required", "#/seo/title"),
        (r#"{"rank":"none"}"#, 422, "type", "#/rank"),
        (
            r#"{"email":"a","email":"b"}"#,
            400,
            "duplicate-key",
            "#/email",
        ),
        (
            r#"{"email":"a","\u0065mail":"b"}"#,
            400,
            "duplicate-key",
            "#/email",
        ),
        (r#"{"x":{"a":1,"a":2}}"#, 400, "duplicate-key", "#/x/a"),
        (r#"{"admin":true,}"#, 400, "syntax", "#"),
        ("", 400, "syntax", "#"),
    ] {
        let (found, text) = answer("/patch", JSON, body).await;
        assert_eq!(found, status, "{body}");
        let problem: Value = serde_json::from_str(&text).unwrap();
        let errors = problem["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{body}");
        assert_eq!(
            (&errors[0]["code"], &errors[0]["pointer"]),
            (&json!(code), &json!(pointer)),
            "{body}"
        );
        for hidden in ["expected", "invalid type", "verified`"] {
            assert!(!text.contains(hidden), "{text}");
        }
    }
}

#[tokio::test]
async fn a_field_that_is_forbidden_is_told_like_one_that_does_not_exist() {
    let (_, forbidden) = answer("/patch", JSON, r#"{"admin":true}"#).await;
    let (_, unknown) = answer("/patch", JSON, r#"{"nadmi":true}"#).await;
    assert_eq!(forbidden.replace("admin", "nadmi"), unknown);
}

#[tokio::test]
async fn dropping_is_a_choice_and_a_struct_never_comes_from_an_array() {
    let (status, text) = answer(
        "/lenient",
        JSON,
        r#"{"email":"a","admin":true,"x":{"y":1}}"#,
    )
    .await;
    assert_eq!(
        (status, text.as_str()),
        (StatusCode::OK, "Some(\"a\") false None")
    );
    let (status, text) = answer(
        "/lenient",
        JSON,
        r#"{"avatar":["https://evil.example",true]}"#,
    )
    .await;
    assert_eq!(status, 422);
    assert!(
        text.contains(r##""pointer":"#/avatar""##) && !text.contains("evil"),
        "{text}"
    );
    assert_eq!(
        answer("/lenient", JSON, &format!("{:101}", "{}")).await.0,
        413
    );
}

#[tokio::test]
async fn media_types_are_those_that_the_type_names() {
    for (path, media_type, status) in [
        ("/patch", "application/merge-patch+json; charset=utf-8", 200),
        ("/patch", "application/json-patch+json", 415),
        ("/patch", "text/plain", 415),
        ("/lenient", "application/merge-patch+json", 415),
    ] {
        assert_eq!(
            answer(path, media_type, "{}").await.0,
            status,
            "{path} {media_type}"
        );
    }
    let response = send(
        &app(),
        Request::patch("/patch").body(Body::from("{}")).unwrap(),
    )
    .await;
    assert_eq!(response.status(), 415);
    assert_eq!(
        response.headers()["accept-patch"],
        "application/json, application/merge-patch+json"
    );
}

#[tokio::test]
async fn a_list_that_cannot_be_is_no_open_door() {
    assert!(FieldAllowlist::of::<Broken>().is_err());
    let request = Request::patch("/broken")
        .header(CONTENT_TYPE, JSON)
        .body(Body::from("{}"))
        .unwrap();
    let (status, body) = read(send(&app(), request).await).await;
    assert_eq!(
        (status, &body["type"]),
        (
            StatusCode::INTERNAL_SERVER_ERROR,
            &json!("urn:portcullis:problem:internal-error")
        )
    );
}
