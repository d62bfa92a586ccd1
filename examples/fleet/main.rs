//! Two nodes, one Redis, one quota. Run it and paste what it prints:
//! `cargo run --example fleet --features redis -- redis://127.0.0.1:6379`.
//!
//! Six requests a minute are let in, whichever node they come to. While Redis is away each node
//! gives half of it.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use portcullis::rate_limit::{Quota, RateLimit};
use portcullis::secret::Secret;
use portcullis::store::redis::{RedisQuotas, RedisStore};
use portcullis::store::{FailingOver, Quotas};
use tokio::net::TcpListener;

const NODES: u32 = 2;

/// What each node of a fleet does: it has its own connection, and the secret is the same at all.
async fn node(redis: &str, secret: &Secret<Vec<u8>>) -> Result<SocketAddr, Box<dyn Error>> {
    let redis = RedisQuotas::over(RedisStore::connect(redis)?, secret)?;
    let redis: Arc<dyn Quotas> = Arc::new(redis);
    let quotas = FailingOver::local(redis, NODES)?;
    let quota = Quota::sliding_window(6, Duration::from_mins(1));
    let limit = RateLimit::per_client(quota)?.with_store(Arc::new(quotas));
    let app = Router::new().route("/articles", get(|| async { "all of them" }).layer(limit));

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    Ok(address)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let redis = std::env::args().nth(1);
    let redis = redis.as_deref().unwrap_or("redis://127.0.0.1:6379");
    // A fleet reads it from its configuration. As it is new here, so are the quotas of each run.
    let secret = Secret::new(rand::random::<[u8; 32]>().to_vec());
    let (one, other) = (node(redis, &secret).await?, node(redis, &secret).await?);

    println!("Two nodes share the quotas in {redis}\n");
    println!("ONE='http://{one}/articles'");
    println!("OTHER='http://{other}/articles'\n");
    println!("# 200 for the first request, to one node");
    println!("curl -si $ONE");
    println!("# 200 for the next five, to either");
    println!("for node in $OTHER $ONE $OTHER $ONE $OTHER; do curl -si $node; done");
    println!("# 429 for the seventh, at the one node");
    println!("curl -si $ONE");
    println!("# 429 and at the other");
    println!("curl -si $OTHER");
    println!("\nPress Ctrl-C to stop.");
    std::future::pending().await
}
