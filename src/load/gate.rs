//! How many requests are in flight, and who waits.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot::{Receiver, Sender, channel};
use tokio::time::timeout;

use super::priority::{Caps, Priority};

/// One count of requests in flight, with a bounded queue.
///
/// Whoever waits stands in the queue of their priority. Whenever a place is given back, those who
/// may have it are called: critical requests first, and within a priority who came first. So while
/// anybody waits there is no place for them, and nobody who comes anew overtakes their like.
pub(super) struct Gate {
    pub(super) caps: Caps,
    /// The most that wait.
    pub(super) queue: usize,
    /// The longest that one waits.
    pub(super) wait: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
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
pub(super) struct Permit(Arc<Gate>);

/// A place in the queue. Dropping it leaves the queue.
pub(super) struct Waiting {
    gate: Arc<Gate>,
    call: Receiver<()>,
}

impl Gate {
    pub(super) fn new(caps: Caps, queue: usize, wait: Duration) -> Self {
        Self {
            caps,
            queue,
            wait,
            state: Mutex::default(),
        }
    }

    /// Lets a request in, or has it wait, or neither.
    pub(super) fn enter(self: &Arc<Self>, priority: Priority) -> Entry {
        let mut state = self.state();
        if state.in_flight < self.caps.of(priority) {
            state.in_flight += 1;
            return Entry::In(Permit(Arc::clone(self)));
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
        for priority in [Priority::Critical, Priority::Default] {
            while state.in_flight < self.caps.of(priority) {
                let Some(first) = state.queue_of(priority).and_then(VecDeque::pop_front) else {
                    break;
                };
                // Who has left the queue meanwhile does not hear the call.
                state.in_flight += usize::from(first.send(()).is_ok());
            }
        }
    }

    /// Nothing in here panics while the state is half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
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

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl Waiting {
    /// The place, if one is given back in time.
    pub(super) async fn permit(mut self) -> Option<Permit> {
        match timeout(self.gate.wait, &mut self.call).await {
            Ok(Ok(())) => Some(Permit(Arc::clone(&self.gate))),
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
            .field("caps", &self.caps)
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
mod tests {
    use proptest::prelude::*;
    use tokio::sync::oneshot::error::TryRecvError;

    use super::*;
    use Priority::{Critical, Default, Sheddable};

    fn gate(most: usize, queue: usize) -> Arc<Gate> {
        Gate::new(Caps::new(most, 80, 60), queue, Duration::from_secs(1)).into()
    }

    fn waits(entry: Entry) -> Waiting {
        match entry {
            Entry::Waits(waiting) => waiting,
            other => panic!("{other:?}"),
        }
    }

    impl Waiting {
        fn hear(&mut self) -> Option<Permit> {
            let called = self.call.try_recv();
            called.ok().map(|()| Permit(Arc::clone(&self.gate)))
        }
    }

    #[test]
    fn a_critical_request_is_called_first_and_has_the_youngest_other_make_room() {
        let gate = gate(1, 2);
        let permit = gate.enter(Default);
        let mut waiting = [(); 2].map(|()| waits(gate.enter(Default)));
        assert!(matches!(gate.enter(Default), Entry::Full));
        let mut critical = waits(gate.enter(Critical));
        assert_eq!(waiting[1].call.try_recv(), Err(TryRecvError::Closed));
        drop(permit);
        assert!(waiting[0].hear().is_none());
        let permit = critical.hear().unwrap();
        drop(permit);
        assert!(waiting[0].hear().is_some());
        assert_eq!(gate.in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_leaves_the_queue() {
        let gate = gate(1, 1);
        let permit = gate.enter(Critical);
        let waiting = waits(gate.enter(Critical));
        let begin = tokio::time::Instant::now();
        assert!(waiting.permit().await.is_none());
        assert_eq!(begin.elapsed(), Duration::from_secs(1));
        let waiting = waits(gate.enter(Critical)); // there is room in the queue again
        drop(permit);
        assert!(waiting.permit().await.is_some());
        assert_eq!(gate.in_flight(), 0);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Enter(Priority),
        /// One in flight ends.
        End(usize),
        /// One who waits goes away, perhaps after the call.
        Go(usize),
        /// All who were called hear it.
        Hear,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => prop_oneof![Just(Critical), Just(Default), Just(Sheddable)].prop_map(Step::Enter),
            2 => (0_usize..8).prop_map(Step::End),
            1 => (0_usize..8).prop_map(Step::Go),
            1 => Just(Step::Hear),
        ]
    }

    proptest! {
        #[test]
        fn no_place_is_lost_or_given_twice(steps in prop::collection::vec(step(), 1..80)) {
            let gate = gate(5, 3); // 5 critical, 4 default, 3 sheddable
            let mut permits = Vec::new();
            let mut waiting: Vec<(Priority, Waiting)> = Vec::new();
            for step in steps {
                let before = gate.in_flight();
                match step {
                    Step::Enter(priority) => match gate.enter(priority) {
                        Entry::In(permit) => {
                            prop_assert!(before < gate.caps.of(priority));
                            permits.push(permit);
                        }
                        Entry::Waits(one) => {
                            prop_assert!(before >= gate.caps.of(priority));
                            prop_assert!(priority != Sheddable);
                            waiting.push((priority, one));
                        }
                        Entry::Full => prop_assert!(before >= gate.caps.of(priority)),
                    },
                    Step::End(at) if at < permits.len() => drop(permits.remove(at)),
                    Step::Go(at) if at < waiting.len() => drop(waiting.remove(at)),
                    Step::End(_) | Step::Go(_) => {}
                    Step::Hear => {
                        permits.extend(waiting.iter_mut().filter_map(|(_, one)| one.hear()));
                        waiting.retain(|(_, one)| !one.call.is_terminated());
                    }
                }
                let state = gate.state();
                prop_assert!(state.in_flight <= 5 && state.waiting() <= 3);
                let called = state.in_flight - permits.len();
                prop_assert!(called <= waiting.len());
                for (priority, queue) in [(Critical, &state.critical), (Default, &state.default)] {
                    if queue.iter().any(|call| !call.is_closed()) {
                        prop_assert!(state.in_flight >= gate.caps.of(priority));
                    }
                }
            }
            drop((permits, waiting));
            prop_assert_eq!(gate.in_flight(), 0);
        }
    }
}
