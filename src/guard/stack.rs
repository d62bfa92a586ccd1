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
pub struct Stack {
    courses: Arc<[Course]>,
    /// Done before the first of them is met.
    before: Option<fn()>,
}

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
    /// A stack without shields, before which `before` is done, in it and in all that are made of it.
    pub(crate) fn after(before: fn()) -> Self {
        Self {
            courses: Arc::new([]),
            before: Some(before),
        }
    }

    /// `first`, and within it `then`. A shield that stands in both is met once, where it is met
    /// first, so that nobody is charged twice.
    #[must_use]
    pub fn then(&self, then: &Self) -> Self {
        let known = |course: &&Course| {
            let same = |other: &Course| Arc::ptr_eq(&course.guard, &other.guard);
            !self.courses.iter().any(same)
        };
        let further = then.courses.iter().filter(known).cloned();
        Self {
            courses: self.courses.iter().cloned().chain(further).collect(),
            before: self.before.or(then.before),
        }
    }

    /// How the outermost shield tells what is decided, for whoever stands around it.
    pub(crate) fn voice(&self) -> Voice {
        let voices = self.courses.iter().map(|course| &course.voice);
        voices.fold(Voice::default(), |all, voice| Voice {
            sink: all.sink.or_else(|| voice.sink.clone()),
            renderer: all.renderer.or_else(|| voice.renderer.clone()),
        })
    }

    /// Goes on from `course` as far as it can.
    fn begin_at(&self, head: &mut Parts, course: usize) -> Headway {
        let mut so_far = Pass::default();
        for (i, course) in self.courses.iter().enumerate().skip(course) {
            course.voice.lend_to(head);
            match course.guard.set_out(head) {
                Headway::Decided(Ok(pass)) => so_far = so_far.and(pass),
                Headway::Decided(Err(stop)) => return Headway::Decided(Err(stop.after(so_far))),
                Headway::Waits { steps, pass } => {
                    let behind = self
                        .courses
                        .iter()
                        .take(i)
                        .map(|course| course.guard.steps());
                    return Headway::Waits {
                        steps: behind.sum::<usize>() + steps,
                        pass: so_far.and(pass),
                    };
                }
            }
        }
        Headway::Decided(Ok(so_far))
    }
}

impl Guard for Stack {
    /// Of no meaning: each shield was put in order by itself.
    const PLACE: Place = Place::Envelope;

    /// More than a stack can have, so that no step within it is taken for one behind it.
    const STEPS: usize = 1 << 20;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        match self.begin(head) {
            Headway::Decided(verdict) => verdict,
            Headway::Waits { steps, pass } => pass.then(self.resume(head, steps).await),
        }
    }

    fn describe(&self) -> Demand {
        let demands = self.courses.iter().map(|course| course.guard.tell());
        demands.fold(Demand::Nothing, Demand::and)
    }

    fn begin(&self, head: &mut Parts) -> Headway {
        if let Some(before) = self.before {
            before();
        }
        self.begin_at(head, 0)
    }

    async fn resume(&self, head: &mut Parts, steps: usize) -> Result<Pass, Stop> {
        let mut behind = 0;
        let mut so_far = Pass::default();
        let mut at = steps;
        for (i, course) in self.courses.iter().enumerate() {
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
        let course = Course {
            guard: Arc::clone(&shield.guard) as Arc<dyn AnyGuard>,
            voice: shield.voice.clone(),
        };
        Self {
            courses: Arc::new([course]),
            before: None,
        }
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stack({})", self.describe())
    }
}

#[cfg(test)]
mod tests;
