//! A server on loopback whose paths are schemas, and a client that keeps its connection.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use portcullis::input::Schema;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Serves each of `schemas` under its number. What a body was read into is sent back.
pub(crate) async fn serve(schemas: Vec<Schema>) -> SocketAddr {
    let app = Router::new()
        .route("/{number}", post(answer))
        .with_state(Arc::new(schemas));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

async fn answer(
    State(schemas): State<Arc<Vec<Schema>>>,
    Path(number): Path<usize>,
    request: Request,
) -> Response {
    match schemas[number].read_request::<Value>(request).await {
        Ok(value) => value.to_string().into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// A connection that is used for one request after the other.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    /// Sends `body` as JSON to the schema of this number; the status and the body of the answer.
    pub(crate) async fn post(&mut self, number: usize, body: &[u8]) -> (u16, Value) {
        let mut request = format!(
            "POST /{number} HTTP/1.1\r\nhost: loopback\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.0.write_all(&request).await.unwrap();

        let (mut status, mut length) = (None, 0);
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            match line.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(_) => {}
                None => status = line.split(' ').nth(1).map(|code| code.parse().unwrap()),
            }
        }
        let mut answer = vec![0; length];
        self.0.read_exact(&mut answer).await.unwrap();
        (status.unwrap(), serde_json::from_slice(&answer).unwrap())
    }
}
