//! The limits of an application, as one layer.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tower_layer::Layer;

use super::concurrency::Concurrency;
use super::head::HeadLimit;
use super::in_flight::InFlight;
use super::pace::Pace;
use super::plan::Plan;
use super::service::LoadService;
use crate::config::ConfigError;

/// The longest body, in bytes: 1 MiB.
const MAX_BODY: usize = 1024 * 1024;
/// The most header fields, and their most bytes.
const HEAD: HeadLimit = HeadLimit {
    fields: 100,
    bytes: 16 * 1024,
};
/// The lowest speed of an upload.
const PACE: Pace = Pace {
    bytes_a_second: NonZeroU32::new(500).unwrap(),
    patience: Duration::from_secs(20),
};
/// How long a request may take until its response begins.
const TIME: Duration = Duration::from_secs(30);
/// The most requests in flight.
const IN_FLIGHT: usize = 1_024;

/// Holds requests to limits, as one layer that stands around a whole application, or around a part
/// of it that needs limits of its own. [The room](super) says what a request meets, and in which
/// order, however the limits are given here.
///
/// A handle: clones share what is counted.
///
/// # Panics
/// Where limits of time are set, the layer needs a tokio runtime with its timer
/// (`#[tokio::main]` has one): without one, requests panic.
#[derive(Clone, Debug)]
pub struct LoadLimits {
    plan: Plan,
}

impl LoadLimits {
    /// The limits that suit most interfaces. Most are what a well-known server does unless told
    /// otherwise:
    ///
    /// | What | At most | As in |
    /// |---|---|---|
    /// | header fields | 100 | hyper over HTTP/1; Apache httpd (`LimitRequestFields`) |
    /// | header bytes | 16 KiB | hyper over HTTP/2; Node.js (`--max-http-header-size`) |
    /// | body | 1 MiB | nginx (`client_max_body_size`) |
    /// | upload | 20 s behind 500 bytes a second | Apache httpd (`RequestReadTimeout`) |
    /// | time to the response | 30 s | the router of Heroku, which counts from the end of the request |
    /// | requests in flight | 1024 | Envoy (circuit breakers, `max_requests`) |
    /// | in the queue | 100 | Apache Tomcat (`acceptCount`), where connections wait |
    /// | waiting there | 100 ms | the interval in which a good queue is empty once (RFC 8289) |
    #[must_use]
    pub fn new() -> Self {
        Self {
            plan: Plan {
                head: Some(HEAD),
                max_bytes: Some(MAX_BODY),
                in_flight: None,
                concurrency: Some(Concurrency::new(IN_FLIGHT)),
                pace: Some(PACE),
                time: Some(TIME),
            },
        }
    }

    /// Reads at most `fields` header fields of `bytes` bytes together (default: 100 and 16 KiB).
    /// Each field counts its name, its value and 32 bytes (RFC 9113, section 6.5.2). What is more is
    /// answered with 431 (RFC 6585, section 5). The server has limits of its own, which it applies
    /// before; a greater limit here does not raise them.
    #[must_use]
    pub fn with_headers(mut self, fields: usize, bytes: usize) -> Self {
        self.plan.head = Some(HeadLimit { fields, bytes });
        self
    }

    /// Reads at most `max_bytes` of a body, as it comes over the wire (default: 1 MiB). What is more
    /// is answered with 413: at once if the length is announced, else when it has come in.
    ///
    /// The smallest limit on a request's way counts, so this one must be the greatest: extractors
    /// of this crate read 64 KiB unless told otherwise, and those of axum 2 MB unless its
    /// `DefaultBodyLimit` says otherwise.
    #[must_use]
    pub fn with_body(mut self, max_bytes: usize) -> Self {
        self.plan.max_bytes = Some(max_bytes);
        self
    }

    /// Cuts off a body that falls `patience` behind a speed of `bytes_a_second` (default: 20
    /// seconds behind 500 bytes a second), with 408. Only time counts in which the application
    /// waits for the body; what comes in faster earns no more than the patience, so neither a stall
    /// nor a drip outlasts it.
    ///
    /// # Errors
    /// [`ConfigError`] if one of the two is zero.
    pub fn with_upload_speed(
        mut self,
        bytes_a_second: u32,
        patience: Duration,
    ) -> Result<Self, ConfigError> {
        let rate = NonZeroU32::new(bytes_a_second).filter(|_| !patience.is_zero());
        let Some(bytes_a_second) = rate else {
            return Err(ConfigError::new(
                "an upload needs a speed of at least 1 byte a second and some patience: to bear \
                 with any speed use dangerous_without_upload_speed",
            ));
        };
        self.plan.pace = Some(Pace {
            bytes_a_second,
            patience,
        });
        Ok(self)
    }

    /// Gives the application `time` until its response begins (default: 30 seconds), the reading of
    /// the body included, the waiting in the queue not. When it is up, the work is dropped where it
    /// stands; the answer is 408 if the body was being waited for, else 503. The body of the
    /// response may take as long as it does.
    ///
    /// # Errors
    /// [`ConfigError`] if `time` is zero.
    pub fn with_time(mut self, time: Duration) -> Result<Self, ConfigError> {
        if time.is_zero() {
            return Err(ConfigError::new(
                "nothing can be answered in no time: give it some, or as much as it takes with \
                 dangerous_without_time_limit",
            ));
        }
        self.plan.time = Some(time);
        Ok(self)
    }

    /// Limits the requests in flight, and sheds those that are more (default: 1024, with a queue of
    /// 100 for 100 ms).
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: Concurrency) -> Self {
        self.plan.concurrency = Some(concurrency);
        self
    }

    /// Limits the requests in flight of each client, or key of the author's own, as well (default:
    /// none). Per caller or API key, put the limit as a layer of its own behind authentication.
    ///
    /// # Errors
    /// [`ConfigError`] if the limit needs authentication before it.
    pub fn with_in_flight(mut self, in_flight: InFlight) -> Result<Self, ConfigError> {
        self.plan.in_flight = Some(in_flight.known_early()?);
        Ok(self)
    }

    /// Lets bodies be as long as they are. Whatever reads one must then have a limit of its own.
    #[must_use]
    pub fn dangerous_without_body_limit(mut self) -> Self {
        self.plan.max_bytes = None;
        self
    }

    /// Bears with uploads however slow they are. Until the time limit, a few bytes an hour keep a
    /// connection, a task and a place in flight.
    #[must_use]
    pub fn dangerous_without_upload_speed(mut self) -> Self {
        self.plan.pace = None;
        self
    }

    /// Lets the application take as long as it does. For long polling and long uploads; a call that
    /// hangs then keeps its place in flight for ever.
    #[must_use]
    pub fn dangerous_without_time_limit(mut self) -> Self {
        self.plan.time = None;
        self
    }

    /// Lets any number of requests be in flight, until the memory is used up.
    #[must_use]
    pub fn dangerous_without_concurrency_limit(mut self) -> Self {
        self.plan.concurrency = None;
        self
    }
}

impl Default for LoadLimits {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for LoadLimits {
    type Service = LoadService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        LoadService::new(inner, Arc::new(self.plan.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_not_built() {
        let limits = LoadLimits::new;
        let second = Duration::from_secs(1);
        assert!(limits().with_time(Duration::ZERO).is_err());
        assert!(limits().with_time(Duration::from_nanos(1)).is_ok());
        assert!(limits().with_upload_speed(0, second).is_err());
        assert!(limits().with_upload_speed(1, Duration::ZERO).is_err());
        assert!(limits().with_upload_speed(1, second).is_ok());
        assert!(InFlight::per_client(0).is_err());
        let client = InFlight::per_client(1).unwrap();
        assert!(limits().with_in_flight(client).is_ok());
        for late in [InFlight::per_principal(1), InFlight::per_api_key(1)] {
            let error = limits().with_in_flight(late.unwrap()).unwrap_err();
            assert!(error.to_string().contains("within the guards"));
        }
    }

    #[test]
    fn clones_share_what_is_counted() {
        let limits = LoadLimits::new();
        let one = limits.plan.concurrency.clone().unwrap();
        let other = limits.clone().plan.concurrency.unwrap();
        let (head, ()) = http::Request::new(()).into_parts();
        let entry = one.enter(&head);
        assert_eq!(other.in_flight(), 1);
        drop(entry);
        assert_eq!(other.in_flight(), 0);
    }
}
