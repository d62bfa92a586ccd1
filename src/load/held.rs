//! A response's body, and what is held until it has ended.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::gate::Permit;
use super::keyed::KeyPermit;

/// The places that a request takes up. Dropping it gives them back.
#[derive(Debug, Default)]
pub(super) struct Hold {
    pub(super) permit: Option<Permit>,
    pub(super) key: Option<KeyPermit>,
}

pin_project! {
    /// A response's body. The places that its request takes up are given back when it has ended or
    /// failed, when it is dropped, or when it panics.
    pub struct HeldBody<R> {
        #[pin]
        inner: R,
        hold: Hold,
    }
}

impl<R: Body> HeldBody<R> {
    pub(super) fn new(inner: R, hold: Hold) -> Self {
        let hold = if inner.is_end_stream() {
            Hold::default()
        } else {
            hold
        };
        Self { inner, hold }
    }
}

impl<R> HeldBody<R> {
    /// A body for which nothing is held.
    pub(super) fn free(inner: R) -> Self {
        Self {
            inner,
            hold: Hold::default(),
        }
    }
}

impl<R: From<Bytes>> From<Bytes> for HeldBody<R> {
    fn from(bytes: Bytes) -> Self {
        Self::free(R::from(bytes))
    }
}

impl<R: Body> Body for HeldBody<R> {
    type Data = R::Data;
    type Error = R::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<R::Data>, R::Error>>> {
        let mut this = self.project();
        // In hand while the body runs, so that a panic gives it back even if the body is kept.
        let hold = std::mem::take(this.hold);
        let polled = this.inner.as_mut().poll_frame(cx);
        let goes_on = match &polled {
            Poll::Pending => true,
            Poll::Ready(Some(Ok(_))) => !this.inner.is_end_stream(),
            Poll::Ready(Some(Err(_)) | None) => false,
        };
        if goes_on {
            *this.hold = hold;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<R> fmt::Debug for HeldBody<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldBody")
            .field("hold", &self.hold)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::task::Waker;
    use std::time::Duration;

    use super::*;
    use crate::load::gate::{Entry, Gate};
    use crate::load::priority::Priority;

    /// A body that does what it is told.
    #[derive(Default)]
    struct Told {
        says: Vec<Says>,
        is_end: bool,
    }

    #[derive(Clone, Copy)]
    enum Says {
        Nothing,
        Data,
        Last,
        End,
        Fails,
        Panics,
    }

    impl Body for Told {
        type Data = Bytes;
        type Error = fmt::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, fmt::Error>>> {
            let data = Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"x")))));
            match self.says.remove(0) {
                Says::Nothing => Poll::Pending,
                Says::Data => data,
                Says::Last => {
                    self.is_end = true;
                    data
                }
                Says::End => Poll::Ready(None),
                Says::Fails => Poll::Ready(Some(Err(fmt::Error))),
                Says::Panics => panic!("so it was told"),
            }
        }

        fn is_end_stream(&self) -> bool {
            self.is_end
        }
    }

    fn held() -> (Arc<Gate>, Hold) {
        let gate = Arc::new(Gate::new((9, None), [100, 100], 0, Duration::ZERO));
        let Entry::In(permit) = gate.enter(Priority::Critical) else {
            panic!("there is room");
        };
        let hold = Hold {
            permit: Some(permit),
            key: None,
        };
        (gate, hold)
    }

    #[test]
    fn the_place_is_given_back_when_the_body_ends_however_it_does() {
        use Says::{Data, End, Fails, Last, Nothing, Panics};
        for (says, after) in [
            (vec![Nothing, Data, Data, End], [1, 1, 1, 0]),
            (vec![Data, Nothing, Data, Last], [1, 1, 1, 0]),
            (vec![Data, Data, Nothing, Fails], [1, 1, 1, 0]),
            (vec![Nothing, Nothing, Data, Panics], [1, 1, 1, 0]),
        ] {
            let (gate, hold) = held();
            let is_end = false;
            let mut body = HeldBody::new(Told { says, is_end }, hold);
            let mut cx = Context::from_waker(Waker::noop());
            for in_flight in after {
                let poll = || Pin::new(&mut body).poll_frame(&mut cx).is_ready();
                let _ = catch_unwind(AssertUnwindSafe(poll));
                assert_eq!(gate.in_flight(), in_flight);
            }
            drop(body);
            assert_eq!(gate.in_flight(), 0);
        }
    }

    #[test]
    fn a_body_that_is_empty_or_dropped_holds_nothing() {
        for is_end in [true, false] {
            let (gate, hold) = held();
            let says = vec![];
            let body = HeldBody::new(Told { says, is_end }, hold);
            assert_eq!(gate.in_flight(), usize::from(!is_end));
            drop(body);
            assert_eq!(gate.in_flight(), 0);
        }
    }
}
