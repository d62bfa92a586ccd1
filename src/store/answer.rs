//! The answer of a store: there at once, or later.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::error::StoreError;

/// What a store answers; a future that an engine in memory completes at once, without a box.
///
/// Nothing has happened before it was polled, unless it is [`Ready`](Self::Ready): guards drop an
/// answer that they would have to wait for, and ask again where they can.
#[must_use = "a store answers only if it is awaited"]
pub enum Answer<'a, T> {
    /// The answer is here (`None` once it has been taken).
    Ready(Option<Result<T, StoreError>>),
    /// The answer is on its way.
    Later(Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>),
}

impl<'a, T> Answer<'a, T> {
    /// The answer `value`, at once.
    pub fn ready(value: T) -> Self {
        Self::Ready(Some(Ok(value)))
    }

    /// The answer that `future` will give.
    pub fn later(future: impl Future<Output = Result<T, StoreError>> + Send + 'a) -> Self {
        Self::Later(Box::pin(future))
    }
}

impl<T> From<StoreError> for Answer<'_, T> {
    fn from(error: StoreError) -> Self {
        Self::Ready(Some(Err(error)))
    }
}

impl<T: Unpin> Future for Answer<'_, T> {
    type Output = Result<T, StoreError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Ready(answer) => answer.take().map_or(Poll::Pending, Poll::Ready),
            Self::Later(future) => future.as_mut().poll(cx),
        }
    }
}

impl<T> fmt::Debug for Answer<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready(_) => "Answer::Ready(..)",
            Self::Later(_) => "Answer::Later(..)",
        })
    }
}
