//! How many requests are in flight, and who waits.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot::{Receiver, Sender, channel};
use tokio::time::{Instant, timeout};

use super::adaptive::{Pulse, Range};
use super::priority::{Caps, Priority};

/// One count of requests in flight, with a bounded queue.
///
/// Whoever waits stands in the queue of their priority. Whenever a place is given back, those who
/// may have it are called: critical requests first, and within a priority who came first. So while
/// anybody waits there is no place for them, and nobody who comes anew overtakes their like.
pub(super) struct Gate {
    /// What default and sheddable requests have of the limit, in percent.
    shares: [u8; 2],
    /// Since when a limit that adapts is reckoned; none if it does not.
    beginning: Option<Instant>,
    /// The most that wait.
    pub(super) queue: usize,
    /// The longest that one waits.
    pub(super) wait: Duration,
    state: Mutex<State>,
}

struct State {
    caps: Caps,
    /// Of a limit that adapts.
    pulse: Option<Pulse>,
    in_flight: usize,
    critical: VecDeque<Sender<()>>,
    default: VecDeque<Sender<()>>,
}

/// What a request meets at the gate.
#[derive(Debug)]
pub(super) enum Entry {
    In(Permit),
    Waits(Waiting),
    Full,
}

/// A place among the requests in flight. Dropping it gives the place back.
pub(super) struct Permit {
    gate: Arc<Gate>,
    /// When it was given, until the answer is there; only if the limit adapts.
    began: Option<Duration>,
}

/// A place in the queue. Dropping it leaves the queue.
pub(super) struct Waiting {
    gate: Arc<Gate>,
    call: Receiver<()>,
}

impl Gate {
    /// A gate for `most` requests, or for as many as the range says by what comes of it.
    pub(super) fn new(
        (most, range): (usize, Option<Range>),
        shares: [u8; 2],
        queue: usize,
        wait: Duration,
    ) -> Self {
        let pulse = range.map(Pulse::new);
        let most = pulse.map_or(most, |pulse| pulse.limit());
        Self {
            shares,
            beginning: range.map(|_| Instant::now()),
            queue,
            wait,
            state: Mutex::new(State {
                caps: Caps::new(most, shares),
                pulse,
                in_flight: 0,
                critical: VecDeque::new(),
                default: VecDeque::new(),
            }),
        }
    }

    /// Up to how many requests are let in now.
    pub(super) fn caps(&self) -> Caps {
        self.state().caps
    }

    /// Lets a request in, or has it wait, or neither.
    pub(super) fn enter(self: &Arc<Self>, priority: Priority) -> Entry {
        let mut state = self.state();
        if state.in_flight < state.caps.of(priority) {
            state.in_flight += 1;
            return Entry::In(Permit::of(self));
        }
        if let Some(pulse) = &mut state.pulse {
            pulse.reached();
        }
        match state.queue_up(priority, self.queue) {
            Some(call) => Entry::Waits(Waiting {
                gate: Arc::clone(self),
                call,
            }),
            None => Entry::Full,
        }
    }

    /// How many requests are in flight.
    pub(super) fn in_flight(&self) -> usize {
        self.state().in_flight
    }

    fn leave(&self) {
        let mut state = self.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        state.call();
    }

    fn answered(&self, began: Duration, idle: Duration) {
        let mut state = self.state();
        let (Some(pulse), Some(now)) = (&mut state.pulse, self.now()) else {
            return;
        };
        if pulse.answered(began, now, idle) {
            state.caps = Caps::new(pulse.limit(), self.shares);
            state.call();
        }
    }

    fn now(&self) -> Option<Duration> {
        self.beginning.map(|beginning| beginning.elapsed())
    }

    /// Nothing in here panics while the state is half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Calls those for whom there is a place.
    fn call(&mut self) {
        for priority in [Priority::Critical, Priority::Default] {
            while self.in_flight < self.caps.of(priority) {
                let Some(first) = self.queue_of(priority).and_then(VecDeque::pop_front) else {
                    break;
                };
                // Who has left the queue meanwhile does not hear the call.
                self.in_flight += usize::from(first.send(()).is_ok());
            }
        }
    }

    fn queue_of(&mut self, priority: Priority) -> Option<&mut VecDeque<Sender<()>>> {
        match priority {
            Priority::Critical => Some(&mut self.critical),
            Priority::Default => Some(&mut self.default),
            Priority::Sheddable => None,
        }
    }

    /// A place in the queue of this `priority`. Where all places are taken, the youngest that is
    /// not critical makes room for one that is.
    fn queue_up(&mut self, priority: Priority, most: usize) -> Option<Receiver<()>> {
        self.queue_of(priority)?;
        if self.waiting() >= most {
            self.critical.retain(|call| !call.is_closed());
            self.default.retain(|call| !call.is_closed());
        }
        if self.waiting() >= most {
            let makes_room = most > 0 && priority == Priority::Critical;
            makes_room.then(|| self.default.pop_back()).flatten()?;
        }
        let (call, hears) = channel();
        self.queue_of(priority)?.push_back(call);
        Some(hears)
    }

    fn waiting(&self) -> usize {
        self.critical.len() + self.default.len()
    }
}

impl Permit {
    fn of(gate: &Arc<Gate>) -> Self {
        Self {
            gate: Arc::clone(gate),
            began: gate.now(),
        }
    }

    /// The answer is there, though its body may go on; so long was the client waited for.
    pub(super) fn answered(&mut self, idle: Duration) {
        if let Some(began) = self.began.take() {
            self.gate.answered(began, idle);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.leave();
    }
}

impl Waiting {
    /// The place, if one is given back in time.
    pub(super) async fn permit(mut self) -> Option<Permit> {
        match timeout(self.gate.wait, &mut self.call).await {
            Ok(Ok(())) => Some(Permit::of(&self.gate)),
            Ok(Err(_)) | Err(_) => None,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Who was called and goes without having heard it gives the place back.
        self.call.close();
        if self.call.try_recv().is_ok() {
            self.gate.leave();
        }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("caps", &self.caps())
            .field("queue", &self.queue)
            .field("wait", &self.wait)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit")
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting")
    }
}

#[cfg(test)]
mod tests;
