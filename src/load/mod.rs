//! Stops requests that are too large, too slow or too many from wearing the server out.
//!
//! [`LoadLimits`] is one layer with all limits, secure as it is; it stands around everything else:
//!
//! ```
//! use std::time::Duration;
//! use axum::{Router, routing::{get, post}};
//! use portcullis::guard::Shield;
//! use portcullis::load::{Concurrency, InFlight, LoadLimits, Priority};
//!
//! # fn main() -> Result<(), portcullis::config::ConfigError> {
//! let limits = LoadLimits::new()
//!     .with_body(4 * 1024 * 1024)
//!     .with_time(Duration::from_secs(10))?
//!     .with_in_flight(InFlight::per_client(20)?)?
//!     .with_concurrency(Concurrency::at_most(500)?.with_priorities(|head| {
//!         match head.uri.path() {
//!             "/payments" => Priority::Critical,
//!             "/export" => Priority::Sheddable,
//!             _ => Priority::Default,
//!         }
//!     }));
//!
//! let app: Router = Router::new()
//!     .route("/payments", post(|| async { "paid" }))
//!     .route("/export", get(|| async { "everything" }))
//!     .layer(Shield::new())              // who may do what
//!     .layer(limits)
//!     .layer(Shield::new());             // where refusals are told and how they look
//! # Ok(())
//! # }
//! ```
//!
//! # What a request meets, in this order
//!
//! | | Limit | Answer |
//! |---|---|---|
//! | 1 | header fields and their bytes | 431 |
//! | 2 | the length that the body announces | 413 |
//! | 3 | requests in flight of its client or key ([`InFlight`]) | 429 |
//! | 4 | requests in flight of all, by [`Priority`], with a bounded queue ([`Concurrency`]) | 503, `temporary-reduced-capacity` |
//! | 5 | the length of the body as it comes in | 413 |
//! | 6 | the speed at which the body comes in | 408 |
//! | 7 | the time until the response begins | 408 or 503 |
//!
//! What costs nothing is looked at first, and what a client has too much of takes no place that all
//! share. The refusals are this crate's problems, told as events like all others, each once; 429
//! and 503 of 3 and 4 bear `Retry-After`. They look and are told as the shield says that stands
//! around the limits, if there is one; that may also be where a guard finds out the client.
//!
//! Where a body is cut off, whoever reads it gets an error. Extractors of this crate make the right
//! answer of it; what others answer, if it is an error, is replaced by the right answer and keeps
//! its headers. If that is a success, the author knew what to do and it stands.
//!
//! Requests that are streams (client streaming of gRPC, uploads that take minutes) need limits of
//! their own: give that part of the router its own [`LoadLimits`], with a clone of the same
//! [`Concurrency`], and the rest another. Nested limits both count, so a part cannot have more than
//! the whole around it. A body that is compressed counts as it comes over the wire; to count what it
//! unfolds to, put the limits within the layer that unfolds it.
//!
//! # When nobody knows how many are too many
//!
//! [`Concurrency::adaptive`] finds the number out: as long as most answers come in time it lets in
//! more, and when they do not, fewer. So it follows a service that is slowed down by a database, a
//! neighbour or a release, and one that is given more machines. Priorities have their shares of
//! whatever the limit is, so the sheddable go first. It goes by when responses begin; the time for
//! which a client's body is waited does not count, so that clients who send slowly, or go away, move
//! nothing.
//!
//! # What is in flight
//!
//! A request is in flight until the body of its response has ended, has failed, was dropped with the
//! connection, or has panicked; not only until its response begins. None of that can lose a place,
//! nor can a caller who goes while they wait in the queue.
//!
//! [`InFlight`] is also a layer of its own. A limit per caller stands behind authentication:
//!
//! ```
//! use axum::{Router, routing::get};
//! use portcullis::guard::Shield;
//! use portcullis::load::{InFlight, LoadLimits};
//!
//! # fn main() -> Result<(), portcullis::config::ConfigError> {
//! let app: Router = Router::new()
//!     .route("/reports", get(|| async { "long" }))
//!     .layer(InFlight::per_principal(3)?)
//!     .layer(Shield::new())              // with a guard that authenticates
//!     .layer(LoadLimits::new());
//! # Ok(())
//! # }
//! ```
//!
//! If the address of the client is not known, or no guard has authenticated, such a limit answers
//! 500, told as a misconfiguration.
//!
//! # What a layer cannot stop
//!
//! A layer sees a request when its head has been read. What comes before is for the server, and
//! `axum::serve` cannot be told: it sets no timer, so that hyper's own time-out for heads does not
//! work. Serve with `hyper-util` (`server::conn::auto::Builder`), or put a reverse proxy in front,
//! and see to these:
//!
//! - `http1().timer(TokioTimer::new()).header_read_timeout(30 s)`: heads that never end (Slowloris);
//! - `http1().max_headers(..)`, `http2().max_header_list_size(..)`: heads that do not fit in memory;
//! - `http2().max_concurrent_streams(..)`, `.max_pending_accept_reset_streams(..)`: many requests,
//!   or many that are reset at once, over one connection (CVE-2023-44487);
//! - `http2().timer(..).keep_alive_interval(..)` and `keep_alive_timeout(..)`: peers that are gone;
//! - a semaphore around `accept`, and a count for each address: connections in all and per network;
//! - a time-out for writing: a client that does not read its response keeps the response, and with
//!   it its place in flight, for as long as the connection stands.
//!
//! # Why not the layers of tower
//!
//! The length is counted by `http_body_util::Limited`, on which the layer of `tower-http` stands as
//! well. The layers themselves answer in plain text or not at all, and tell nobody.
//! `tower::limit::ConcurrencyLimit` gives a place back when the response begins; under axum, each
//! clone of it waits without a bound and without a deadline.

mod adaptive;
mod concurrency;
mod future;
mod gate;
mod head;
mod held;
mod in_flight;
mod keyed;
mod limits;
mod pace;
mod plan;
mod priority;
mod service;
mod upload;
mod watch;

pub use concurrency::Concurrency;
pub use future::LoadFuture;
pub use held::HeldBody;
pub use in_flight::InFlight;
pub use limits::LoadLimits;
pub use priority::Priority;
pub use service::LoadService;
pub use upload::UploadBody;
