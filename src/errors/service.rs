//! The service that no error leaves as it is.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::CatchUnwind;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::layer::Plan;
use super::mend::Mender;

/// A service whose errors are generic.
#[derive(Clone, Debug)]
pub struct ErrorsService<S> {
    inner: S,
    plan: Arc<Plan>,
}

impl<S> ErrorsService<S> {
    pub(super) fn new(inner: S, plan: Arc<Plan>) -> Self {
        Self { inner, plan }
    }
}

impl<S, B, R> Service<Request<B>> for ErrorsService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ErrorsFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut head, body) = request.into_parts();
        let mender = Mender::new(&self.plan, &mut head);
        let request = Request::from_parts(head, body);
        // What is left of a service that panicked serves the next request as best it can, which is
        // what a panic in a task of its own would come to.
        let answer = catch_unwind(AssertUnwindSafe(|| self.inner.call(request)));
        ErrorsFuture {
            answer: answer
                .ok()
                .map(|answer| AssertUnwindSafe(answer).catch_unwind()),
            mender: Some(mender),
        }
    }
}

pin_project! {
    /// The response of an [`ErrorsService`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct ErrorsFuture<F> {
        // None if the service panicked.
        #[pin]
        answer: Option<CatchUnwind<AssertUnwindSafe<F>>>,
        mender: Option<Mender>,
    }
}

impl<F, R, E> Future for ErrorsFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: From<Bytes>,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = match this.answer.as_pin_mut() {
            Some(answer) => ready!(answer.poll(cx)).ok(),
            None => None,
        };
        let Some(mender) = this.mender.take() else {
            return Poll::Pending; // it has answered before
        };
        Poll::Ready(match answer {
            Some(answer) => answer.map(|response| mender.mended(response)),
            None => Ok(mender.panicked()),
        })
    }
}

impl<F> fmt::Debug for ErrorsFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorsFuture").finish_non_exhaustive()
    }
}
