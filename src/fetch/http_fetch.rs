//! The HTTP client that comes with this crate.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::Response;
use reqwest::Client;
use reqwest::redirect::Policy;
use reqwest::tls::Certificate;

use super::error::FetchError;
use super::exchange::{Fetch, Fetching, Outgoing};
use crate::config::ConfigError;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The HTTP client that comes with this crate: HTTP/1.1 over TLS 1.2 or 1.3, trusting the
/// certificates that the machine trusts. It follows no redirect, heeds no proxy of the environment,
/// keeps no cookies, decompresses nothing, sends nothing twice, and gives up a connection that has
/// not come about within 2 seconds.
#[derive(Clone, Debug)]
pub struct HttpFetch(Client);

impl HttpFetch {
    /// A client that trusts the certificates that the machine trusts.
    ///
    /// # Errors
    /// [`ConfigError`] if the machine has none.
    pub fn new() -> Result<Self, ConfigError> {
        Self::trusting(Vec::new())
    }

    /// A client that trusts the certificate authorities in `pem` and no other, for servers within
    /// an organisation.
    ///
    /// # Errors
    /// [`ConfigError`] if there is none in `pem`.
    pub fn trusting_only(pem: &[u8]) -> Result<Self, ConfigError> {
        let fault = || ConfigError::new("the text holds no PEM certificate of an authority");
        let certificates = Certificate::from_pem_bundle(pem).map_err(|_| fault())?;
        if certificates.is_empty() {
            return Err(fault());
        }
        Self::trusting(certificates)
    }

    /// Trusts these, or if there is none, those that the machine trusts.
    fn trusting(certificates: Vec<Certificate>) -> Result<Self, ConfigError> {
        let mut builder = Client::builder()
            .user_agent(concat!("portcullis/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            // Another crate in the application may have brought these features in.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd();
        if !certificates.is_empty() {
            builder = builder.tls_certs_only(certificates);
        }
        builder.build().map(Self).map_err(|error| {
            ConfigError::new(format!(
                "the HTTP client cannot be built; does the machine have CA certificates? ({error})"
            ))
        })
    }

    async fn exchange(&self, request: Outgoing) -> Result<Response<Bytes>, FetchError> {
        let (max_body, timeout) = (request.max_body, request.timeout);
        let request =
            reqwest::Request::try_from(request.into_http()).map_err(FetchError::unreachable)?;
        let sent = reqwest::RequestBuilder::from_parts(self.0.clone(), request).timeout(timeout);
        let mut answer = sent.send().await.map_err(told)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(told)? {
            if chunk.len() > max_body.saturating_sub(body.len()) {
                return Err(FetchError::TooLong(max_body));
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

impl Fetch for HttpFetch {
    fn fetch(&self, request: Outgoing) -> Fetching<'_> {
        Box::pin(self.exchange(request))
    }
}

/// The client's error in the terms of this crate, without the address.
fn told(error: reqwest::Error) -> FetchError {
    if error.is_timeout() {
        FetchError::TimedOut
    } else {
        FetchError::unreachable(error.without_url())
    }
}
