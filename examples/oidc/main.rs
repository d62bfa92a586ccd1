//! A resource server for the access tokens of an `OpenID` provider. Run it and paste what it prints:
//! `cargo run --example oidc`, which starts a provider of its own, or
//! `cargo run --example oidc -- https://id.example.com my-audience`.

mod provider;

use std::error::Error;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use portcullis::authz::RequireScopes;
use portcullis::fetch::{Discovery, Fetcher};
use portcullis::guard::Shield;
use portcullis::identity::Principal;
use portcullis::jwt::{Issuer, RequireJwt};
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (issuer, provider) = match arguments.next() {
        Some(issuer) => (issuer, None),
        None => provider::start()
            .await
            .map(|(issuer, child)| (issuer, Some(child)))?,
    };
    let audience = arguments.next().unwrap_or_else(|| provider::API.to_owned());

    let fetcher = Fetcher::new()?;
    let discovery = if issuer.starts_with("http:") {
        Discovery::dangerous_allow_http_on_loopback(&issuer, fetcher)? // for the one on this machine
    } else {
        Discovery::openid(&issuer, fetcher)?
    };
    let tokens = RequireJwt::of([Issuer::with_discovery(discovery, &audience)?])?;
    if tokens.reload().await.is_err() {
        eprintln!("{issuer} does not answer: until it does, so will this server with 503");
    }

    let reading = Shield::new()
        .with(tokens.clone())
        .with(RequireScopes::all(["orders:read"])?);
    let writing = Shield::new()
        .with(tokens.clone())
        .with(RequireScopes::all(["orders:write"])?);
    let orders = get(list).layer(reading);
    let orders = orders.merge(axum::routing::post(place).layer(writing));
    let app = Router::new()
        .route("/orders", orders)
        .route("/health", get(health).with_state(tokens));

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let api = format!("http://{}", listener.local_addr()?);
    println!("Tokens of {issuer} for {audience} open {api}");
    match &provider {
        Some(_running) => provider::print_commands(&issuer, &api),
        None => println!(r#"curl -si -H "Authorization: Bearer $TOKEN" {api}/orders"#),
    }
    axum::serve(listener, app).await?;
    Ok(())
}

async fn list(caller: Principal) -> Json<Value> {
    Json(json!({ "of": caller.subject(), "orders": [] }))
}

async fn place(caller: Principal) -> Json<Value> {
    Json(json!({ "placed_by": caller.subject() }))
}

/// Whether tokens can be told good from bad, and with which keys.
async fn health(State(tokens): State<RequireJwt>) -> Json<Value> {
    let status = tokens.status();
    let issuers = status.iter().map(|known| {
        let keys = known
            .keys
            .iter()
            .map(|key| (key.id(), key.algorithm().name()));
        json!({ "issuer": known.issuer, "ready": known.is_ready, "keys": keys.collect::<Vec<_>>() })
    });
    Json(json!(issuers.collect::<Vec<_>>()))
}
