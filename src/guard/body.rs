//! The one guard that reads bodies: it stands before a whole service, and hands it what was judged.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use tower_service::Service;

use super::check::Stop;
use super::pass::Pass;
use super::service::reply;
use crate::body::bounded;

/// A decision about one request, taken from its head and its whole body. The service within is
/// given the very bytes that were judged.
pub trait BodyGuard: Send + Sync + 'static {
    /// The longest body that is read, in bytes.
    fn max_bytes(&self) -> usize;

    /// Refuses what the head alone gives away, before any of the body is read.
    ///
    /// # Errors
    /// The refusal.
    fn look(&self, head: &Parts) -> Result<(), Stop>;

    /// Lets the request in, or says why not. A guard that cannot decide refuses.
    fn judge(
        &self,
        head: &mut Parts,
        body: &Bytes,
    ) -> impl Future<Output = Result<Pass, Stop>> + Send;
}

/// Reads the body, asks its guard, then calls the service within.
pub struct BodyGuardService<S, G> {
    inner: S,
    guard: Arc<G>,
}

impl<S, G> BodyGuardService<S, G> {
    /// Puts `guard` before `inner`.
    pub fn new(inner: S, guard: G) -> Self {
        Self {
            inner,
            guard: Arc::new(guard),
        }
    }
}

type Answered<R, E> = Pin<Box<dyn Future<Output = Result<Response<R>, E>> + Send>>;

impl<S, G, B, R> Service<Request<B>> for BodyGuardService<S, G>
where
    S: Service<Request<Body>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    G: BodyGuard,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
    R: From<Bytes> + Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Answered<R, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let guard = Arc::clone(&self.guard);
        Box::pin(async move {
            let (mut head, body) = request.into_parts();
            match judged(&*guard, &mut head, Body::new(body)).await {
                Ok((pass, body)) => {
                    let request = Request::from_parts(head, Body::from(body));
                    let mut response = inner.call(request).await?;
                    pass.finish(&mut response);
                    Ok(response)
                }
                Err(stop) => Ok(reply(&head, stop)),
            }
        })
    }
}

async fn judged<G: BodyGuard>(
    guard: &G,
    head: &mut Parts,
    body: Body,
) -> Result<(Pass, Bytes), Stop> {
    guard.look(head)?;
    let body = bounded(head, body, guard.max_bytes()).await?;
    let pass = guard.judge(head, &body).await?;
    Ok((pass, body))
}

impl<S: Clone, G> Clone for BodyGuardService<S, G> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            guard: Arc::clone(&self.guard),
        }
    }
}

impl<S: fmt::Debug, G> fmt::Debug for BodyGuardService<S, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyGuardService")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
