//! A request's body, as far as it may come.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{LengthLimitError, Limited};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep};

use super::pace::Pace;
use crate::body::{Cut, Overrun, Upload};

type BoxError = Box<dyn Error + Send + Sync>;

pin_project! {
    /// A request's body that ends with an error if it is too long or comes too slowly. Bodies
    /// without a limit, and those that are empty, are passed on as they are.
    #[derive(Debug)]
    pub struct UploadBody<B> {
        #[pin]
        inner: Limited<B>,
        limits: Option<Limits>,
        // Since when somebody waits for more.
        since: Option<Instant>,
        #[pin]
        alarm: Option<Sleep>,
    }
}

#[derive(Debug)]
struct Limits {
    upload: Arc<Upload>,
    pace: Option<Pace>,
    /// How much patience is left.
    left: Duration,
    cut: Option<Cut>,
}

impl<B> UploadBody<B> {
    /// A body with no limit.
    pub(super) fn unlimited(inner: B) -> Self {
        Self {
            inner: Limited::new(inner, usize::MAX),
            limits: None,
            since: None,
            alarm: None,
        }
    }

    /// At most `max_bytes` of `inner`, that come at this `pace`; what becomes of them is noted in
    /// `upload`.
    pub(super) fn limited(
        inner: B,
        max_bytes: Option<usize>,
        pace: Option<Pace>,
        upload: Arc<Upload>,
    ) -> Self {
        Self {
            inner: Limited::new(inner, max_bytes.unwrap_or(usize::MAX)),
            limits: Some(Limits {
                upload,
                pace,
                left: pace.map_or(Duration::ZERO, |pace| pace.patience),
                cut: None,
            }),
            since: None,
            alarm: None,
        }
    }
}

impl Limits {
    fn cut(&mut self, cut: Cut) -> BoxError {
        self.cut = Some(cut);
        Overrun::new(&self.upload, cut).into()
    }

    /// A frame, the end or an error has come, for which somebody has `waited`.
    fn arrived<D: Buf>(
        &mut self,
        waited: Duration,
        arrived: Option<Result<Frame<D>, BoxError>>,
    ) -> Option<Result<Frame<D>, BoxError>> {
        self.upload.note_waiting(false);
        self.upload.note_waited(waited);
        match arrived {
            Some(Err(error)) if error.is::<LengthLimitError>() => Some(Err(self.cut(Cut::TooLong))),
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(0, Buf::remaining);
                if let Some(pace) = self.pace {
                    self.left = pace.after(self.left, waited, bytes);
                }
                Some(Ok(frame))
            }
            other => other,
        }
    }
}

impl<B> Body for UploadBody<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let mut this = self.project();
        let Some(limits) = this.limits else {
            return this.inner.poll_frame(cx);
        };
        if let Some(cut) = limits.cut {
            return Poll::Ready(Some(Err(limits.cut(cut))));
        }
        if let Poll::Ready(arrived) = this.inner.poll_frame(cx) {
            this.alarm.set(None);
            let waited = this.since.take().map(|since| since.elapsed());
            return Poll::Ready(limits.arrived(waited.unwrap_or_default(), arrived));
        }
        limits.upload.note_waiting(true);
        this.since.get_or_insert_with(Instant::now);
        if limits.pace.is_none() {
            return Poll::Pending;
        }
        if this.alarm.is_none() {
            this.alarm.set(Some(sleep(limits.left)));
        }
        match this.alarm.as_pin_mut().map(|alarm| alarm.poll(cx)) {
            Some(Poll::Ready(())) => Poll::Ready(Some(Err(limits.cut(Cut::TooSlow)))),
            _ => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::num::NonZeroU32;

    use bytes::Bytes;
    use http_body_util::BodyExt;

    use super::*;
    use crate::problem::Kind;

    /// Pieces of so many bytes, each after so many milliseconds.
    struct Drip(VecDeque<(u64, usize)>, Pin<Box<Sleep>>);

    impl Drip {
        fn new(pieces: impl IntoIterator<Item = (u64, usize)>) -> Self {
            let pieces: VecDeque<_> = pieces.into_iter().collect();
            let first = pieces.front().map_or(0, |(wait, _)| *wait);
            Self(pieces, Box::pin(sleep(Duration::from_millis(first))))
        }
    }

    impl Body for Drip {
        type Data = Bytes;
        type Error = std::io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
            std::task::ready!(self.1.as_mut().poll(cx));
            let Some((_, bytes)) = self.0.pop_front() else {
                return Poll::Ready(None);
            };
            let next = self.0.front().map_or(0, |(wait, _)| *wait);
            self.1 = Box::pin(sleep(Duration::from_millis(next)));
            Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![0; bytes])))))
        }
    }

    /// How many bytes came in of `drip`, in how many milliseconds, and why no more.
    async fn read(drip: Drip, max_bytes: usize) -> (usize, u128, Option<Kind>) {
        let pace = Pace {
            bytes_a_second: NonZeroU32::new(500).unwrap(),
            patience: Duration::from_secs(20),
        };
        let upload = Arc::new(Upload::default());
        let body = UploadBody::limited(drip, Some(max_bytes), Some(pace), Arc::clone(&upload));
        let mut body = std::pin::pin!(body);
        let begin = Instant::now();
        let mut bytes = 0;
        while let Some(Ok(frame)) = body.frame().await {
            bytes += frame.data_ref().map_or(0, Bytes::len);
        }
        let problem = upload.problem();
        if problem.is_some() {
            let again = body.frame().await;
            assert!(
                again.unwrap().is_err(),
                "a body that was cut off has no end"
            );
        }
        let kind = problem.map(|problem| problem.kind());
        (bytes, begin.elapsed().as_millis(), kind)
    }

    #[tokio::test(start_paused = true)]
    async fn neither_a_stall_nor_a_drip_outlasts_the_patience() {
        let slow = Some(Kind::RequestTimeout);
        let long = Some(Kind::BodyTooLarge);
        for (pieces, max_bytes, expected) in [
            (vec![], 0, (0, 0, None)),
            (vec![(19_999, 100)], 100, (100, 19_999, None)),
            (vec![(20_001, 100)], 100, (0, 20_000, slow)),
            (vec![(0, 101)], 100, (0, 0, long)),
            // What came early does not buy a longer stall.
            (
                vec![(0, 90_000), (20_001, 1)],
                99_999,
                (90_000, 20_000, slow),
            ),
            // 450 bytes a second fall a tenth of a second behind in each.
            (vec![(1_000, 500); 300], 999_999, (150_000, 300_000, None)),
            (vec![(1_000, 450); 300], 999_999, (85_950, 191_900, slow)),
        ] {
            assert_eq!(read(Drip::new(pieces), max_bytes).await, expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn time_counts_only_while_somebody_waits() {
        let pace = Pace {
            bytes_a_second: NonZeroU32::MAX,
            patience: Duration::from_secs(1),
        };
        let drip = Drip::new([(0, 1), (0, 1), (0, 1)]);
        let body = UploadBody::limited(drip, None, Some(pace), Arc::default());
        let mut body = std::pin::pin!(body);
        for _ in 0..3 {
            assert!(body.frame().await.unwrap().is_ok());
            sleep(Duration::from_mins(1)).await; // whoever reads is busy
        }
        assert!(body.frame().await.is_none());
    }
}
