//! A certified `OpenID` provider in a process of its own.

use std::io;
use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;
use tokio::time::timeout;

use super::place::{LIMIT, command};
use super::wire::{Reply, exchange};

/// The resource for which it issues tokens, and so their audience.
pub(crate) const API: &str = "https://api.example.com";
/// The one client that the provider knows.
pub(crate) const CLIENT_ID: &str = "portcullis-tests";
/// Its secret; it authenticates with `client_secret_basic`.
pub(crate) const CLIENT_SECRET: &str = "only-for-loopback-0123456789abcdef";

/// How a provider is down.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outage {
    /// It answers 503.
    Unavailable,
    /// It tears the connection.
    Torn,
    /// It takes the request and never answers.
    Silent,
}

/// oidc-provider on a free loopback port; `tests/interop/provider.mjs` says what it does. It ends
/// when this is dropped.
#[derive(Debug)]
pub(crate) struct Provider {
    issuer: String,
    address: SocketAddr,
    _process: Child,
}

impl Provider {
    /// Starts one, with arguments such as `["--alg", "RS256", "--ttl", "60"]`, and waits until it serves.
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let mut process = command("provider.mjs")
            .args(["--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET])
            .args(arguments)
            .spawn()
            .expect("Node.js does not start: run tests/run.sh, which installs it");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = timeout(LIMIT, lines.next_line())
            .await
            .expect("the provider was not ready in time")
            .unwrap()
            .expect("the provider ended at its start: its reason is above; tests/run.sh installs what it needs");
        let ready: Value = serde_json::from_str(&ready).unwrap();
        let issuer = ready["issuer"].as_str().unwrap().to_owned();
        let address = issuer.strip_prefix("http://").unwrap().parse().unwrap();
        Self {
            issuer,
            address,
            _process: process,
        }
    }

    /// The issuer: `http://127.0.0.1:PORT`, without a slash at its end.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Fetches `path`.
    pub(crate) async fn get(&self, path: &str) -> io::Result<Reply> {
        exchange(self.address, &format!("GET {path}"), &[], "").await
    }

    /// Posts a form as the client that the provider knows, with more headers if any.
    pub(crate) async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        form: &[(&str, &str)],
    ) -> io::Result<Reply> {
        let basic = format!(
            "Basic {}",
            STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"))
        );
        let mut all = vec![
            ("authorization", basic.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        all.extend_from_slice(headers);
        let fields: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        exchange(
            self.address,
            &format!("POST {path}"),
            &all,
            &fields.join("&"),
        )
        .await
    }

    /// An access token for `resource`, or with `None` an opaque one; with a `DPoP` proof for
    /// `POST {issuer}/token`, one bound to the proof's key.
    pub(crate) async fn access_token(
        &self,
        resource: Option<&str>,
        scope: &str,
        proof: Option<&str>,
    ) -> String {
        let mut form = vec![("grant_type", "client_credentials"), ("scope", scope)];
        form.extend(resource.map(|resource| ("resource", resource)));
        let headers: Vec<_> = proof.map(|proof| ("dpop", proof)).into_iter().collect();
        let reply = self.post("/token", &headers, &form).await.unwrap();
        assert_eq!(reply.status, 200, "no token: {reply:?}");
        reply.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// What the provider says of an opaque token (RFC 7662).
    pub(crate) async fn introspect(&self, token: &str) -> Value {
        let form = [("token", token)];
        let reply = self.post("/token/introspection", &[], &form).await.unwrap();
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    /// Takes an opaque token back (RFC 7009).
    pub(crate) async fn revoke(&self, token: &str) {
        let form = [("token", token)];
        let reply = self.post("/token/revocation", &[], &form).await.unwrap();
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// The `kid`s that it publishes now.
    pub(crate) async fn kids(&self) -> Vec<String> {
        let keys = self.get("/jwks").await.unwrap().json();
        let keys = keys["keys"].as_array().unwrap();
        keys.iter()
            .map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Signs with new keys from now on. The old ones stay published beside them.
    pub(crate) async fn rotate(&self) {
        self.pull("POST /__test/rotate").await;
    }

    /// Signs with new keys from now on, and publishes the old ones no longer.
    pub(crate) async fn rotate_and_drop(&self) {
        self.pull("POST /__test/rotate?drop=1").await;
    }

    /// Goes down for all but this type's own levers.
    pub(crate) async fn go_down(&self, outage: Outage) {
        let how = match outage {
            Outage::Unavailable => "503",
            Outage::Torn => "drop",
            Outage::Silent => "hang",
        };
        self.pull(&format!("POST /__test/down?how={how}")).await;
    }

    /// Serves again. A request that met a silent provider stays unanswered.
    pub(crate) async fn come_up(&self) {
        self.pull("POST /__test/up").await;
    }

    /// How many requests for `path` have come in since the start, answered or not.
    pub(crate) async fn hits(&self, path: &str) -> u64 {
        self.pull("GET /__test/hits").await[path]
            .as_u64()
            .unwrap_or(0)
    }

    async fn pull(&self, lever: &str) -> Value {
        let reply = exchange(self.address, lever, &[], "").await.unwrap();
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }
}

/// `value` for a form (the URL standard's `application/x-www-form-urlencoded`).
fn encoded(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
