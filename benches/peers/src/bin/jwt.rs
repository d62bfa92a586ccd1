//! A token that comes again, at this crate's door and at that of `jwt-authorizer`, in one run:
//! `cargo run --release --manifest-path benches/peers/Cargo.toml --bin jwt`.
//!
//! It is a crate of its own, so that nobody who builds this one has to build its peers.

use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::routing::get;
use http::header::AUTHORIZATION;
use jwt_authorizer::{IntoLayer, JwtAuthorizer, JwtClaims, RegisteredClaims, Validation};
use portcullis::identity::Principal;
use portcullis::jwt::{Algorithm, Grant, JwtIssuer, RequireJwt, SigningKey, VerifyingKey};
use tower::Service;

const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://api.example";
const PRIVATE: &str = include_str!("../../../../tests/data/jwt/rsa-2048.pem");
const PUBLIC: &str = include_str!("../../../../tests/data/jwt/rsa-2048.pub.pem");
const CHUNK: u32 = 50;
const ROUNDS: usize = 200;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = SigningKey::from_pem(Algorithm::Rs256, PRIVATE)?;
    let issuer = JwtIssuer::new(ISSUER, AUDIENCE, key)?;
    let token = issuer.issue(&Grant::to("alice").with_client("web"))?;
    let line = format!("Bearer {}", token.expose());

    let whoami = |caller: Principal| async move { caller.subject().to_owned() };
    let key = VerifyingKey::from_pem(Algorithm::Rs256, PUBLIC)?;
    let mut ours = axum::Router::new()
        .route("/", get(whoami))
        .layer(RequireJwt::new(ISSUER, AUDIENCE, key)?)
        .with_state(());

    let whoami = |JwtClaims(claims): JwtClaims<RegisteredClaims>| async move {
        claims.sub.unwrap_or_default()
    };
    let validation = Validation::new().iss(&[ISSUER]).aud(&[AUDIENCE]).nbf(true);
    let authorizer: JwtAuthorizer<RegisteredClaims> = JwtAuthorizer::from_rsa_pem_text(PUBLIC);
    let authorizer = authorizer.validation(validation).build().await?;
    let mut theirs = axum_of_peers::Router::new()
        .route("/", axum_of_peers::routing::get(whoami))
        .layer(authorizer.into_layer())
        .with_state(());

    let [mut best, mut best_of_theirs] = [f64::INFINITY; 2];
    for _ in 0..ROUNDS {
        let mut requests = Vec::new();
        let mut requests_to_theirs = Vec::new();
        for _ in 0..CHUNK {
            let request = Request::get("/").header(AUTHORIZATION, &line);
            requests.push(request.body(Body::empty())?);
            let request = http::Request::get("/").header(AUTHORIZATION, &line);
            requests_to_theirs.push(request.body(axum_of_peers::body::Body::empty())?);
        }
        let start = Instant::now();
        for request in requests {
            assert_eq!(ours.call(request).await?.status(), 200);
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(CHUNK));
        let start = Instant::now();
        for request in requests_to_theirs {
            assert_eq!(theirs.call(request).await?.status(), 200);
        }
        best_of_theirs = best_of_theirs.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(CHUNK));
    }
    println!("a token of RS256 that was seen before, the whole request:");
    println!("portcullis      {best:>9.0} ns");
    println!("jwt-authorizer  {best_of_theirs:>9.0} ns");
    println!("{:.1} x", best_of_theirs / best);
    Ok(())
}
