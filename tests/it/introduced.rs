//! An authentication guard that believes whatever it is told, and an ear for events.

use std::sync::{Arc, Mutex};

use http::request::Parts;
use portcullis::event::{EventSink, SecurityEvent};
use portcullis::guard::{Demand, Guard, Pass, Place, Stop};
use portcullis::identity::{Caller, Facts, Principal};

/// Takes the caller for whoever `of` makes of the header `x-caller`; who sends none is a stranger.
#[derive(Clone)]
pub(crate) struct Introduced(pub(crate) fn(&str) -> Principal);

impl Guard for Introduced {
    const PLACE: Place = Place::Authn;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        let caller = match head.headers.get("x-caller") {
            None => Caller::Anonymous,
            Some(text) => Caller::Known((self.0)(text.to_str().unwrap())),
        };
        Facts::entry(&mut head.extensions).caller = caller;
        Ok(Pass::default())
    }

    fn describe(&self) -> Demand {
        Demand::Credential("introduction".into())
    }
}

/// Keeps the reasons and causes of refusals.
#[derive(Clone, Default)]
pub(crate) struct Ear(Arc<Mutex<Vec<String>>>);

impl Ear {
    /// What was heard since the last time.
    pub(crate) fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl EventSink for Ear {
    fn record(&self, event: &SecurityEvent<'_>) {
        if event.kind.is_none() {
            return;
        }
        let cause = event.cause.map(|cause| format!(": {cause}"));
        let told = format!("{}{}", event.reason, cause.unwrap_or_default());
        self.0.lock().unwrap().push(told);
    }
}
