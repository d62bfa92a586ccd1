//! Where events go.

use std::cell::LazyCell;
use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use tracing::Level;

use super::security_event::{Outcome, SecurityEvent};
use crate::identity::{Facts, RequestId};
use crate::problem::{Dialect, FieldFault, Problem};

/// Takes the events of an application in. It is called on the request's way, so it must be quick
/// and must not block; hand slow work to a channel.
pub trait EventSink: Send + Sync + 'static {
    /// Takes one event in.
    fn record(&self, event: &SecurityEvent<'_>);
}

impl<F: Fn(&SecurityEvent<'_>) + Send + Sync + 'static> EventSink for F {
    fn record(&self, event: &SecurityEvent<'_>) {
        self(event);
    }
}

/// The author's sink, as it travels with a request.
#[derive(Clone)]
pub(crate) struct Sink(pub(crate) Arc<dyn EventSink>);

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sink(..)")
    }
}

/// Turns the request with this head away: tells the event, has challenges name the metadata of the
/// protected resource (RFC 9728), if a guard has left it, and has the problem speak the caller's
/// language. Extractors of your own call it once for each refusal; guards need not, since the
/// service around them does.
pub fn refuse(head: &Parts, problem: Problem) -> Problem {
    if problem.times() > 0 {
        let outcome = Outcome::of(problem.kind());
        tell(sink_of(head), outcome, || {
            SecurityEvent::refused(head, &problem)
        });
    }
    let metadata = Facts::of(&head.extensions).and_then(|facts| facts.resource_metadata.as_deref());
    let problem = match metadata {
        Some(url) => problem.naming_metadata(url),
        None => problem,
    };
    let id = RequestId::of(&head.extensions).cloned();
    problem.told_in(Dialect::of(head), id)
}

/// Tells that the caller of the request with this head proved who they are.
pub(crate) fn authenticated(head: &Parts) {
    authenticated_by(head, "authenticated");
}

/// Likewise, by what they did: a stable word such as `token_issued`.
pub(crate) fn authenticated_by(head: &Parts, reason: &'static str) {
    tell(sink_of(head), Outcome::Authenticated, || SecurityEvent {
        reason,
        ..SecurityEvent::authenticated(head)
    });
}

/// Tells that the request with this head was let on although the quota of `policy` is used up or
/// nearly so, which the event says `times` times.
pub(crate) fn quota(
    head: &Parts,
    outcome: Outcome,
    reason: &'static str,
    policy: &str,
    times: u64,
) {
    tell(sink_of(head), outcome, || SecurityEvent {
        outcome,
        reason,
        policy: Some(policy),
        times,
        ..SecurityEvent::authenticated(head)
    });
}

/// Tells that the request with this head was let on although it breaks the rules, as `problem` says.
#[cfg(feature = "json")]
pub(crate) fn would_refuse(head: &Parts, problem: &Problem) {
    let outcome = Outcome::WouldRefuse;
    tell(sink_of(head), outcome, || SecurityEvent {
        outcome,
        reason: problem.reason(),
        faults: problem.faults(),
        ..SecurityEvent::authenticated(head)
    });
}

/// Tells that the request with this head was let on although what it is for is deprecated, which the
/// event says `times` times.
pub(crate) fn deprecated(head: &Parts, reason: &'static str, times: u64) {
    let outcome = Outcome::Deprecated;
    tell(sink_of(head), outcome, || SecurityEvent {
        outcome,
        reason,
        times,
        ..SecurityEvent::authenticated(head)
    });
}

fn sink_of(head: &Parts) -> Option<&Sink> {
    head.extensions.get()
}

/// Tells the event of this `outcome` to the author's sink, or to `tracing` if there is none; it is
/// put together only if somebody listens.
pub(super) fn tell<'a>(
    sink: Option<&Sink>,
    outcome: Outcome,
    event: impl FnOnce() -> SecurityEvent<'a>,
) {
    match sink {
        Some(sink) => sink.0.record(&event()),
        None => trace(outcome, event),
    }
}

/// Faults for a log: where they are and which rules they break.
struct Places<'a>(&'a [FieldFault]);

impl fmt::Display for Places<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            if let Some(location) = fault.location {
                write!(f, "{} ", location.as_str())?;
            }
            write!(f, "{} {}", fault.pointer, fault.code)?;
        }
        Ok(())
    }
}

fn trace<'a>(outcome: Outcome, event: impl FnOnce() -> SecurityEvent<'a>) {
    let event = LazyCell::new(event);
    macro_rules! write_at {
        ($level:expr) => {
            tracing::event!(
                target: "portcullis",
                $level,
                outcome = outcome.as_str(),
                kind = event.kind.map(|kind| kind.slug()),
                status = event.status.map(|status| status.as_u16()),
                reason = event.reason,
                cause = event.cause,
                method = event.method.as_str(),
                route = event.route,
                client = event.client.map(tracing::field::display),
                subject = event.principal.map(|caller| caller.subject()),
                credential = event.principal.map(|caller| caller.credential().kind()),
                credential_id = event.principal.and_then(|caller| caller.credential().id()),
                request_id = event.request_id.map(tracing::field::display),
                version = event.version.map(tracing::field::display),
                policy = event.policy,
                faults = (!event.faults.is_empty())
                    .then(|| tracing::field::display(Places(event.faults))),
                times = event.times,
            )
        };
    }
    match outcome {
        Outcome::Authenticated => write_at!(Level::DEBUG),
        Outcome::Failed => write_at!(Level::ERROR),
        Outcome::Deprecated
        | Outcome::InvalidInput
        | Outcome::Limited
        | Outcome::NearLimit
        | Outcome::Refused
        | Outcome::Trimmed
        | Outcome::WouldRefuse
        | Outcome::WouldLimit => write_at!(Level::INFO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Location;

    #[test]
    fn a_log_tells_where_faults_are_and_what_they_break() {
        let query = FieldFault::new("#/page", "maximum", "must be at most 9").at(Location::Query);
        let faults = [FieldFault::new("#/a", "type", "must be a string"), query];
        let told = Places(&faults).to_string();
        assert_eq!(told, "#/a type, query #/page maximum");
    }
}
