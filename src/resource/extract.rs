//! The route that serves the document.

use axum::Router;
use axum::body::Body;
use axum::extract::OriginalUri;
use axum::routing::get;
use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Response, StatusCode};

use super::guard::ProtectedResource;
use crate::field::Text;

impl ProtectedResource {
    /// The route that serves the document, to be merged into the application's outermost router and
    /// outside its guards: it is for clients that have no token yet. `GET` and `HEAD` are answered;
    /// if the resource has a query, only under the same query.
    ///
    /// Any site's script may read it (`Access-Control-Allow-Origin: *`): the document is public and
    /// the same for everyone, no credential is looked at, and clients in browsers need it.
    ///
    /// # Panics
    /// When merged into a router that has a route of the same path already, as `axum` says.
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let document = Bytes::from(self.members.to_json());
        let mut age = Text::default();
        age.push(b"public, max-age=").push_number(self.max_age);
        let mut headers = HeaderMap::with_capacity(3);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, age.value());
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        let query = self.place.query.clone();
        let serve = move |OriginalUri(uri): OriginalUri| {
            let known = query.is_none() || query.as_deref() == uri.query();
            let answer = if known {
                let mut answer = Response::new(Body::from(document.clone()));
                answer.headers_mut().clone_from(&headers);
                answer
            } else {
                let mut answer = Response::new(Body::empty());
                *answer.status_mut() = StatusCode::NOT_FOUND;
                answer
            };
            std::future::ready(answer)
        };
        Router::new().route(&self.place.path, get(serve))
    }
}
