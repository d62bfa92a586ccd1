//! What the suites of `rate_limit` share.

use std::sync::{Arc, Mutex};

use portcullis::event::{EventSink, SecurityEvent};

/// A sink, and what it was told: outcome, reason, policy, times.
pub(crate) fn events() -> (impl EventSink, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&told);
    let sink = move |event: &SecurityEvent<'_>| {
        kept.lock().unwrap().push(format!(
            "{} {} {} {}",
            event.outcome.as_str(),
            event.reason,
            event.policy.unwrap_or("-"),
            event.times
        ));
    };
    (sink, told)
}
