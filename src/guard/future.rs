//! A request on its way through a guard and the service within.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::pass::Pass;

/// What a guard decided of a request: it goes in, or this response goes out.
type Decision<B, R> = Result<(Request<B>, Pass), Response<R>>;

type Deciding<B, R> = Pin<Box<dyn Future<Output = Decision<B, R>> + Send>>;

pin_project! {
    /// The response of a [`GuardService`](super::GuardService).
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct GuardFuture<S, B, R>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        stage: Stage<S, S::Future, B, R>,
    }
}

pin_project! {
    #[project = At]
    enum Stage<S, F, B, R> {
        /// The guard waits for something, and the service for the guard.
        Before { decision: Deciding<B, R>, inner: S },
        /// The guard has let the request in.
        Within { #[pin] response: F, pass: Option<Pass> },
        /// The guard has turned it away.
        Outside { response: Option<Response<R>> },
    }
}

impl<S, B, R> GuardFuture<S, B, R>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
{
    /// The way of a request that was let in at once.
    pub(super) fn within(response: S::Future, pass: Pass) -> Self {
        let pass = Some(pass);
        Self {
            stage: Stage::Within { response, pass },
        }
    }

    /// The way of a request that was turned away at once.
    pub(super) fn outside(response: Response<R>) -> Self {
        let response = Some(response);
        Self {
            stage: Stage::Outside { response },
        }
    }

    /// Looks once what is decided. Guards that wait for nothing have decided by then, so that
    /// the service that was polled ready is called in place; only for one that waits it is taken
    /// along, and its fresh clone stays behind.
    pub(super) fn begin(mut decision: Deciding<B, R>, inner: &mut S) -> Self {
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

impl<S, B, R> Stage<S, S::Future, B, R>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    fn after(decision: Decision<B, R>, inner: &mut S) -> Self {
        match decision {
            Ok((request, pass)) => Self::Within {
                response: inner.call(request),
                pass: Some(pass),
            },
            Err(response) => Self::Outside {
                response: Some(response),
            },
        }
    }
}

impl<S, B, R> Future for GuardFuture<S, B, R>
where
    S: Service<Request<B>, Response = Response<R>> + Clone,
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
                    if pass.as_ref().is_none_or(Pass::is_empty) {
                        return response.poll(cx); // nothing to do to it, so it is not moved
                    }
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

impl<S: Service<Request<B>>, B, R> fmt::Debug for GuardFuture<S, B, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.stage {
            Stage::Before { .. } => "GuardFuture(before)",
            Stage::Within { .. } => "GuardFuture(within)",
            Stage::Outside { .. } => "GuardFuture(outside)",
        })
    }
}
