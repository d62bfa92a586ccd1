//! The rules that every outgoing request obeys.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, IF_NONE_MATCH};
use http::{Method, Response};

use super::endpoint::Endpoint;
use super::error::FetchError;
use super::exchange::{Fetch, Outgoing};
use super::http_fetch::HttpFetch;
use super::reply::{Reply, accept};
use crate::config::ConfigError;

const TIMEOUT: Duration = Duration::from_secs(5);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(15);
const MAX_BODY: usize = 64 * 1024;

/// Asks other servers, within bounds: the whole exchange takes at most 5 seconds, an answer is at
/// most 64 KiB of uncompressed JSON with status 200, and redirects are not followed. A handle:
/// clones share one client.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: Arc<dyn Fetch>,
    timeout: Duration,
    max_body: usize,
}

impl Fetcher {
    /// A fetcher with the client that comes with this crate.
    ///
    /// # Errors
    /// [`ConfigError`] if [`HttpFetch::new`] has one.
    pub fn new() -> Result<Self, ConfigError> {
        HttpFetch::new().map(Self::over)
    }

    /// A fetcher with a client of your own.
    #[must_use]
    pub fn over(client: impl Fetch) -> Self {
        Self {
            client: Arc::new(client),
            timeout: TIMEOUT,
            max_body: MAX_BODY,
        }
    }

    /// Gives each exchange at most `timeout` (default: 5 seconds; more than 15 are 15). A caller
    /// may have to wait that long.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(LONGEST_TIMEOUT);
        self
    }

    /// Reads answers of at most `bytes` (default: 64 KiB).
    #[must_use]
    pub fn with_max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// How long an exchange may take.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The document at `endpoint`, or that it still is the one with `etag`.
    pub(super) async fn get(
        &self,
        endpoint: Endpoint,
        etag: Option<HeaderValue>,
    ) -> Result<Reply, FetchError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(JSON));
        let asked_for_change = etag.is_some();
        if let Some(etag) = etag {
            headers.insert(IF_NONE_MATCH, etag);
        }
        let request = self.request(Method::GET, endpoint, headers, Bytes::new());
        accept(
            self.exchange(request).await?,
            asked_for_change,
            self.max_body,
        )
    }

    /// The answer to a form sent to `endpoint`. It is sent once: whether to ask again is for the
    /// caller to say.
    pub(crate) async fn post_form(
        &self,
        endpoint: Endpoint,
        form: String,
        authorization: Option<HeaderValue>,
    ) -> Result<Bytes, FetchError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(JSON));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
        if let Some(mut authorization) = authorization {
            authorization.set_sensitive(true);
            headers.insert(AUTHORIZATION, authorization);
        }
        let request = self.request(Method::POST, endpoint, headers, form.into());
        let reply = accept(self.exchange(request).await?, false, self.max_body)?;
        Ok(reply.body.unwrap_or_default())
    }

    fn request(
        &self,
        method: Method,
        endpoint: Endpoint,
        headers: HeaderMap,
        body: Bytes,
    ) -> Outgoing {
        Outgoing {
            method,
            endpoint,
            headers,
            body,
            max_body: self.max_body,
            timeout: self.timeout,
        }
    }

    /// The time is kept here as well, since a client of the author's own may forget to.
    async fn exchange(&self, request: Outgoing) -> Result<Response<Bytes>, FetchError> {
        tokio::time::timeout(self.timeout, self.client.fetch(request))
            .await
            .unwrap_or(Err(FetchError::TimedOut))
    }
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
