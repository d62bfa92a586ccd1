//! Guards made of guards.

use http::request::Parts;

use super::check::{Guard, Stop};
use super::demand::Demand;
use super::headway::Headway;
use super::pass::Pass;
use super::place::Place;
use crate::identity::{Caller, Facts};
use crate::problem::{Challenge, Kind, Problem};

/// A guard that establishes who is calling from a credential in the head.
pub trait Authenticator: Guard + Sized {
    /// Whether the request carries a credential of this guard's kind, good or bad.
    fn is_presented(&self, head: &Parts) -> bool;

    /// How to ask for the credential.
    fn challenges(&self) -> Vec<Challenge>;

    /// Lets a caller in whom this guard or `other` accepts, whichever the credential is for. A
    /// credential that is present but bad is refused, never passed over; two at once are refused
    /// as ambiguous (400). The refusals carry the challenges of both.
    fn or<B: Authenticator>(self, other: B) -> Or<Self, B> {
        Or(self, other)
    }

    /// Lets strangers in too. A credential that is present must be good all the same.
    fn optional(self) -> Optional<Self> {
        Optional(self)
    }
}

/// Two guards are one guard: the first is met first, and its stamps are on the second's refusals.
impl<A: Guard, B: Guard> Guard for (A, B) {
    const PLACE: Place = {
        assert!(
            A::PLACE as u8 <= B::PLACE as u8,
            "guards must be combined in the order of their Place: Envelope, Client, Authn, Authz, \
             Quota, Contract; move the guard that was added last further up"
        );
        B::PLACE
    };

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        self.resume(head, 0).await
    }

    fn describe(&self) -> Demand {
        self.0.describe().and(self.1.describe())
    }

    const STEPS: usize = A::STEPS + B::STEPS;

    fn begin(&self, head: &mut Parts) -> Headway {
        let first = match self.0.begin(head) {
            Headway::Decided(Ok(pass)) => pass,
            other => return other,
        };
        match self.1.begin(head) {
            Headway::Decided(verdict) => Headway::Decided(first.then(verdict)),
            Headway::Waits { steps, pass } => Headway::Waits {
                steps: A::STEPS + steps,
                pass: first.and(pass),
            },
        }
    }

    async fn resume(&self, head: &mut Parts, steps: usize) -> Result<Pass, Stop> {
        if let Some(rest) = steps.checked_sub(A::STEPS) {
            return self.1.resume(head, rest).await;
        }
        let first = self.0.resume(head, steps).await?;
        first.then(self.1.resume(head, 0).await)
    }
}

/// The open door: lets every request in.
#[derive(Clone, Copy, Debug)]
pub struct Open;

impl Guard for Open {
    const PLACE: Place = Place::Envelope;

    async fn check(&self, _head: &mut Parts) -> Result<Pass, Stop> {
        Ok(Pass::default())
    }

    fn check_now(&self, _head: &mut Parts) -> Option<Result<Pass, Stop>> {
        Some(Ok(Pass::default()))
    }

    fn describe(&self) -> Demand {
        Demand::Nothing
    }
}

/// Either of two ways to authenticate; see [`Authenticator::or`].
#[derive(Clone, Debug)]
pub struct Or<A, B>(A, B);

impl<A: Authenticator, B: Authenticator> Guard for Or<A, B> {
    const PLACE: Place = {
        assert!(
            A::PLACE as u8 == B::PLACE as u8,
            "both sides of `or` must stand in the same Place"
        );
        A::PLACE
    };

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        match self.choose(head)? {
            Side::First => challenging(self.0.check(head).await, || self.1.challenges()),
            Side::Second => challenging(self.1.check(head).await, || self.0.challenges()),
        }
    }

    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        Some(match self.choose(head) {
            Ok(Side::First) => challenging(self.0.check_now(head)?, || self.1.challenges()),
            Ok(Side::Second) => challenging(self.1.check_now(head)?, || self.0.challenges()),
            Err(stop) => Err(stop),
        })
    }

    fn describe(&self) -> Demand {
        Demand::Any(vec![self.0.describe(), self.1.describe()])
    }
}

/// Which of two ways a request takes.
enum Side {
    First,
    Second,
}

impl<A: Authenticator, B: Authenticator> Or<A, B> {
    fn choose(&self, head: &Parts) -> Result<Side, Stop> {
        match (self.0.is_presented(head), self.1.is_presented(head)) {
            (true, false) => Ok(Side::First),
            (false, true) => Ok(Side::Second),
            (false, false) => Err(asking(Kind::Unauthenticated, "no_credential", self)),
            (true, true) => Err(asking(Kind::InvalidRequest, "several_credentials", self)),
        }
    }
}

impl<A: Authenticator, B: Authenticator> Authenticator for Or<A, B> {
    fn is_presented(&self, head: &Parts) -> bool {
        self.0.is_presented(head) || self.1.is_presented(head)
    }

    fn challenges(&self) -> Vec<Challenge> {
        let mut both = self.0.challenges();
        both.extend(self.1.challenges());
        both
    }
}

/// A refusal that asks for any credential of `guard`.
fn asking(kind: Kind, reason: &'static str, guard: &impl Authenticator) -> Stop {
    guard
        .challenges()
        .iter()
        .fold(Problem::new(kind).because(reason), Problem::with_challenge)
        .into()
}

/// Adds the challenges of the way not taken to a refusal of the credential.
fn challenging(
    verdict: Result<Pass, Stop>,
    other: impl FnOnce() -> Vec<Challenge>,
) -> Result<Pass, Stop> {
    verdict.map_err(|stop| {
        stop.map_problem(|problem| match problem.kind() {
            Kind::InvalidCredential | Kind::InvalidRequest => {
                other().iter().fold(problem, Problem::with_challenge)
            }
            _ => problem,
        })
    })
}

/// A way to authenticate that is open to strangers; see [`Authenticator::optional`].
#[derive(Clone, Debug)]
pub struct Optional<A>(A);

impl<A: Authenticator> Guard for Optional<A> {
    const PLACE: Place = A::PLACE;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        if self.0.is_presented(head) {
            return self.0.check(head).await;
        }
        Ok(let_stranger_in(head))
    }

    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        if self.0.is_presented(head) {
            return self.0.check_now(head);
        }
        Some(Ok(let_stranger_in(head)))
    }

    fn describe(&self) -> Demand {
        Demand::Optional(Box::new(self.0.describe()))
    }
}

fn let_stranger_in(head: &mut Parts) -> Pass {
    let caller = &mut Facts::entry(&mut head.extensions).caller;
    if matches!(caller, Caller::Unasked) {
        *caller = Caller::Anonymous;
    }
    Pass::default()
}
