//! The one [`Service`] of this crate.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use tower_service::Service;

use super::check::{Guard, Reply, Stop};
use super::future::GuardFuture;
use super::headway::Headway;
use super::pass::Pass;
use super::shield::Voice;
use crate::event;
use crate::identity::Facts;

/// Asks its guard, then calls the service within.
pub struct GuardService<S, G> {
    inner: S,
    guard: Arc<G>,
    voice: Voice,
}

impl<S, G> GuardService<S, G> {
    /// Puts `guard` before `inner`.
    pub fn new(inner: S, guard: G) -> Self {
        Self::speaking(inner, Arc::new(guard), Voice::default())
    }

    pub(super) fn speaking(inner: S, guard: Arc<G>, voice: Voice) -> Self {
        Self {
            inner,
            guard,
            voice,
        }
    }
}

impl Voice {
    /// Hands this voice to whatever stands further in; the innermost that was set is heard.
    pub(crate) fn lend_to(&self, head: &mut Parts) {
        if let Some(sink) = &self.sink {
            head.extensions.insert(sink.clone());
        }
        if let Some(renderer) = &self.renderer {
            head.extensions.insert(renderer.clone());
        }
    }
}

/// The response that ends the way of the request with this head.
fn reply<R: From<Bytes>>(head: &Parts, stop: Stop) -> Response<R> {
    let (reply, pass) = stop.into_parts();
    let mut response = match reply {
        Reply::Refusal(problem) => event::refuse(head, problem).into_http(),
        Reply::Answer(answer) => (*answer).map(R::from),
    };
    pass.finish(&mut response);
    response
}

fn knows_caller(head: &Parts) -> bool {
    Facts::caller(&head.extensions).principal().is_some()
}

impl<S, G, B, R> Service<Request<B>> for GuardService<S, G>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    G: Guard,
    B: Send + 'static,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = GuardFuture<S, B, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut head, body) = request.into_parts();
        self.voice.lend_to(&mut head);
        let was_known = knows_caller(&head);
        let (steps, pass) = match self.guard.begin(&mut head) {
            Headway::Decided(verdict) => {
                return match settle(&head, was_known, verdict) {
                    Ok(pass) => {
                        let request = Request::from_parts(head, body);
                        GuardFuture::within(self.inner.call(request), pass)
                    }
                    Err(response) => GuardFuture::outside(response),
                };
            }
            Headway::Waits { steps, pass } => (steps, pass),
        };
        let guard = Arc::clone(&self.guard);
        let decision = Box::pin(async move {
            let verdict = pass.then(guard.resume(&mut head, steps).await);
            settle(&head, was_known, verdict).map(|pass| (Request::from_parts(head, body), pass))
        });
        GuardFuture::begin(decision, &mut self.inner)
    }
}

/// Tells what was decided; the response is that of a request which is turned away.
fn settle<R: From<Bytes>>(
    head: &Parts,
    was_known: bool,
    verdict: Result<Pass, Stop>,
) -> Result<Pass, Response<R>> {
    if !was_known && knows_caller(head) {
        event::authenticated(head);
    }
    verdict.map_err(|stop| reply(head, stop))
}

impl<S: Clone, G> Clone for GuardService<S, G> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            guard: Arc::clone(&self.guard),
            voice: self.voice.clone(),
        }
    }
}

impl<S: fmt::Debug, G> fmt::Debug for GuardService<S, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardService")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
