//! One question to another server, whatever client carries it.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::HeaderMap;
use http::{Method, Request, Response};

use super::endpoint::Endpoint;
use super::error::FetchError;

/// An HTTP client: put another one than [`HttpFetch`](super::HttpFetch) under everything that this
/// crate fetches, or a double in a test.
///
/// # What a client promises
/// - It carries the request to its address and to no other: **no redirect is followed**, the
///   answer that holds it is the answer.
/// - It stops reading after [`max_body`](Outgoing::max_body) bytes and answers
///   [`FetchError::TooLong`].
/// - It sends each request at most once, and leaves the body as it came (no decompression).
///
/// Status, media type and the total time are checked above it, by [`Fetcher`](super::Fetcher).
pub trait Fetch: fmt::Debug + Send + Sync + 'static {
    /// Carries `request` there and its answer back.
    fn fetch(&self, request: Outgoing) -> Fetching<'_>;
}

/// An answer on its way.
pub type Fetching<'a> =
    Pin<Box<dyn Future<Output = Result<Response<Bytes>, FetchError>> + Send + 'a>>;

/// A request to another server. Its `Debug` shows method and address alone, since headers and body
/// hold credentials.
pub struct Outgoing {
    pub(super) method: Method,
    pub(super) endpoint: Endpoint,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) max_body: usize,
    pub(super) timeout: Duration,
}

impl Outgoing {
    /// The method: GET or POST.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Where to.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body; empty for GET.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// How many bytes of the answer's body may be read.
    #[must_use]
    pub fn max_body(&self) -> usize {
        self.max_body
    }

    /// How long the whole exchange may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The request in the shape that most clients take.
    #[must_use]
    pub fn into_http(self) -> Request<Bytes> {
        let mut request = Request::new(self.body);
        *request.method_mut() = self.method;
        *request.headers_mut() = self.headers;
        // An address that was parsed as a URL is a URI; an empty one would be refused by any client.
        *request.uri_mut() = self.endpoint.as_str().parse().unwrap_or_default();
        request
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("method", &self.method)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
