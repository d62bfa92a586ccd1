//! The gate in any order of what can happen at it.

use proptest::prelude::*;
use tokio::sync::oneshot::error::TryRecvError;

use super::*;
use Priority::{Critical, Default, Sheddable};

fn gate(most: usize, queue: usize) -> Arc<Gate> {
    Gate::new((most, None), [80, 60], queue, Duration::from_secs(1)).into()
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
        called.ok().map(|()| Permit::of(&self.gate))
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
                        prop_assert!(before < gate.caps().of(priority));
                        permits.push(permit);
                    }
                    Entry::Waits(one) => {
                        prop_assert!(before >= gate.caps().of(priority));
                        prop_assert!(priority != Sheddable);
                        waiting.push((priority, one));
                    }
                    Entry::Full => prop_assert!(before >= gate.caps().of(priority)),
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
                    prop_assert!(state.in_flight >= state.caps.of(priority));
                }
            }
        }
        drop((permits, waiting));
        prop_assert_eq!(gate.in_flight(), 0);
    }
}
