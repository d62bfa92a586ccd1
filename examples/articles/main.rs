//! An articles API behind every control. Run it and paste what it prints:
//! `cargo run --example articles`. Who may call what is in `routes.rs`, what callers may send in
//! `model.rs`. API keys are kept in the file that is named behind it (`articles.db`), so that they outlive the process.

#![allow(clippy::unwrap_used)] // of locks, which nothing here poisons

mod demo;
mod model;
mod routes;

use std::collections::HashMap;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::{Json, ServiceExt};
use http::StatusCode;
use portcullis::api_key::{ApiKey, NewApiKey, RequireApiKey};
use portcullis::assign::{self, Patch, Seen, View};
use portcullis::clock::SystemClock;
use portcullis::errors::GenericErrors;
use portcullis::identity::{Principal, Scopes};
use portcullis::input::{ValidatedJson, ValidatedQuery};
use portcullis::jwt::{Grant, JwtIssuer, RequireJwt, SigningKey};
use portcullis::problem::{Challenge, Kind, Problem};
use portcullis::secret::Secret;
use portcullis::store::CachedKeyRing;
use portcullis::store::sql::SqliteStore;
use serde_json::{Value, json};
use tower::Layer;

use model::{Article, Asked, Login, Profile};

const ISSUER: &str = "https://id.articles.example";
const AUDIENCE: &str = "https://api.articles.example";
const READ: &str = "articles:read";
const READ_AND_WRITE: &str = "articles:read articles:write";
const EVERYTHING: &str = "articles:read articles:write audit:read";

#[derive(Clone)]
struct App {
    articles: Arc<Mutex<Vec<Article>>>,
    profiles: Arc<Mutex<HashMap<String, Profile>>>,
    tokens: JwtIssuer,
    password: Arc<Secret<String>>,
}

async fn log_in(
    State(app): State<App>,
    ValidatedJson(login): ValidatedJson<Login>,
) -> Result<Json<Value>, Problem> {
    if login.user != "alice" || !app.password.matches(login.password.as_bytes()) {
        let ask = Challenge::new("Bearer");
        return Err(Problem::new(Kind::InvalidCredential).with_challenge(&ask));
    }
    let grant = Grant::to(login.user).with_scopes(Scopes::parse(READ_AND_WRITE));
    let token = app.tokens.issue(&grant)?;
    Ok(Json(
        json!({ "access_token": token.expose(), "token_type": "Bearer", "expires_in": 900 }),
    ))
}

async fn list(
    State(app): State<App>,
    ValidatedQuery(asked): ValidatedQuery<Asked>,
) -> Json<Vec<Article>> {
    let articles = app.articles.lock().unwrap();
    let wanted = articles.iter().filter(|article| asked.is_for(article));
    Json(wanted.cloned().collect())
}

async fn create(
    State(app): State<App>,
    ValidatedJson(article): ValidatedJson<Article>,
) -> (StatusCode, Json<Article>) {
    app.articles.lock().unwrap().push(article.clone());
    (StatusCode::CREATED, Json(article))
}

async fn change_me(
    caller: Principal,
    grant: assign::Grant,
    State(app): State<App>,
    patch: Patch<Profile>,
) -> Result<Json<Seen<Profile>>, Problem> {
    let mut profiles = app.profiles.lock().unwrap();
    let user = caller.subject().to_owned();
    let profile = profiles.entry(user.clone()).or_insert_with(|| Profile {
        is_admin: user == "alice",
        email: None,
        name: None,
        bio: None,
        user,
    });
    let changed = patch.apply(profile, &grant)?;
    tracing::info!(fields = ?changed, "a profile has changed");
    Ok(Json(profile.clone().seen_by(&grant)))
}

async fn statistics(State(app): State<App>, key: ApiKey) -> Json<Value> {
    let count = app.articles.lock().unwrap().len();
    Json(json!({ "articles": count, "key": key.label() }))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();

    let signing = SigningKey::hs256(rand::random::<[u8; 32]>())?;
    let password = format!("{:x}", rand::random::<u128>());
    let tokens = JwtIssuer::new(ISSUER, AUDIENCE, signing.clone())?;
    let reader = tokens.issue(&Grant::to("bob").with_scopes(Scopes::parse(READ)))?;
    let writer = tokens.issue(&Grant::to("alice").with_scopes(Scopes::parse(EVERYTHING)))?;
    let file = std::env::args().nth(1);
    let store = SqliteStore::open(file.as_deref().unwrap_or("articles.db"));
    store.migrate().await?;
    let ring = CachedKeyRing::over(store);
    let key = NewApiKey::owned_by("reporting")
        .with_prefix("demo")?
        .with_label("statistics")
        .expiring_in(Duration::from_hours(24))
        .issue(&ring, &SystemClock)
        .await?;

    let jwt = RequireJwt::new(ISSUER, AUDIENCE, signing.verifying_key())?;
    let keys = RequireApiKey::in_ring(ring).with_prefix("demo")?;
    let api = routes::api(jwt, keys)?.with_state(App {
        articles: Arc::default(),
        profiles: Arc::default(),
        tokens,
        password: Arc::new(Secret::new(password.clone())),
    });
    println!("{}", api.audit());

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let demo = demo::Demo {
        address: listener.local_addr()?,
        password: &password,
        reader: reader.expose(),
        writer: writer.expose(),
        key: key.key.expose(),
    };
    demo.print();
    // No error tells what went on inside, whoever made it.
    let service = GenericErrors::new().layer(api.into_service()?);
    let service = ServiceExt::<Request>::into_make_service_with_connect_info::<SocketAddr>(service);
    Ok(axum::serve(listener, service).await?)
}
