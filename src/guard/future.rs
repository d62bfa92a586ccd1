//! A request on its way through a guard and the service within.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::check::{Pass, Reply, Stop};
use crate::event;

/// What a guard decided of a request.
pub(super) enum Decision<B> {
    In(Request<B>, Pass),
    Out(Request<B>, Stop),
}

type Deciding<B> = Pin<Box<dyn Future<Output = Decision<B>> + Send>>;

pin_project! {
    /// The response of a [`GuardService`](super::GuardService).
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct GuardFuture<S, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        stage: Stage<S, S::Future, S::Response, B>,
    }
}

pin_project! {
    #[project = At]
    enum Stage<S, F, R, B> {
        /// The guard waits for something, and the service for the guard.
        Before { decision: Deciding<B>, inner: S },
        /// The guard has let the request in.
        Within { #[pin] response: F, pass: Option<Pass> },
        /// The guard has turned it away.
        Outside { response: Option<R> },
    }
}

impl<S, B, R> GuardFuture<S, B>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    R: From<Bytes>,
{
    /// Looks at once what is decided. Guards that wait for nothing have decided by then, so that
    /// the service that was polled ready is called in place; only for one that waits it is taken
    /// along, and its fresh clone stays behind.
    pub(super) fn begin(mut decision: Deciding<B>, inner: &mut S) -> Self {
        let mut nobody = Context::from_waker(Waker::noop());
        let stage = match decision.as_mut().poll(&mut nobody) {
            Poll::Ready(decided) => Stage::after(decided, inner),
            Poll::Pending => {
                let next = inner.clone();
                let inner = std::mem::replace(inner, next);
                Stage::Before { decision, inner }
            }
        };
        Self { stage }
    }
}

impl<S, B, R> Stage<S, S::Future, Response<R>, B>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: From<Bytes>,
{
    fn after(decision: Decision<B>, inner: &mut S) -> Self {
        match decision {
            Decision::In(request, pass) => Self::Within {
                response: inner.call(request),
                pass: Some(pass),
            },
            Decision::Out(request, stop) => Self::Outside {
                response: Some(reply(request, stop)),
            },
        }
    }
}

impl<S, B, R> Future for GuardFuture<S, B>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
    R: From<Bytes>,
{
    type Output = Result<Response<R>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        loop {
            match stage.as_mut().project() {
                At::Before { decision, inner } => {
                    let decided = ready!(decision.as_mut().poll(cx));
                    let next = Stage::after(decided, inner);
                    stage.set(next);
                }
                At::Within { response, pass } => {
                    let mut response = ready!(response.poll(cx))?;
                    if let Some(pass) = pass.take() {
                        pass.finish(&mut response);
                    }
                    return Poll::Ready(Ok(response));
                }
                At::Outside { response } => {
                    return response
                        .take()
                        .map_or(Poll::Pending, |response| Poll::Ready(Ok(response)));
                }
            }
        }
    }
}

/// The response that ends the way of `request`.
fn reply<B, R: From<Bytes>>(request: Request<B>, stop: Stop) -> Response<R> {
    let (head, _) = request.into_parts();
    let (reply, pass) = stop.into_parts();
    let mut response = match reply {
        Reply::Refusal(problem) => event::refuse(&head, problem).into_http(),
        Reply::Answer(answer) => answer.map(R::from),
    };
    pass.finish(&mut response);
    response
}

impl<S: Service<Request<B>>, B> fmt::Debug for GuardFuture<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.stage {
            Stage::Before { .. } => "GuardFuture(before)",
            Stage::Within { .. } => "GuardFuture(within)",
            Stage::Outside { .. } => "GuardFuture(outside)",
        })
    }
}
