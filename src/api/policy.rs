//! Who may call a route.

use std::fmt;
use std::sync::Arc;

use tower_layer::Layer;

#[cfg(feature = "json")]
use super::reads::Reads;
use super::tripwire;
use crate::brute_force::LoginThrottle;
use crate::guard::{Charged, Demand, Guard, GuardService, QuotaDemand, Shield, Stack, Voice};
#[cfg(feature = "json")]
use crate::input::RequestSchema;

/// Who may call a route: the guards of a [`Shield`], of whatever type, and what an audit is told of
/// them. A handle; its clones share the guards, so that routes under one policy share its quotas.
///
/// Every shield is a policy, and so is [`public`]. A policy is a layer as well, for a service that
/// is put together by hand.
#[derive(Clone)]
pub struct Policy {
    stack: Stack,
    name: Option<Arc<str>>,
    reason: Option<&'static str>,
    #[cfg(feature = "json")]
    reads: Option<Reads>,
    guesses: Option<QuotaDemand>,
}

/// Anybody at all, for a reason; see [`public`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Public(&'static str);

/// Anybody may call the route, because of `why`, which the audit prints.
///
/// ```
/// use portcullis::api::{Public, public};
///
/// const LIVENESS: Public = public("liveness; tells nothing of data");
/// ```
///
/// Without a reason a constant does not compile:
///
/// ```compile_fail
/// # use portcullis::api::{Public, public};
/// const LIVENESS: Public = public(" ");
/// ```
///
/// # Panics
/// If `why` is blank.
#[must_use]
pub const fn public(why: &'static str) -> Public {
    assert!(
        !why.trim_ascii().is_empty(),
        "say why anybody may call the route: public(\"liveness; tells nothing of data\")"
    );
    Public(why)
}

impl Public {
    /// Anybody, as far as `guards` let them: a limit for strangers.
    #[must_use]
    pub fn and(self, guards: impl Into<Policy>) -> Policy {
        Policy::from(self).and(guards)
    }
}

impl Policy {
    fn of(stack: Stack) -> Self {
        Self {
            stack,
            name: None,
            reason: None,
            #[cfg(feature = "json")]
            reads: None,
            guesses: None,
        }
    }

    /// Calls the policy `name` in audits.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    /// This policy and then `inner`: both hold. A shield that stands in both is met once.
    #[must_use]
    pub fn and(self, inner: impl Into<Self>) -> Self {
        let inner = inner.into();
        Self {
            stack: self.stack.then(&inner.stack),
            name: inner.name.or(self.name),
            reason: self.reason.or(inner.reason),
            #[cfg(feature = "json")]
            reads: inner.reads.or(self.reads),
            guesses: inner.guesses.or(self.guesses),
        }
    }

    /// Tells audits and documents that the route reads bodies by the schema of `T`, which its
    /// handler takes as [`ValidatedJson<T>`](crate::input::ValidatedJson).
    #[cfg(feature = "json")]
    #[must_use]
    pub fn reads<T: RequestSchema>(mut self) -> Self {
        self.reads = Some(Reads::schema_of::<T>());
        self
    }

    /// Tells audits that the handler asks `throttle` before it looks at a password.
    #[must_use]
    pub fn throttled_by(mut self, throttle: &LoginThrottle) -> Self {
        let words = format!("failed logins, by the throttle {:?}", throttle.name());
        self.guesses = Some(QuotaDemand::new(words).charging(Charged::WrongCredentials));
        self
    }

    /// What this policy demands of a request.
    #[must_use]
    pub fn describe(&self) -> Demand {
        let guards = self.stack.describe();
        match &self.guesses {
            Some(guesses) => guards.and(Demand::Quota(guesses.clone())),
            None => guards,
        }
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(super) fn reason(&self) -> Option<&'static str> {
        self.reason
    }

    #[cfg(feature = "json")]
    pub(super) fn schema(&self) -> Option<&Reads> {
        self.reads.as_ref()
    }

    pub(super) fn voice(&self) -> Voice {
        self.stack.voice()
    }
}

/// What leaves a trace for the tripwire, before any guard is met.
fn traced() -> Stack {
    Stack::after(tripwire::policy_is_met)
}

impl<G: Guard> From<&Shield<G>> for Policy {
    fn from(shield: &Shield<G>) -> Self {
        Self::of(traced().then(&Stack::from(shield)))
    }
}

impl<G: Guard> From<Shield<G>> for Policy {
    fn from(shield: Shield<G>) -> Self {
        Self::from(&shield)
    }
}

impl From<Public> for Policy {
    fn from(Public(why): Public) -> Self {
        Self {
            reason: Some(why),
            ..Self::of(traced())
        }
    }
}

impl From<&Self> for Policy {
    fn from(policy: &Self) -> Self {
        policy.clone()
    }
}

impl<S> Layer<S> for Policy {
    type Service = GuardService<S, Stack>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.stack.clone())
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("name", &self.name)
            .field("reason", &self.reason)
            .field("demand", &self.describe().to_string())
            .finish_non_exhaustive()
    }
}
