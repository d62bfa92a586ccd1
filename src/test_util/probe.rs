//! The request that attacks are tried with.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Uri};

/// A request that an application answers with success if it shows a good token. A text is a `GET`
/// of that path.
#[derive(Clone, Debug)]
pub struct Probe(Request<Bytes>);

impl Probe {
    /// A `GET` of `path`.
    ///
    /// # Panics
    /// If `path` is none.
    #[must_use]
    pub fn get(path: &str) -> Self {
        Self::of(Method::GET, path, Bytes::new())
    }

    /// A `POST` of a JSON body to `path`.
    ///
    /// # Panics
    /// If `path` is none.
    #[must_use]
    pub fn post_json(path: &str, body: &serde_json::Value) -> Self {
        let Self(mut request) = Self::of(Method::POST, path, body.to_string().into());
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, json);
        Self(request)
    }

    fn of(method: Method, path: &str, body: Bytes) -> Self {
        let Ok(uri) = path.parse::<Uri>() else {
            panic!("{path:?} is no path");
        };
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        Self(request)
    }

    pub(super) fn request(&self) -> Request<Bytes> {
        self.0.clone()
    }
}

impl From<&str> for Probe {
    fn from(path: &str) -> Self {
        Self::get(path)
    }
}

/// Any other request, with headers of its own. A credential in `Authorization` is replaced.
impl From<Request<Bytes>> for Probe {
    fn from(request: Request<Bytes>) -> Self {
        Self(request)
    }
}
