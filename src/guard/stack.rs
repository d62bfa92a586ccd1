//! Shields one after another, whatever their guards are.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use http::request::Parts;

use super::check::{Guard, Stop};
use super::demand::Demand;
use super::headway::Headway;
use super::pass::Pass;
use super::place::Place;
use super::shield::{Shield, Voice};

/// Shields that are met one after another, as one guard: for those whose guards are of types that
/// nobody wants to name. Its clones share them.
#[derive(Clone)]
pub struct Stack(Arc<[Course]>);

/// One shield whose guards have lost their type.
#[derive(Clone)]
struct Course {
    guard: Arc<dyn AnyGuard>,
    voice: Voice,
}

/// What a stack asks of a guard: as [`Guard`], but for objects.
trait AnyGuard: Send + Sync {
    fn set_out(&self, head: &mut Parts) -> Headway;

    fn go_on<'a>(
        &'a self,
        head: &'a mut Parts,
        steps: usize,
    ) -> Pin<Box<dyn Future<Output = Result<Pass, Stop>> + Send + 'a>>;

    fn tell(&self) -> Demand;

    fn steps(&self) -> usize;
}

impl<G: Guard> AnyGuard for G {
    fn set_out(&self, head: &mut Parts) -> Headway {
        self.begin(head)
    }

    fn go_on<'a>(
        &'a self,
        head: &'a mut Parts,
        steps: usize,
    ) -> Pin<Box<dyn Future<Output = Result<Pass, Stop>> + Send + 'a>> {
        Box::pin(self.resume(head, steps))
    }

    fn tell(&self) -> Demand {
        self.describe()
    }

    fn steps(&self) -> usize {
        G::STEPS
    }
}

impl Stack {
    /// One guard by itself, which tells nothing.
    pub(crate) fn of(guard: impl Guard) -> Self {
        Self(Arc::new([Course {
            guard: Arc::new(guard),
            voice: Voice::default(),
        }]))
    }

    /// `first`, and within it `then`. A shield that stands in both is met once, where it is met
    /// first, so that nobody is charged twice.
    #[must_use]
    pub fn then(&self, then: &Self) -> Self {
        let known = |course: &&Course| {
            let same = |other: &Course| Arc::ptr_eq(&course.guard, &other.guard);
            !self.0.iter().any(same)
        };
        let further = then.0.iter().filter(known).cloned();
        Self(self.0.iter().cloned().chain(further).collect())
    }

    /// How the outermost shield tells what is decided, for whoever stands around it.
    pub(crate) fn voice(&self) -> Voice {
        let voices = self.0.iter().map(|course| &course.voice);
        voices.fold(Voice::default(), |all, voice| Voice {
            sink: all.sink.or_else(|| voice.sink.clone()),
            renderer: all.renderer.or_else(|| voice.renderer.clone()),
        })
    }

    /// Goes on from `course` as far as it can.
    fn begin_at(&self, head: &mut Parts, course: usize) -> Headway {
        let mut behind: usize = self
            .0
            .iter()
            .take(course)
            .map(|one| one.guard.steps())
            .sum();
        let mut so_far = Pass::default();
        for course in self.0.iter().skip(course) {
            course.voice.lend_to(head);
            match course.guard.set_out(head) {
                Headway::Decided(Ok(pass)) => so_far = so_far.and(pass),
                Headway::Decided(Err(stop)) => return Headway::Decided(Err(stop.after(so_far))),
                Headway::Waits { steps, pass } => {
                    return Headway::Waits {
                        steps: behind + steps,
                        pass: so_far.and(pass),
                    };
                }
            }
            behind += course.guard.steps();
        }
        Headway::Decided(Ok(so_far))
    }
}

impl Guard for Stack {
    /// Of no meaning: each shield was put in order by itself.
    const PLACE: Place = Place::Envelope;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        match self.begin_at(head, 0) {
            Headway::Decided(verdict) => verdict,
            Headway::Waits { steps, pass } => pass.then(self.resume(head, steps).await),
        }
    }

    fn describe(&self) -> Demand {
        let demands = self.0.iter().map(|course| course.guard.tell());
        demands.fold(Demand::Nothing, Demand::and)
    }

    fn begin(&self, head: &mut Parts) -> Headway {
        self.begin_at(head, 0)
    }

    async fn resume(&self, head: &mut Parts, steps: usize) -> Result<Pass, Stop> {
        let mut behind = 0;
        let mut so_far = Pass::default();
        let mut at = steps;
        for (i, course) in self.0.iter().enumerate() {
            let end = behind + course.guard.steps();
            if at < end {
                let resumed = course.guard.go_on(head, at - behind).await;
                so_far = so_far.then(resumed)?;
                match self.begin_at(head, i + 1) {
                    Headway::Decided(verdict) => return so_far.then(verdict),
                    Headway::Waits { steps, pass } => (at, so_far) = (steps, so_far.and(pass)),
                }
            }
            behind = end;
        }
        Ok(so_far)
    }
}

impl<G: Guard> From<&Shield<G>> for Stack {
    fn from(shield: &Shield<G>) -> Self {
        Self(Arc::new([Course {
            guard: Arc::clone(&shield.guard) as Arc<dyn AnyGuard>,
            voice: shield.voice.clone(),
        }]))
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stack({})", self.describe())
    }
}

#[cfg(test)]
mod tests {
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
}
