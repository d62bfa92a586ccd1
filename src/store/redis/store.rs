//! A store on Redis.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::{
    Client, Cmd, ConnectionAddr, ErrorKind, FromRedisValue, Script, ScriptInvocation,
    ServerErrorKind,
};
use rustls::crypto::{CryptoProvider, aws_lc_rs};

use super::fault::Fault;
use crate::config::ConfigError;
use crate::store::StoreError;

/// How long an operation may take.
const DEADLINE: Duration = Duration::from_secs(2);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The longest wait between two attempts to connect.
const MAX_DELAY: Duration = Duration::from_millis(500);
const ATTEMPTS: usize = 3;
const PREFIX: &str = "portcullis:";
const MAX_PREFIX_LEN: usize = 64;

/// Keys, refresh families and what was seen, on a Redis server or cluster. A handle: clones share
/// the connection. **Read [what Redis must be told first](crate::store::redis)**, or it forgets.
///
/// An operation that is not done within the deadline (2 seconds, see
/// [`with_deadline`](Self::with_deadline)) is an error.
#[derive(Clone)]
pub struct RedisStore<C = ConnectionManager> {
    connection: C,
    prefix: Arc<str>,
    deadline: Duration,
}

impl RedisStore {
    /// Uses the server at a `redis://` address, or at a `rediss://` address by TLS, over one
    /// connection that is opened when it is needed and again when it breaks.
    ///
    /// If the program has not installed a provider of cryptography for `rustls`, the first
    /// `rediss://` address installs that of AWS-LC.
    ///
    /// # Errors
    /// [`ConfigError`] if the address cannot be read.
    ///
    /// # Panics
    /// If it is called outside of a Tokio runtime.
    pub fn connect(url: &str) -> Result<Self, ConfigError> {
        // The driver's own error could repeat the address, and with it the password.
        let unreadable = |_| ConfigError::new("the address of the Redis server cannot be read");
        let client = Client::open(url).map_err(unreadable)?;
        let address = client.get_connection_info().addr();
        if matches!(address, ConnectionAddr::TcpTls { .. })
            && CryptoProvider::get_default().is_none()
        {
            // It fails if somebody else was quicker, which is as well.
            let _ = aws_lc_rs::default_provider().install_default();
        }
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(DEADLINE))
            .set_number_of_retries(ATTEMPTS)
            .set_max_delay(MAX_DELAY);
        let manager =
            ConnectionManager::new_lazy_with_config(client, config).map_err(unreadable)?;
        Ok(Self::new(manager))
    }
}

/// A connection that a [`RedisStore`] can use: a `ConnectionManager`, a `MultiplexedConnection`, a
/// `ClusterConnection`, or another of the crate `redis` that can be cloned.
pub trait RedisConnection: ConnectionLike + Clone + Send + Sync + 'static {}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> RedisConnection for C {}

impl<C: RedisConnection> RedisStore<C> {
    /// Uses the author's own connection. Each command is about one slot of a cluster.
    #[must_use]
    pub fn new(connection: C) -> Self {
        Self {
            connection,
            prefix: PREFIX.into(),
            deadline: DEADLINE,
        }
    }

    /// Begins the names of all keys with `prefix` (default: `portcullis:`).
    ///
    /// # Errors
    /// [`ConfigError`] unless it is 1 to 64 visible ASCII characters, none of them a brace (braces
    /// tell a cluster where a key belongs).
    pub fn with_key_prefix(mut self, prefix: &str) -> Result<Self, ConfigError> {
        let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'{' | b'}');
        if !(1..=MAX_PREFIX_LEN).contains(&prefix.len()) || !prefix.bytes().all(fits) {
            return Err(ConfigError::new(
                "a key prefix must be 1 to 64 visible ASCII characters without braces",
            ));
        }
        self.prefix = prefix.into();
        Ok(self)
    }

    /// Has every operation end within `deadline` (default: 2 seconds), with an error if need be.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The name of the key of the thing `id` of a kind. All that belongs to one thing lies in one
    /// slot of a cluster.
    pub(super) fn name(&self, kind: &str, id: &str) -> String {
        format!("{}{kind}:{{{id}}}", self.prefix)
    }

    /// What the names of all keys of a kind look like to `SCAN`.
    pub(super) fn pattern(&self, kind: &str) -> String {
        let mut pattern = String::new();
        for character in self.prefix.chars() {
            if matches!(character, '*' | '?' | '[' | ']' | '^' | '\\') {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        format!("{pattern}{kind}:{{*}}")
    }

    /// What the script answers.
    pub(super) async fn invoke<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        self.attempt(script).await.map_err(error)
    }

    /// What the script answers, or why it does not.
    pub(super) async fn attempt<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Fault> {
        let mut connection = self.connection.clone();
        self.within(script.invoke_async(&mut connection)).await
    }

    /// What the server answers to the `call` of a script by its hash, which is told again to a
    /// server that does not know it (any more).
    pub(super) async fn call<T: FromRedisValue>(
        &self,
        script: &Script,
        call: &Cmd,
    ) -> Result<T, Fault> {
        let mut connection = self.connection.clone();
        let work = async {
            match call.query_async(&mut connection).await {
                Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                    script.load_async(&mut connection).await?;
                    call.query_async(&mut connection).await
                }
                answer => answer,
            }
        };
        self.within(work).await
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(super) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// What the command answers.
    pub(super) async fn query<T: FromRedisValue>(
        &self,
        command: &redis::Cmd,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection.clone();
        let answer = self.within(command.query_async(&mut connection)).await;
        answer.map_err(error)
    }

    async fn within<T>(
        &self,
        work: impl Future<Output = redis::RedisResult<T>>,
    ) -> Result<T, Fault> {
        match tokio::time::timeout(self.deadline, work).await {
            Ok(answer) => answer.map_err(Fault::from),
            Err(_) => Err(Fault::Late(self.deadline)),
        }
    }
}

pub(super) fn error(fault: Fault) -> StoreError {
    StoreError::new("redis", fault)
}

impl<C> fmt::Debug for RedisStore<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("prefix", &self.prefix)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_cannot_be_read_is_not_repeated() {
        let error = RedisStore::connect("redis://:hunter2@[x/").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[tokio::test]
    async fn a_prefix_has_no_braces_and_stands_before_every_key() {
        let store = RedisStore::connect("rediss://:hunter2@127.0.0.1:1/").unwrap();
        assert!(!format!("{store:?}").contains("hunter2"));
        let longest = "a".repeat(64);
        for (prefix, fits) in [
            ("acme:", true),
            (longest.as_str(), true),
            (&format!("{longest}a"), false),
            ("", false),
            ("a{b}", false),
            ("a b", false),
            ("\u{e9}", false),
        ] {
            let named = store.clone().with_key_prefix(prefix);
            assert_eq!(named.is_ok(), fits, "{prefix:?}");
        }
        let store = store.with_key_prefix("acme:").unwrap();
        assert_eq!(store.name("seen", "ab"), "acme:seen:{ab}");
        let store = store.with_key_prefix("a*[b]?").unwrap();
        assert_eq!(store.pattern("seen"), r"a\*\[b\]\?seen:{*}");
    }
}
