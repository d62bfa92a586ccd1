//! The service that holds a request to its limits.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::future::LoadFuture;
use super::held::HeldBody;
use super::plan::Plan;
use super::upload::UploadBody;
use crate::event;

/// A service within limits.
pub struct LoadService<S> {
    inner: S,
    plan: Arc<Plan>,
}

impl<S> LoadService<S> {
    pub(super) fn new(inner: S, plan: Arc<Plan>) -> Self {
        Self { inner, plan }
    }
}

impl<S, B, R> Service<Request<B>> for LoadService<S>
where
    S: Service<Request<UploadBody<B>>, Response = Response<R>> + Clone,
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    R: Body + From<Bytes>,
{
    type Response = Response<HeldBody<R>>;
    type Error = S::Error;
    type Future = LoadFuture<S, B, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (head, body) = request.into_parts();
        match self.plan.admit(&head, body.size_hint().lower()) {
            Ok((hold, None)) => {
                let request = Request::from_parts(head, body);
                LoadFuture::within(&self.plan, &mut self.inner, request, hold)
            }
            Ok((hold, Some(waiting))) => {
                // The service that was polled ready is taken along, and its clone stays behind.
                let next = self.inner.clone();
                let inner = std::mem::replace(&mut self.inner, next);
                let request = Request::from_parts(head, body);
                LoadFuture::before(Arc::clone(&self.plan), inner, request, hold, waiting)
            }
            Err(problem) => {
                let response = event::refuse(&head, problem).into_http();
                LoadFuture::outside(response.map(HeldBody::free))
            }
        }
    }
}

impl<S: Clone> Clone for LoadService<S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            plan: Arc::clone(&self.plan),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for LoadService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadService")
            .field("inner", &self.inner)
            .field("plan", &self.plan)
            .finish()
    }
}
