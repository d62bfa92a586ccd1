//! Public ids, through a real router.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::get;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use portcullis::event::SecurityEvent;
use portcullis::guard::Shield;
use portcullis::problem::{PlainError, Problem};
use portcullis::public_id::{DbId, Entity, IdKeys, PublicId, Wanted};

use crate::support::send;

struct Article;
impl Entity for Article {
    const PREFIX: &'static str = "article";
}

struct Comment;
impl Entity for Comment {
    const PREFIX: &'static str = "comment";
}

const STORED: [u8; 16] = [7; 16];

async fn show(wanted: Wanted<DbId<Article>>) -> Result<String, Problem> {
    let row = (wanted.id() == DbId::new(42)).then_some("the article");
    wanted.found(row).map(str::to_owned)
}

async fn stored(wanted: Wanted<PublicId<Article>>) -> Result<String, Problem> {
    let row = (wanted.id().to_bytes() == STORED).then_some("the article");
    wanted.found(row).map(str::to_owned)
}

async fn both(article: DbId<Article>, comment: PublicId<Comment>) -> String {
    format!("{} {comment}", article.get())
}

async fn first(article: PublicId<Article>, State(keys): State<IdKeys>) -> String {
    format!("{:?}", keys.open(article))
}

fn keys() -> IdKeys {
    IdKeys::new([2; 32])
        .and_then(|keys| keys.with_further_key([1; 32]))
        .unwrap()
}

fn routes() -> Router {
    Router::new()
        .route("/articles/{article}", get(show))
        .route("/stored/{any_name}", get(stored))
        .route("/first/{id}", get(first))
        .route("/articles/{article}/comments/{comment}", get(both))
        .route("/swapped/{comment}/{article}", get(both))
        .route("/misnamed/{a}/{b}", get(first))
        .route("/bare", get(first))
        .with_state(keys())
}

fn sealed(key: u8, row: i64) -> String {
    let id = DbId::<Article>::new(row);
    IdKeys::new([key; 32]).unwrap().seal(id).to_string()
}

/// All of an answer that a caller sees, and the reasons of what was told.
async fn answer(shape: Option<PlainError>, path: &str) -> (StatusCode, String, Vec<String>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&told);
    let shield = Shield::new();
    let shield = match shape {
        None => shield,
        Some(shape) => shield.with_problems(shape),
    };
    let shield = shield.with_events(move |event: &SecurityEvent<'_>| {
        log.lock().unwrap().push(event.reason.to_owned());
    });
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = send(&routes().layer(shield), request).await;
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let seen = match head.status {
        StatusCode::OK => body,
        _ => format!("{:?} {body}", head.headers),
    };
    let told = told.lock().unwrap().clone();
    (head.status, seen, told)
}

#[tokio::test]
async fn an_id_leads_to_its_row_under_each_known_key() {
    let comment = PublicId::<Comment>::from_bytes(STORED);
    let article = PublicId::<Article>::from_bytes(STORED);
    for (path, seen) in [
        (
            format!("/articles/{}", sealed(2, 42)),
            "the article".to_owned(),
        ),
        (
            format!("/articles/{}", sealed(1, 42)),
            "the article".to_owned(),
        ),
        (format!("/stored/{article}"), "the article".to_owned()),
        (format!("/first/{article}"), "None".to_owned()),
        (
            format!("/first/{}", sealed(2, -1)),
            "Some(DbId(-1))".to_owned(),
        ),
        (
            format!("/articles/{}/comments/{comment}", sealed(2, 7)),
            format!("7 {comment}"),
        ),
        (
            format!("/swapped/{comment}/{}", sealed(2, 7)),
            format!("7 {comment}"),
        ),
    ] {
        let (status, body, told) = answer(None, &path).await;
        assert_eq!((status, body), (StatusCode::OK, seen), "{path}");
        assert!(told.is_empty());
    }
}

#[tokio::test]
async fn a_wrong_id_is_answered_as_one_of_which_there_is_nothing() {
    let whole = sealed(2, 42);
    let (_, text) = whole.split_once('_').unwrap();
    let flipped = PublicId::<Article>::parse(&whole).unwrap().to_bytes();
    let flipped = PublicId::<Article>::from_bytes(flipped.map(|byte| byte ^ 1));
    for shape in [None, Some(PlainError)] {
        let missing = answer(shape, &format!("/articles/{}", sealed(2, 43))).await;
        assert_eq!(missing.0, StatusCode::NOT_FOUND);
        assert_eq!(missing.2, ["nothing_of_this_id"]);
        for (wrong, reason) in [
            ("42", "id_malformed"),
            ("%2e%2e", "id_malformed"),
            ("article_", "id_malformed"),
            (&whole.to_uppercase(), "id_malformed"),
            (&format!("order_{text}"), "id_malformed"),
            (text, "id_malformed"),
            (&format!("{whole}0"), "id_malformed"),
            (&format!("{whole}%00"), "id_malformed"),
            (&format!("%20{whole}"), "id_malformed"),
            ("%ff", "id_malformed"),
            (&flipped.to_string(), "id_not_sealed"),
            (&sealed(3, 42), "id_not_sealed"), // a key to come, or one forgotten
            (&"a".repeat(10_000), "id_malformed"),
        ] {
            let found = answer(shape, &format!("/articles/{wrong}")).await;
            assert_eq!((found.0, &found.1), (missing.0, &missing.1), "{wrong}");
            assert_eq!(found.2, [reason], "{wrong}");
        }
        let random = PublicId::<Article>::random().unwrap();
        for wrong in [random.to_string(), "42".into()] {
            let found = answer(shape, &format!("/stored/{wrong}")).await;
            assert_eq!((found.0, &found.1), (missing.0, &missing.1), "{wrong}");
        }
    }
    let (_, seen, _) = answer(None, "/articles/42").await;
    assert!(seen.contains("urn:portcullis:problem:not-found"), "{seen}");
    assert!(!seen.contains("42"), "{seen}");
}

#[tokio::test]
async fn an_id_of_one_entity_is_none_of_another() {
    let order = keys().seal(DbId::<Comment>::new(42)).to_string();
    let as_article = order.replace("comment_", "article_");
    let (status, _, told) = answer(None, &format!("/articles/{as_article}")).await;
    assert_eq!(
        (status, told),
        (StatusCode::NOT_FOUND, vec!["id_not_sealed".to_owned()])
    );
}

#[tokio::test]
async fn a_route_without_a_place_for_the_id_is_the_authors_fault() {
    for path in ["/bare", &format!("/misnamed/{0}/{0}", sealed(2, 42))] {
        let (status, _, told) = answer(None, path).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert_eq!(told, ["route_without_id"], "{path}");
    }
}
