//! What a guard is, and what it answers.

use bytes::Bytes;
use http::Response;
use http::header::{HeaderName, HeaderValue};
use http::request::Parts;

use super::demand::Demand;
use super::headway::Headway;
use super::pass::Pass;
use super::place::Place;
use super::stamp::Stamps;
use crate::problem::Problem;

/// A decision about one request, taken from its head alone.
///
/// A guard is a handle: its clones share their state.
pub trait Guard: Send + Sync + 'static {
    /// Where on a request's way through a stack this guard stands.
    const PLACE: Place;

    /// Lets the request in, or says why not. A guard that cannot decide refuses.
    fn check(&self, head: &mut Parts) -> impl Future<Output = Result<Pass, Stop>> + Send;

    /// What [`check`](Self::check) would answer, if that takes no waiting (default: nothing). It
    /// saves an allocation. None has changed nothing that counts: `check` is asked then.
    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        let _ = head;
        None
    }

    /// What this guard demands, for audits and documents.
    fn describe(&self) -> Demand;

    /// Of how many guards this is made.
    #[doc(hidden)]
    const STEPS: usize = 1;

    /// Goes as far as it can without waiting.
    #[doc(hidden)]
    fn begin(&self, head: &mut Parts) -> Headway {
        self.check_now(head).into()
    }

    /// Goes on after so many steps.
    #[doc(hidden)]
    fn resume(
        &self,
        head: &mut Parts,
        steps: usize,
    ) -> impl Future<Output = Result<Pass, Stop>> + Send {
        let _ = steps;
        self.check(head)
    }
}

/// The end of a request's way: a refusal or an early answer, with the stamps given so far; four
/// pointers wide, so that a refusal takes no allocation but that of its problem.
#[derive(Debug)]
pub struct Stop {
    reply: Reply,
    pass: Pass,
}

#[derive(Debug)]
pub(super) enum Reply {
    Refusal(Problem),
    Answer(Box<Response<Bytes>>),
}

impl Stop {
    fn new(reply: Reply) -> Self {
        Self {
            reply,
            pass: Pass::default(),
        }
    }

    /// An early answer that is no refusal, such as that to a CORS preflight.
    #[must_use]
    pub fn answer(response: Response<Bytes>) -> Self {
        Self::new(Reply::Answer(Box::new(response)))
    }

    /// The refusal that the caller will see, if this is one.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match &self.reply {
            Reply::Refusal(problem) => Some(problem),
            Reply::Answer(_) => None,
        }
    }

    /// The refusal itself, without its stamps; for tests and guards made of guards.
    #[must_use]
    pub fn into_problem(self) -> Option<Problem> {
        match self.reply {
            Reply::Refusal(problem) => Some(problem),
            Reply::Answer(_) => None,
        }
    }

    /// Has the response bear these stamps.
    #[must_use]
    pub fn stamped(self, stamps: impl IntoIterator<Item = (HeaderName, HeaderValue)>) -> Self {
        self.after(Pass::stamped(stamps))
    }

    /// Likewise, with what is done to the headers of every response.
    pub(crate) fn standing(self, stamps: &Stamps) -> Self {
        self.after(Pass::sharing(stamps))
    }

    /// Has the response bear the stamps of `earlier` guards as well.
    pub(crate) fn after(mut self, earlier: Pass) -> Self {
        self.pass = earlier.and(std::mem::take(&mut self.pass));
        self
    }

    /// Changes the refusal, if this is one.
    pub(super) fn map_problem(self, change: impl FnOnce(Problem) -> Problem) -> Self {
        let reply = match self.reply {
            Reply::Refusal(problem) => Reply::Refusal(change(problem)),
            answer @ Reply::Answer(_) => answer,
        };
        Self {
            reply,
            pass: self.pass,
        }
    }

    pub(super) fn into_parts(self) -> (Reply, Pass) {
        (self.reply, self.pass)
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::new(Reply::Refusal(problem))
    }
}
