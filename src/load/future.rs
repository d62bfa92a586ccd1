//! A request on its way through its limits and the service within.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower_service::Service;

use super::concurrency::refusal;
use super::gate::{Permit, Waiting};
use super::held::{HeldBody, Hold};
use super::plan::Plan;
use super::upload::UploadBody;
use super::watch::Watch;
use crate::event;

/// A call that may come.
type Call = Pin<Box<dyn Future<Output = Option<Permit>> + Send>>;

pin_project! {
    /// The response of a [`LoadService`](super::LoadService).
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct LoadFuture<S, B, R>
    where
        S: Service<Request<UploadBody<B>>>,
    {
        #[pin]
        stage: Stage<S, S::Future, B, R>,
    }
}

pin_project! {
    #[project = At]
    enum Stage<S, F, B, R> {
        /// The request waits for a place.
        Before { call: Call, queued: Option<Queued<S, B>> },
        /// The request has gone on.
        Within {
            #[pin]
            response: F,
            #[pin]
            alarm: Option<Sleep>,
            watch: Option<Watch>,
            hold: Hold,
        },
        /// The request was turned away.
        Outside { response: Option<Response<HeldBody<R>>> },
    }
}

/// What waits.
struct Queued<S, B> {
    plan: Arc<Plan>,
    inner: S,
    request: Request<B>,
    hold: Hold,
}

impl<S, B, R> LoadFuture<S, B, R>
where
    S: Service<Request<UploadBody<B>>, Response = Response<R>>,
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    pub(super) fn before(
        plan: Arc<Plan>,
        inner: S,
        request: Request<B>,
        hold: Hold,
        waiting: Waiting,
    ) -> Self {
        let queued = Queued {
            plan,
            inner,
            request,
            hold,
        };
        Self {
            stage: Stage::Before {
                call: Box::pin(waiting.permit()),
                queued: Some(queued),
            },
        }
    }

    pub(super) fn within(plan: &Plan, inner: &mut S, request: Request<B>, hold: Hold) -> Self {
        Self {
            stage: Stage::within(plan, inner, request, hold),
        }
    }

    pub(super) fn outside(response: Response<HeldBody<R>>) -> Self {
        Self {
            stage: Stage::outside(response),
        }
    }
}

impl<S, B, R> Stage<S, S::Future, B, R>
where
    S: Service<Request<UploadBody<B>>, Response = Response<R>>,
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    fn within(plan: &Plan, inner: &mut S, request: Request<B>, hold: Hold) -> Self {
        let (head, body) = request.into_parts();
        let upload = (plan.watches_body() && !body.is_end_stream()).then(Arc::default);
        let watches = plan.time.is_some() || upload.is_some();
        let watch = watches.then(|| Watch::new(&head, upload.clone()));
        let body = match upload {
            Some(upload) => UploadBody::limited(body, plan.max_bytes, plan.pace, upload),
            None => UploadBody::unlimited(body),
        };
        Self::Within {
            response: inner.call(Request::from_parts(head, body)),
            alarm: plan.time.map(sleep),
            watch,
            hold,
        }
    }

    fn outside(response: Response<HeldBody<R>>) -> Self {
        Self::Outside {
            response: Some(response),
        }
    }
}

impl<S, B> Queued<S, B> {
    fn refused<R: From<Bytes>>(self) -> Response<HeldBody<R>> {
        let (head, _) = self.request.into_parts();
        let problem = refusal("too_many_in_flight");
        let response = event::refuse(&head, problem).into_http();
        response.map(HeldBody::free)
    }
}

impl<S, B, R> Future for LoadFuture<S, B, R>
where
    S: Service<Request<UploadBody<B>>, Response = Response<R>>,
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    R: Body + From<Bytes>,
{
    type Output = Result<Response<HeldBody<R>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        loop {
            let next = match stage.as_mut().project() {
                At::Before { call, queued } => {
                    let permit = ready!(call.as_mut().poll(cx));
                    let Some(mut queued) = queued.take() else {
                        return Poll::Pending;
                    };
                    match permit {
                        Some(permit) => {
                            let mut hold = queued.hold;
                            hold.permit = Some(permit);
                            Stage::within(&queued.plan, &mut queued.inner, queued.request, hold)
                        }
                        None => Stage::outside(queued.refused()),
                    }
                }
                At::Within {
                    response,
                    alarm,
                    watch,
                    hold,
                } => {
                    if let Poll::Ready(response) = response.poll(cx) {
                        let mut hold = std::mem::take(hold);
                        let mut response = response?;
                        answered(&mut hold, watch.as_ref());
                        if let Some(watch) = watch.take() {
                            response = watch.seen(response);
                        }
                        return Poll::Ready(Ok(response.map(|body| HeldBody::new(body, hold))));
                    }
                    let Some(alarm) = alarm.as_pin_mut() else {
                        return Poll::Pending;
                    };
                    ready!(alarm.poll(cx));
                    let Some(watch) = watch.take() else {
                        return Poll::Pending;
                    };
                    answered(hold, Some(&watch));
                    // What the service was about to do ends here, and its place is given back.
                    Stage::outside(watch.late().map(HeldBody::free))
                }
                At::Outside { response } => {
                    return response
                        .take()
                        .map_or(Poll::Pending, |response| Poll::Ready(Ok(response)));
                }
            };
            stage.set(next);
        }
    }
}

/// Tells the gate that there is an answer, unless it is the client who is waited for.
fn answered(hold: &mut Hold, watch: Option<&Watch>) {
    let upload = watch.and_then(|watch| watch.upload.as_ref());
    if upload.is_some_and(|upload| upload.waits()) {
        return;
    }
    if let Some(permit) = &mut hold.permit {
        permit.answered(upload.map_or(Duration::ZERO, |upload| upload.waited()));
    }
}

impl<S: Service<Request<UploadBody<B>>>, B, R> fmt::Debug for LoadFuture<S, B, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.stage {
            Stage::Before { .. } => "LoadFuture(before)",
            Stage::Within { .. } => "LoadFuture(within)",
            Stage::Outside { .. } => "LoadFuture(outside)",
        })
    }
}
