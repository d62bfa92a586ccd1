//! The HTTP client that comes with the crate, against a server that misbehaves on order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portcullis::clock::ManualClock;
use portcullis::fetch::{
    Discovery, Document, Endpoint, FetchError, Fetcher, HttpFetch, Malformed, Refreshed,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;

/// A server that writes what it is told to, byte by byte, and counts who asks.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: String,
    script: Arc<Mutex<Script>>,
    hits: Arc<AtomicUsize>,
    pub(crate) requests: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
pub(crate) enum Script {
    Say(Vec<u8>),
    /// Says this and then never another word.
    Hang(Vec<u8>),
    /// Says this for ever.
    Endless(Vec<u8>),
}

impl Server {
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            script: Arc::new(Mutex::new(script)),
            hits: Arc::default(),
            requests: Arc::default(),
        };
        let this = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(this.clone().serve(stream));
            }
        });
        server
    }

    async fn serve(self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut request = Vec::new();
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                return;
            }
        }
        self.hits.fetch_add(1, Ordering::SeqCst);
        self.requests
            .lock()
            .unwrap()
            .push(String::from_utf8(request).unwrap());
        let script = self.script.lock().unwrap().clone();
        match script {
            Script::Say(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
            }
            Script::Hang(bytes) => {
                let _ = stream.write_all(&bytes).await;
                std::future::pending::<()>().await;
            }
            Script::Endless(bytes) => {
                let _ = stream.write_all(&bytes).await;
                while stream.write_all(&[b' '; 1_024]).await.is_ok() {}
            }
        }
    }

    /// The same behind TLS, and the certificate of whoever vouches for it, as PEM.
    async fn start_tls(names: &[&str], script: Script) -> (Self, String) {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], made.signing_key.into())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: format!("https://{}", listener.local_addr().unwrap()),
            script: Arc::new(Mutex::new(script)),
            hits: Arc::default(),
            requests: Arc::default(),
        };
        let this = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(stream) = acceptor.accept(stream).await {
                    tokio::spawn(this.clone().serve(stream));
                }
            }
        });
        (server, made.cert.pem())
    }

    pub(crate) fn says(&self, script: Script) {
        *self.script.lock().unwrap() = script;
    }

    pub(crate) fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }

    fn names(&self, clock: &ManualClock, timeout: Duration) -> Refreshed<Vec<String>> {
        let endpoint = format!("{}/keys", self.address);
        let endpoint = Endpoint::dangerous_allow_http_on_loopback(&endpoint).unwrap();
        let fetcher = Fetcher::over(HttpFetch::new().unwrap()).with_timeout(timeout);
        Refreshed::new(Document::at(fetcher, endpoint, parse)).with_clock(clock.clone())
    }
}

fn parse(bytes: &[u8]) -> Result<Vec<String>, Malformed> {
    match serde_json::from_slice::<Vec<String>>(bytes) {
        Ok(names) if !names.is_empty() => Ok(names),
        _ => Err(Malformed::new("no_names")),
    }
}

pub(crate) fn answer(head: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").into()
}

pub(crate) fn json(head: &str, body: &str) -> Script {
    Script::Say(answer(
        &format!("200 OK\r\ncontent-type: application/json{head}"),
        body,
    ))
}

const SOON: Duration = Duration::from_millis(100);
const LATE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn whatever_the_server_does_the_last_good_value_stays_and_no_redirect_is_followed() {
    let elsewhere = Server::start(json("", r#"["theirs"]"#)).await;
    let redirect = |status: &str| {
        let head = format!("{status}\r\nlocation: {}/", elsewhere.address);
        Script::Say(answer(&head, ""))
    };
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n".to_vec();
    let long = format!("[{:?}]", "x".repeat(65 * 1_024));
    let ok = "200 OK\r\ncontent-type:";
    for (name, script, timeout, is_as_told) in [
        (
            "hangs before the head",
            Script::Hang(vec![]),
            SOON,
            (|error| matches!(error, FetchError::TimedOut)) as fn(&FetchError) -> bool,
        ),
        (
            "hangs within the head",
            Script::Hang(head.clone()),
            SOON,
            |error| matches!(error, FetchError::TimedOut),
        ),
        (
            "hangs within the body",
            Script::Hang([&head[..], b"content-length: 9\r\n\r\n[\"a\""].concat()),
            SOON,
            |error| matches!(error, FetchError::TimedOut),
        ),
        (
            "breaks off within the body",
            Script::Say([&head[..], b"content-length: 9\r\n\r\n[\"a\""].concat()),
            LATE,
            |error| matches!(error, FetchError::Unreachable(_)),
        ),
        ("says nothing", Script::Say(vec![]), LATE, |error| {
            matches!(error, FetchError::Unreachable(_))
        }),
        (
            "is no HTTP server",
            Script::Say(b"SSH-2.0-x\r\n".to_vec()),
            LATE,
            |error| matches!(error, FetchError::Unreachable(_)),
        ),
        (
            "fails",
            Script::Say(answer("500 Oh", "[\"a\"]")),
            LATE,
            |error| matches!(error, FetchError::Status(status) if status.as_u16() == 500),
        ),
        (
            "shows a page",
            Script::Say(answer(&format!("{ok} text/html"), "[\"a\"]")),
            LATE,
            |error| matches!(error, FetchError::NotJson),
        ),
        ("has no keys", json("", "[]"), LATE, |error| {
            matches!(error, FetchError::Malformed(_))
        }),
        ("says too much", json("", &long), LATE, |error| {
            matches!(error, FetchError::TooLong(65_536))
        }),
        (
            "compresses",
            json("\r\ncontent-encoding: gzip", "\u{1f}\u{8}"),
            LATE,
            |error| matches!(error, FetchError::NotJson),
        ),
        (
            "says 304 unasked",
            Script::Say(answer("304 Same", "")),
            LATE,
            |error| matches!(error, FetchError::Redirected),
        ),
        ("redirects", redirect("302 Found"), LATE, |error| {
            matches!(error, FetchError::Redirected)
        }),
        ("redirects for good", redirect("308 Moved"), LATE, |error| {
            matches!(error, FetchError::Redirected)
        }),
    ] {
        let server = Server::start(json("", r#"["a"]"#)).await;
        let clock = ManualClock::default();
        let names = server.names(&clock, timeout);
        names.get().await.unwrap();
        server.says(script);
        assert!(names.reload().await.is_err(), "{name}");
        let error = names.status().last_error.unwrap();
        assert!(is_as_told(&error), "{name}: {error:?}");
        assert_eq!(*names.get().await.unwrap(), ["a"], "{name}");
        assert_eq!(server.hits(), 2, "{name}: nothing is sent twice");
    }
    assert_eq!(elsewhere.hits(), 0);
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n".to_vec();
    let server = Server::start(Script::Endless(head)).await;
    let refused = server
        .names(&ManualClock::default(), LATE)
        .get()
        .await
        .unwrap_err();
    assert!(matches!(refused.cause(), Some(FetchError::TooLong(65_536))));
}

#[tokio::test]
async fn an_unchanged_document_is_not_sent_again() {
    let server = Server::start(json("\r\netag: \"v1\"", r#"["a"]"#)).await;
    let clock = ManualClock::default();
    let names = server.names(&clock, LATE);
    names.get().await.unwrap();
    server.says(Script::Say(b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec()));
    clock.advance(Duration::from_mins(10));
    assert_eq!(*names.get().await.unwrap(), ["a"]);
    assert_eq!(names.status().age, Some(Duration::ZERO));
    let requests = server.requests.lock().unwrap().clone();
    assert!(!requests[0].contains("if-none-match"));
    assert!(requests[1].contains("if-none-match: \"v1\"\r\n"));
    for header in ["accept-encoding", "cookie", "referer", "authorization"] {
        assert!(!requests[1].contains(header), "{header}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let server = Server::start(Script::Say(vec![])).await;
    let nobody = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let server = Server {
        address: format!("http://{nobody}"),
        ..server
    };
    let names = server.names(&ManualClock::default(), LATE);
    let refused = names.get().await.unwrap_err();
    assert!(matches!(refused.cause(), Some(FetchError::Unreachable(_))));
    assert!(!names.status().is_ready);
    let told = format!("{refused:?}");
    assert!(!told.contains("/keys"), "{told}");
}

#[tokio::test]
async fn plain_http_is_not_spoken_even_if_a_server_names_it() {
    let server = Server::start(Script::Say(vec![])).await;
    assert!(Endpoint::https(&server.address).is_err());
    let fetcher = Fetcher::new().unwrap();
    assert!(Discovery::openid(&server.address, fetcher.clone()).is_err());
    let issuer = Discovery::dangerous_allow_http_on_loopback(&server.address, fetcher).unwrap();
    let metadata = format!(
        r#"{{"issuer":"{}","jwks_uri":"http://id.example/keys"}}"#,
        server.address
    );
    server.says(json("", &metadata));
    let refused = issuer.metadata().await.unwrap_err();
    assert!(matches!(refused.cause(), Some(FetchError::Malformed(_))));
    let request = server.requests.lock().unwrap()[0].clone();
    assert!(request.starts_with("GET /.well-known/openid-configuration HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_server_must_prove_its_name_to_those_who_trust_its_authority() {
    let names = json("", r#"["a"]"#);
    let (ours, pem) = Server::start_tls(&["127.0.0.1"], names.clone()).await;
    let (misnamed, other_pem) = Server::start_tls(&["id.example"], names).await;
    for (server, client, trusted) in [
        (&ours, HttpFetch::trusting_only(pem.as_bytes()), true),
        (&ours, HttpFetch::trusting_only(other_pem.as_bytes()), false),
        (&ours, HttpFetch::new(), false),
        (
            &misnamed,
            HttpFetch::trusting_only(other_pem.as_bytes()),
            false,
        ),
    ] {
        let endpoint = Endpoint::https(&server.address).unwrap();
        let fetcher = Fetcher::over(client.unwrap());
        let found = Refreshed::new(Document::at(fetcher, endpoint, parse))
            .get()
            .await;
        match found {
            Ok(names) => assert!(trusted && *names == ["a"]),
            Err(refused) => {
                assert!(!trusted, "{refused:?}");
                assert!(matches!(refused.cause(), Some(FetchError::Unreachable(_))));
            }
        }
    }
    assert_eq!((ours.hits(), misnamed.hits()), (1, 0));
    assert!(HttpFetch::trusting_only(b"no certificate").is_err());
}
