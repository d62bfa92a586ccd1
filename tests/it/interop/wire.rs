//! The smallest HTTP client that will do on loopback: one request a connection.

use std::io;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::place::LIMIT;

const LARGEST_REPLY: u64 = 1 << 20;

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    body: String,
}

impl Reply {
    /// The body as JSON; `Null` for an empty or foreign one.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (own, value) = line.split_once(": ")?;
            own.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    fn parse(bytes: Vec<u8>) -> io::Result<Self> {
        let text = String::from_utf8(bytes).map_err(io::Error::other)?;
        let (head, body) = text
            .split_once("\r\n\r\n")
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .ok_or(io::ErrorKind::InvalidData)?;
        let reply = Self {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        };
        assert!(
            reply.header("transfer-encoding").is_none(),
            "this client cannot read chunks"
        );
        Ok(reply)
    }
}

/// Sends one request and reads the answer to its end. A connection that is refused or torn is an
/// error of its own kind, and one that stays silent past the limit is `TimedOut`.
pub(crate) async fn exchange(
    server: SocketAddr,
    line: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Reply> {
    let headers: String = headers
        .iter()
        .flat_map(|(name, value)| [*name, ": ", *value, "\r\n"])
        .collect();
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\n\
         content-length: {length}\r\n{headers}\r\n{body}"
    );
    timeout(LIMIT, async {
        let mut connection = TcpStream::connect(server).await?;
        connection.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        connection
            .take(LARGEST_REPLY)
            .read_to_end(&mut answer)
            .await?;
        Reply::parse(answer)
    })
    .await?
}
