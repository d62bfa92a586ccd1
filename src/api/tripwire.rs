//! The wire around an application that a response trips which no policy has seen.

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Method, Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::event::{self, EventSink};
use crate::guard::Voice;
use crate::problem::{Kind, Problem, Render};

thread_local! {
    /// Whether a policy has been met by the request that this thread is busy with.
    static MET: Cell<bool> = const { Cell::new(false) };
}

/// A policy has been asked about the request at hand.
pub(super) fn policy_is_met() {
    MET.set(true);
}

/// Stops what leaves an application although no [`Policy`](super::Policy) has seen its request: a
/// route that was added to the finished router, a raw router merged into it, a fallback. The caller
/// gets 500, the event says `no_policy_met`.
///
/// [`Api::into_service`](super::Api::into_service) and its like put it around the whole. Whoever
/// adds to the router that [`Api::into_router`](super::Api::into_router) gives lays it around
/// the result, as the last step:
///
/// ```
/// use axum::{Router, routing::get};
/// use portcullis::api::{Api, Tripwire, public};
/// use tower_layer::Layer;
///
/// # fn main() -> Result<(), portcullis::config::ConfigError> {
/// let api: Api = Api::new(public("a test"));
/// let router = api.into_router()?.route("/forgotten", get(|| async { "secrets" }));
/// let app = Tripwire::new().layer(router); // GET /forgotten: 500
/// # let _ = app;
/// # Ok(())
/// # }
/// ```
///
/// Only what stands within is watched. A layer between the wire and the routes that answers by
/// itself, before any policy is asked, trips it too: put such a layer around the wire. So does
/// a service that hands requests to another task.
#[derive(Clone, Default)]
pub struct Tripwire {
    voice: Voice,
}

/// A service with a [`Tripwire`] around it.
#[derive(Clone)]
pub struct Tripwired<T> {
    inner: T,
    voice: Voice,
}

impl Tripwire {
    /// A wire that tells its events as `tracing` events.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells its events to `sink`.
    #[must_use]
    pub fn with_events(mut self, sink: impl EventSink) -> Self {
        self.voice.tell_to(sink);
        self
    }

    /// Gives its refusals the body that `render` makes.
    #[must_use]
    pub fn with_problems(mut self, render: impl Render) -> Self {
        self.voice.speak_by(render);
        self
    }

    pub(super) fn speaking(voice: Voice) -> Self {
        Self { voice }
    }
}

impl<T> Layer<T> for Tripwire {
    type Service = Tripwired<T>;

    fn layer(&self, inner: T) -> Tripwired<T> {
        let voice = self.voice.clone();
        Tripwired { inner, voice }
    }
}

impl<T, B, R> Service<Request<B>> for Tripwired<T>
where
    T: Service<Request<B>, Response = Response<R>>,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = T::Error;
    type Future = TripwireFuture<T::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), T::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (method, voice) = (request.method().clone(), self.voice.clone());
        let mut is_met = false;
        let inner = watching(&mut is_met, || self.inner.call(request));
        TripwireFuture {
            inner,
            is_met,
            method,
            voice,
        }
    }
}

pin_project! {
    /// The response of a [`Tripwired`] service.
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct TripwireFuture<F> {
        #[pin]
        inner: F,
        is_met: bool,
        method: Method,
        voice: Voice,
    }
}

impl<F, R, E> Future for TripwireFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: From<Bytes>,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(watching(this.is_met, || this.inner.poll(cx)))?;
        if *this.is_met {
            return Poll::Ready(Ok(response));
        }
        Poll::Ready(Ok(refused(this.method.clone(), this.voice)))
    }
}

/// Little is known of the request by now: it has been handed on whole, since nothing may be spent on
/// what never happens.
#[cold]
fn refused<R: From<Bytes>>(method: Method, voice: &Voice) -> Response<R> {
    let (mut head, ()) = Request::new(()).into_parts();
    head.method = method;
    voice.lend_to(&mut head);
    let problem = Problem::new(Kind::Misconfigured).because("no_policy_met");
    event::refuse(&head, problem).into_http()
}

/// Does something for one request, and notes whether a policy has been met by it.
fn watching<T>(is_met: &mut bool, work: impl FnOnce() -> T) -> T {
    /// What this thread was busy with before comes back afterwards, also after a panic.
    struct Before(bool);

    impl Drop for Before {
        fn drop(&mut self) {
            MET.set(self.0);
        }
    }

    let _before = Before(MET.replace(*is_met));
    let done = work();
    *is_met = MET.get();
    done
}

impl fmt::Debug for Tripwire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tripwire")
    }
}

impl<T: fmt::Debug> fmt::Debug for Tripwired<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tripwired").field(&self.inner).finish()
    }
}

impl<F> fmt::Debug for TripwireFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TripwireFuture")
            .field("is_met", &self.is_met)
            .finish_non_exhaustive()
    }
}
