//! Told when a store begins to be left alone, and when it is used again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::error::StoreError;

/// What has become of a store that [`FailingOver`](super::FailingOver) stands over.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outage<'a> {
    /// It has failed so often in a row that it is left alone, the last time so. What is decided
    /// from now on is decided by the plan.
    Begun(&'a StoreError),
    /// It decides again, after it had not for so long.
    Over(Duration),
}

type Listens = dyn Fn(&Outage<'_>) + Send + Sync;

/// Who is told; the log unless an author says otherwise.
#[derive(Clone, Default)]
pub(super) struct Listener(Option<Arc<Listens>>);

impl Listener {
    pub(super) fn new(listener: impl Fn(&Outage<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    pub(super) fn hear(&self, outage: &Outage<'_>) {
        match (&self.0, outage) {
            (Some(listener), _) => listener(outage),
            (None, Outage::Begun(error)) => {
                let error: &(dyn std::error::Error + 'static) = *error;
                tracing::warn!(target: "portcullis", error, "a store of quotas is left alone");
            }
            (None, Outage::Over(lasted)) => {
                tracing::info!(target: "portcullis", ?lasted, "a store of quotas is used again");
            }
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener(..)")
    }
}
