//! A newsroom: one model with a rule of each kind, and routes that make, change and show it.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use portcullis::assign::{Assignable, Grant, New, Patch, Role, Seen, Unlisted, View};
use portcullis::event::{EventSink, Outcome, SecurityEvent};
use portcullis::guard::Shield;
use portcullis::identity::{Permissions, Principal, Scopes};
use portcullis::problem::{FieldFault, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::introduced::Introduced;
use crate::support::{read, send};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Staff {
    Author,
    Editor,
    Owner,
}

impl Role for Staff {
    fn is_held_by(self, caller: &Principal) -> bool {
        match self {
            Self::Author => caller.scopes().contains("write"),
            Self::Editor => caller.permissions().contains("editor"),
            Self::Owner => false,
        }
    }
}

#[derive(Clone, Debug, Assignable, View, PartialEq)]
#[assign(role = Staff, validate = Article::check, max_bytes = 4096)]
#[view(role = Staff)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Article {
    #[assign(never)]
    #[view(read)]
    pub(crate) id: u32,
    #[assign(write(Author, Editor))]
    #[view(read)]
    pub(crate) title: String,
    #[assign(write(Editor), optional)]
    #[view(read(Editor))]
    pub(crate) is_featured: bool,
    #[assign(create(Author, Editor))]
    #[view(read)]
    pub(crate) slug: String,
    #[assign(create(Author), write(Editor), optional)]
    #[view(read)]
    pub(crate) section: String,
    #[assign(write(Author, Owner))]
    #[view(read(Author, Owner))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    #[assign(write(Author), optional, whole)]
    #[view(read)]
    pub(crate) links: Vec<Link>,
    #[assign(write(Author), optional)]
    #[view(never)]
    pub(crate) tags: Vec<String>,
    #[assign(nested)]
    #[view(nested)]
    pub(crate) seo: Seo,
    #[assign(nested)]
    #[view(nested)]
    pub(crate) review: Review,
    #[assign(never)]
    #[view(never)]
    pub(crate) salary: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Link {
    url: String,
    #[serde(default)]
    trusted: bool,
}

#[derive(Clone, Debug, Default, Assignable, View, PartialEq)]
#[assign(role = Staff, validate = Seo::check)]
#[view(role = Staff)]
pub(crate) struct Seo {
    #[assign(write(Author, Editor))]
    #[view(read)]
    #[serde(rename = "meta title")]
    pub(crate) title: String,
    #[assign(write(Editor), optional)]
    #[view(read(Editor))]
    pub(crate) indexed: bool,
}

/// Nothing in it is for authors.
#[derive(Clone, Debug, Default, Assignable, View, PartialEq)]
#[assign(role = Staff)]
#[view(role = Staff)]
pub(crate) struct Review {
    #[assign(write(Editor), optional)]
    #[view(read(Editor))]
    pub(crate) grade: u8,
}

impl Article {
    fn check(&self) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        if self.title.len() > 20 {
            faults.push(FieldFault::new("#/title", "max-length", "must be short"));
        }
        if self.is_featured && self.note.is_none() {
            faults.push(FieldFault::new("#/note", "required", "must be there"));
        }
        if self.salary > 1_000 {
            faults.push(FieldFault::new("#/salary", "maximum", "must be low"));
        }
        faults
    }
}

impl Seo {
    fn check(&self) -> Vec<FieldFault> {
        let is_bad = self.title == "bad";
        let fault = || FieldFault::new("#/meta%20title", "pattern", "must be good");
        is_bad.then(fault).into_iter().collect()
    }
}

pub(crate) fn blank() -> Article {
    Article {
        id: 7,
        title: "old".into(),
        is_featured: false,
        slug: "old-slug".into(),
        section: "news".into(),
        note: Some("n".into()),
        links: Vec::new(),
        tags: Vec::new(),
        seo: Seo {
            title: "old".into(),
            indexed: false,
        },
        review: Review { grade: 1 },
        salary: 9,
    }
}

/// A grant as its name says, letter by letter.
pub(crate) fn grant(letters: &str) -> Grant<Staff> {
    let grant = Grant::of(named(letters));
    if letters.contains('o') {
        return grant.acting_as(Staff::Owner);
    }
    grant
}

/// `a` is an author, `e` an editor.
fn named(letters: &str) -> Principal {
    let has = |letter: char| letters.contains(letter);
    Principal::new("alice")
        .with_scopes(Scopes::parse(if has('a') { "write" } else { "" }))
        .with_permissions(Permissions::of(has('e').then_some("editor")).unwrap())
}

async fn create(grant: Grant<Staff>, new: New<Article>) -> Result<Json<Seen<Article>>, Problem> {
    Ok(Json(new.fill(blank(), &grant)?.seen_by(&grant)))
}

async fn change(
    grant: Grant<Staff>,
    State(unlisted): State<Unlisted>,
    patch: Patch<Article>,
) -> Result<Json<Vec<String>>, Problem> {
    let changed = patch.with_unlisted(unlisted).apply(&mut blank(), &grant)?;
    let dropped = changed.dropped().map(|pointer| format!("-{pointer}"));
    Ok(Json(
        changed.iter().map(str::to_owned).chain(dropped).collect(),
    ))
}

async fn show(grant: Grant<Staff>) -> Json<Seen<Vec<Article>>> {
    Json(vec![blank()].seen_by(&grant))
}

pub(crate) fn routes() -> Router {
    let articles = |unlisted| {
        Router::new()
            .route("/", post(create).patch(change).get(show))
            .with_state(unlisted)
    };
    Router::new()
        .nest("/refuse", articles(Unlisted::Refuse))
        .nest("/drop", articles(Unlisted::Drop))
        .nest("/report", articles(Unlisted::Report))
        .route("/sign-up", post(sign_up))
}

async fn sign_up(new: New<Article>) -> Result<Json<Seen<Article>>, Problem> {
    let grant = Grant::of_stranger();
    Ok(Json(new.fill(blank(), &grant)?.seen_by(&grant)))
}

/// Keeps what is told, but who is known.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<(Outcome, String)>>>);

impl Log {
    pub(crate) fn lines(&self) -> Vec<(Outcome, String)> {
        self.0.lock().unwrap().clone()
    }
}

impl EventSink for Log {
    fn record(&self, event: &SecurityEvent<'_>) {
        if event.outcome != Outcome::Authenticated {
            let line = (event.outcome, event.reason.to_owned());
            self.0.lock().unwrap().push(line);
        }
    }
}

pub(crate) fn app(log: &Log) -> Router {
    routes().layer(
        Shield::new()
            .with(Introduced(named))
            .with_events(log.clone()),
    )
}

pub(crate) const JSON: &str = "application/json";

/// Asks `app` as the caller that is named by letters; nobody for `-`.
pub(crate) async fn ask(
    app: &Router,
    method: &str,
    path: &str,
    caller: &str,
    (media_type, body): (&str, &str),
) -> (StatusCode, Value) {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(CONTENT_TYPE, media_type);
    if caller != "-" {
        request = request.header("x-caller", caller);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    read(send(app, request).await).await
}
