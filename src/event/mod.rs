//! What happened, told once.
//!
//! Every decision becomes one [`SecurityEvent`], told by the place that took it: a guard's service
//! for what guards decide, an extractor for what extractors decide. By default it is written as a
//! `tracing` event with the target `portcullis` and these fields: `outcome`, `kind`, `status`,
//! `reason`, `cause`, `method`, `route`, `client`, `subject`, `credential`, `credential_id`,
//! `request_id`, `version`, `policy`, `faults`, `times`. No token, key, secret or body is ever in it.
//!
//! An author who wants the events elsewhere gives the outermost [`Shield`](crate::guard::Shield)
//! a sink; whatever stands within it tells there:
//!
//! ```
//! use portcullis::event::{Outcome, SecurityEvent};
//! use portcullis::guard::Shield;
//!
//! let shield = Shield::new().with_events(|event: &SecurityEvent<'_>| {
//!     if event.outcome == Outcome::Refused {
//!         eprintln!("refused: {}", event.reason);
//!     }
//! });
//! ```

mod security_event;
mod sink;
mod witness;

pub use security_event::{Outcome, SecurityEvent};
pub use sink::{EventSink, refuse};

pub(crate) use security_event::route;
#[cfg(all(feature = "jwt", feature = "session"))]
pub(crate) use sink::authenticated_by;
#[cfg(feature = "json")]
pub(crate) use sink::would_refuse;
pub(crate) use sink::{Sink, authenticated, deprecated, quota};
pub(crate) use witness::Witness;
