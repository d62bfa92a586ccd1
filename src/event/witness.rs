//! A request that may have to be turned away after its head has been handed on.

use std::error::Error;

use axum::extract::MatchedPath;
use http::Method;
use http::request::Parts;

use super::security_event::{Outcome, SecurityEvent};
use super::sink::{Sink, tell};
use crate::identity::{ApiVersion, ClientAddr, Facts, Principal, RequestId};
use crate::problem::{Dialect, Problem};

/// All that a refusal needs of a head. Taking it costs no allocation, as long as nobody refuses.
#[derive(Debug)]
pub(crate) struct Witness {
    method: Method,
    route: Option<MatchedPath>,
    client: Option<ClientAddr>,
    principal: Option<Principal>,
    request_id: Option<RequestId>,
    version: Option<ApiVersion>,
    sink: Option<Sink>,
    dialect: Dialect,
}

impl Witness {
    /// The witness of the request with this head.
    pub(crate) fn of(head: &Parts) -> Self {
        Self {
            method: head.method.clone(),
            route: head.extensions.get().cloned(),
            client: ClientAddr::of(&head.extensions),
            principal: Facts::caller(&head.extensions).principal().cloned(),
            request_id: RequestId::of(&head.extensions).cloned(),
            version: ApiVersion::of(&head.extensions),
            sink: head.extensions.get().cloned(),
            dialect: Dialect::of(head),
        }
    }

    /// Turns the request away, as [`refuse`](super::refuse) does with a head at hand; for problems
    /// that bear no challenge.
    pub(crate) fn refuse(self, problem: Problem) -> Problem {
        let outcome = Outcome::of(problem.kind());
        tell(self.sink.as_ref(), outcome, || SecurityEvent {
            kind: Some(problem.kind()),
            status: Some(problem.status()),
            cause: Error::source(&problem),
            policy: problem.violated_policies().next(),
            faults: problem.faults(),
            times: problem.times(),
            ..self.event(outcome, problem.reason())
        });
        problem.told_in(self.dialect, self.request_id)
    }

    /// Tells something of a request that is let on.
    pub(crate) fn note(&self, outcome: Outcome, reason: &str) {
        tell(self.sink.as_ref(), outcome, || self.event(outcome, reason));
    }

    fn event<'a>(&'a self, outcome: Outcome, reason: &'a str) -> SecurityEvent<'a> {
        SecurityEvent {
            outcome,
            kind: None,
            status: None,
            reason,
            cause: None,
            method: &self.method,
            route: self.route.as_ref().map(MatchedPath::as_str),
            client: self.client,
            principal: self.principal.as_ref(),
            request_id: self.request_id.as_ref(),
            version: self.version,
            policy: None,
            faults: &[],
            times: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::event::refuse;
    use crate::problem::Kind;

    /// What is told of a refusal, and the language of the answer.
    fn told(refuse: impl FnOnce(&Parts, Problem) -> Problem) -> (Vec<String>, String) {
        let events = Arc::new(Mutex::new(Vec::new()));
        let (mut head, ()) = http::Request::post("/").body(()).unwrap().into_parts();
        let accepted = "application/graphql-response+json".parse().unwrap();
        head.headers.insert("accept", accepted);
        let facts = Facts::entry(&mut head.extensions);
        facts.request_id = RequestId::parse(b"r-1");
        facts.version = ApiVersion::new(7);
        facts.client = Some(ClientAddr::new([192, 0, 2, 1].into()));
        facts.caller = crate::identity::Caller::Known(Principal::new("alice"));
        let record = Arc::clone(&events);
        let sink = move |event: &SecurityEvent<'_>| {
            record.lock().unwrap().push(format!("{event:?}"));
        };
        head.extensions.insert(Sink(Arc::new(sink)));
        let problem = refuse(&head, Problem::new(Kind::Unavailable).because("late"));
        let dialect = format!("{:?}", problem.into_http::<bytes::Bytes>());
        let events = events.lock().unwrap().clone();
        (events, dialect)
    }

    #[test]
    fn a_witness_tells_and_answers_what_the_head_would_have() {
        let by_witness = told(|head, problem| Witness::of(head).refuse(problem));
        assert_eq!(by_witness.0.len(), 1);
        for told in ["alice", "r-1", "v7"] {
            assert!(by_witness.0[0].contains(told), "{told}");
        }
        assert!(by_witness.1.contains("graphql"));
        assert_eq!(by_witness, told(refuse));
    }
}
