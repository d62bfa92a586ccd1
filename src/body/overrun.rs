//! How a limit that is laid around a body tells those who read it, so that one of them refuses.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::nanoseconds;
use crate::problem::{Kind, Problem};

/// A body on its way in, as known to the limit around it and to whoever waits for the answer.
#[derive(Debug, Default)]
pub(crate) struct Upload {
    state: AtomicU8,
    /// For how many nanoseconds it was waited for.
    waited: AtomicU64,
}

/// Why a body was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It is longer than the limit.
    TooLong,
    /// It comes more slowly than it must.
    TooSlow,
}

const RUNS: u8 = 0;
/// Somebody waits for more of it.
const WAITS: u8 = 1;
const TOO_LONG: u8 = 2;
const TOO_SLOW: u8 = 3;
/// Cut off, and somebody has refused the request for it.
const ANSWERED: u8 = 4;

impl Upload {
    /// Notes whether somebody waits for more.
    pub(crate) fn note_waiting(&self, waits: bool) {
        self.state
            .store(if waits { WAITS } else { RUNS }, Ordering::Relaxed);
    }

    /// Notes for how long somebody has waited for more.
    pub(crate) fn note_waited(&self, waited: Duration) {
        self.waited
            .fetch_add(nanoseconds(waited), Ordering::Relaxed);
    }

    /// For how long it was waited for in all, as far as it has come.
    pub(crate) fn waited(&self) -> Duration {
        Duration::from_nanos(self.waited.load(Ordering::Relaxed))
    }

    /// Notes that the body was cut off.
    pub(crate) fn note_cut(&self, cut: Cut) {
        let state = match cut {
            Cut::TooLong => TOO_LONG,
            Cut::TooSlow => TOO_SLOW,
        };
        self.state.store(state, Ordering::Relaxed);
    }

    /// Whether somebody waits for more of the body.
    pub(crate) fn waits(&self) -> bool {
        self.state.load(Ordering::Relaxed) == WAITS
    }

    /// The refusal of a body that was cut off, for the first who asks.
    pub(crate) fn problem(&self) -> Option<Problem> {
        let cut = match self.state.load(Ordering::Relaxed) {
            TOO_LONG => Cut::TooLong,
            TOO_SLOW => Cut::TooSlow,
            _ => return None,
        };
        self.state.store(ANSWERED, Ordering::Relaxed);
        Some(refusal(cut))
    }
}

fn refusal(cut: Cut) -> Problem {
    match cut {
        Cut::TooLong => Problem::new(Kind::BodyTooLarge).because("body_over_limit"),
        Cut::TooSlow => Problem::new(Kind::RequestTimeout).because("body_too_slow"),
    }
}

/// The error with which a body ends that was cut off.
#[derive(Debug)]
pub(crate) struct Overrun {
    cut: Cut,
    upload: Arc<Upload>,
}

impl Overrun {
    /// Cuts `upload` off.
    pub(crate) fn new(upload: &Arc<Upload>, cut: Cut) -> Self {
        upload.note_cut(cut);
        Self {
            cut,
            upload: Arc::clone(upload),
        }
    }

    /// The overrun in the chain of errors behind `error`.
    pub(super) fn behind<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        let mut error = Some(error);
        while let Some(one) = error {
            if let Some(overrun) = one.downcast_ref() {
                return Some(overrun);
            }
            error = one.source();
        }
        None
    }

    /// The refusal to answer with; nobody else answers then.
    pub(super) fn problem(&self) -> Problem {
        // Whoever reads on after the end is given the same answer again.
        self.upload.problem().unwrap_or_else(|| refusal(self.cut))
    }
}

impl fmt::Display for Overrun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.cut {
            Cut::TooLong => "the body is longer than it may be",
            Cut::TooSlow => "the body comes more slowly than it must",
        })
    }
}

impl Error for Overrun {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_was_cut_off_is_refused_once() {
        for (cut, kind) in [
            (Cut::TooLong, Kind::BodyTooLarge),
            (Cut::TooSlow, Kind::RequestTimeout),
        ] {
            let upload = Arc::new(Upload::default());
            assert!(upload.problem().is_none());
            upload.note_waiting(true);
            assert!(upload.waits() && upload.problem().is_none());
            let overrun = Overrun::new(&upload, cut);
            assert!(!upload.waits());
            assert_eq!(overrun.problem().kind(), kind);
            assert!(upload.problem().is_none());
            assert_eq!(overrun.problem().kind(), kind);
        }
    }

    #[test]
    fn an_overrun_is_found_behind_the_errors_of_others() {
        let overrun = Overrun::new(&Arc::default(), Cut::TooSlow);
        let error = axum::Error::new(axum::Error::new(overrun));
        assert!(Overrun::behind(&error).is_some());
        assert!(Overrun::behind(&fmt::Error).is_none());
    }
}
