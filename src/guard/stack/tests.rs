use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::guard::Open;
use crate::problem::{Kind, Problem};

/// Writes its name down, having waited first or not.
#[derive(Clone)]
struct Scribe(&'static str, Arc<Mutex<Vec<&'static str>>>);

impl Guard for Scribe {
    const PLACE: Place = Place::Envelope;

    async fn check(&self, _head: &mut Parts) -> Result<Pass, Stop> {
        tokio::task::yield_now().await;
        self.write()
    }

    fn check_now(&self, _head: &mut Parts) -> Option<Result<Pass, Stop>> {
        (!self.0.contains("waits")).then(|| self.write())
    }

    fn describe(&self) -> Demand {
        Demand::Other(self.0.into())
    }
}

impl Scribe {
    fn write(&self) -> Result<Pass, Stop> {
        self.1.lock().unwrap().push(self.0);
        if self.0.contains("refuses") {
            return Err(Problem::new(Kind::Forbidden).into());
        }
        Ok(Pass::default())
    }
}

fn stack(names: &[&'static str], log: &Arc<Mutex<Vec<&'static str>>>) -> Stack {
    let one = |name: &&'static str| {
        let two = Shield::new().with(Open).with(Scribe(name, Arc::clone(log)));
        Stack::from(&two)
    };
    names
        .iter()
        .map(one)
        .reduce(|all, next| all.then(&next))
        .unwrap()
}

fn block<F: Future>(future: F) -> F::Output {
    let mut future = Box::pin(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
}

#[test]
fn each_guard_is_met_once_in_order_whoever_has_to_wait() {
    for names in [
        ["a", "b", "c"],
        ["waits a", "b", "c"],
        ["a", "waits b", "c"],
        ["a", "b", "waits c"],
        ["waits a", "b", "waits c"],
        ["waits a", "waits b", "waits c"],
    ] {
        let log = Arc::default();
        let stack = stack(&names, &log);
        let (mut head, ()) = http::Request::new(()).into_parts();
        block(async {
            match stack.begin(&mut head) {
                Headway::Decided(verdict) => verdict,
                Headway::Waits { steps, .. } => stack.resume(&mut head, steps).await,
            }
        })
        .unwrap();
        assert_eq!(*log.lock().unwrap(), names);
        log.lock().unwrap().clear();
        block(stack.check(&mut head)).unwrap();
        assert_eq!(*log.lock().unwrap(), names);
    }
}

#[test]
fn a_stack_within_a_shield_is_met_whole_before_what_comes_after() {
    for (names, last) in [
        (["waits a", "b"], "c"),
        (["a", "waits b"], "c"),
        (["waits a", "waits b"], "waits c"),
    ] {
        let log = Arc::default();
        let within = stack(&names, &log);
        let shield = Shield::new()
            .with(within)
            .with(Scribe(last, Arc::clone(&log)));
        let all = Stack::from(&shield);
        let (mut head, ()) = http::Request::new(()).into_parts();
        block(all.check(&mut head)).unwrap();
        assert_eq!(*log.lock().unwrap(), [names[0], names[1], last]);
    }
}

#[test]
fn a_refusal_ends_the_way_wherever_it_stands() {
    for (names, met) in [
        (["refuses", "b", "c"], 1),
        (["a", "waits and refuses", "c"], 2),
        (["waits a", "refuses", "c"], 2),
    ] {
        let log = Arc::default();
        let stack = stack(&names, &log);
        let (mut head, ()) = http::Request::new(()).into_parts();
        assert!(block(stack.check(&mut head)).is_err());
        assert_eq!(*log.lock().unwrap(), names[..met]);
    }
}

#[test]
fn a_shield_that_stands_in_both_is_met_once() {
    let log = Arc::default();
    let (one, two) = (stack(&["one"], &log), stack(&["two"], &log));
    let both = one.then(&two);
    assert_eq!(
        both.then(&one).then(&both).describe().to_string(),
        "one, two"
    );
    // Another shield of the same guards is another shield.
    let twin = stack(&["one"], &log);
    assert_eq!(one.then(&twin).describe().to_string(), "one, one");
}
