//! A server on a loopback socket, a client that sends what it is told, and bodies that go on.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http_body::Frame;
use portcullis::guard::Shield;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::introduced::Ear;

/// `app`, with an ear for what it tells.
pub(crate) fn heard(app: Router) -> (Router, Ear) {
    let ear = Ear::default();
    let shield = Shield::new().with_events(ear.clone());
    (app.layer(shield), ear)
}

/// Serves `app` until the test is over.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// A connection on which `sent` has been sent.
pub(crate) async fn connect(address: SocketAddr, sent: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(sent.as_bytes()).await.unwrap();
    socket
}

/// A request for `path` on a connection that the server closes after it.
pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
}

/// The head and the body of the answer, up to the end of the connection.
pub(crate) async fn answer(socket: &mut TcpStream) -> (String, Value) {
    let mut answer = Vec::new();
    // A server that does not read a body to its end resets the connection after its answer.
    let _ = socket.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap().to_lowercase();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (
        head.to_owned(),
        serde_json::from_str(body).unwrap_or_default(),
    )
}

/// Reads until `text` has come.
pub(crate) async fn read_until(socket: &mut TcpStream, text: &str) {
    let mut come = String::new();
    while !come.contains(text) {
        let mut piece = [0; 256];
        let count = socket.read(&mut piece).await.unwrap();
        assert!(count > 0, "the connection ended after {come:?}");
        come.push_str(std::str::from_utf8(&piece[..count]).unwrap());
    }
}

/// Waits until `is` says so.
pub(crate) async fn until(is: impl Fn() -> bool) {
    for _ in 0..10_000 {
        if is() {
            return;
        }
        // The clock of these tests stands, so this takes no longer than the tasks that are due.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("it never came to that");
}

/// A body that says `first`, and then waits for what it is told.
pub(crate) struct Lasting {
    said: bool,
    ends: Pin<Box<dyn Future<Output = ()> + Send>>,
    panics: bool,
}

impl Lasting {
    /// Ends when it is notified.
    pub(crate) fn until(end: Arc<Notify>) -> Body {
        Self::told(end, false)
    }

    /// Panics when it is notified.
    pub(crate) fn until_panic(end: Arc<Notify>) -> Body {
        Self::told(end, true)
    }

    fn told(end: Arc<Notify>, panics: bool) -> Body {
        Body::new(Self {
            said: false,
            ends: Box::pin(async move { end.notified().await }),
            panics,
        })
    }
}

impl http_body::Body for Lasting {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if !std::mem::replace(&mut self.said, true) {
            let first = Bytes::from_static(b"first");
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        std::task::ready!(self.ends.as_mut().poll(cx));
        assert!(!self.panics, "the body was told to");
        Poll::Ready(None)
    }
}
