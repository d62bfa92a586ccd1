//! One piece of work for all who wait for it.

use tokio::runtime::Handle;
use tokio::sync::watch;

/// Work on its own task, whose outcome any number of callers can wait for. Whoever stops waiting
/// neither stops nor spoils it.
#[derive(Debug)]
pub(crate) struct Flight<T>(watch::Receiver<Option<T>>);

impl<T: Clone + Send + Sync + 'static> Flight<T> {
    /// Starts `work`; none if there is no runtime to run it.
    pub(crate) fn start(work: impl Future<Output = T> + Send + 'static) -> Option<Self> {
        let runtime = Handle::try_current().ok()?;
        let (landing, waiting) = watch::channel(None);
        runtime.spawn(async move {
            let outcome = work.await;
            // That nobody waits any more is no fault.
            let _ = landing.send(Some(outcome));
        });
        Some(Self(waiting))
    }

    /// The outcome; none if the work panicked or its runtime was shut down.
    pub(crate) async fn landed(mut self) -> Option<T> {
        let outcome = self.0.wait_for(Option::is_some).await.ok()?;
        outcome.clone()
    }

    /// Whether the work is still being done.
    pub(crate) fn is_under_way(&self) -> bool {
        // The sender lives exactly as long as the task.
        self.0.has_changed().is_ok()
    }
}

impl<T> Clone for Flight<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn who_stops_waiting_does_not_stop_the_work() {
        let (go, wait) = oneshot::channel::<u8>();
        let flight = Flight::start(async move { wait.await.unwrap() }).unwrap();
        let gone = tokio::spawn(flight.clone().landed());
        tokio::task::yield_now().await;
        gone.abort();
        assert!(flight.is_under_way());
        go.send(7).unwrap();
        assert_eq!(flight.clone().landed().await, Some(7));
        assert_eq!(flight.landed().await, Some(7), "late comers hear it too");
    }

    #[tokio::test]
    async fn work_that_panics_leaves_nobody_waiting() {
        let (go, wait) = oneshot::channel::<u8>();
        let flight = Flight::start(async move {
            let _ = wait.await;
            panic!("deliberate: the parser is at fault");
        });
        let flight: Flight<u8> = flight.unwrap();
        drop(go);
        assert_eq!(flight.clone().landed().await, None);
        assert!(!flight.is_under_way());
    }

    #[test]
    fn without_a_runtime_there_is_no_flight_and_no_panic() {
        assert!(Flight::start(async { 1 }).is_none());
    }
}
