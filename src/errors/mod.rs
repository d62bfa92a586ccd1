//! Stops errors from telling callers what went on inside.
//!
//! [`GenericErrors`] stands around everything. Whatever leaves as an error that is none of this crate's
//! problems is replaced by one: the texts of frameworks and of other layers, a handler's own `500`, a
//! panic. Each request has an id ([`RequestId`]), which is in the response and in every event, so
//! that a caller who names it to the author is found in the log.
//!
//! ```
//! use axum::{Router, body::Body, http::Request, routing::get};
//! use portcullis::errors::{GenericErrors, Internal};
//! use tower::ServiceExt;
//!
//! async fn articles() -> Result<String, Internal> {
//!     let text = std::fs::read_to_string("/srv/articles/secret-path")?; // goes to the event
//!     Ok(text)
//! }
//!
//! async fn bug() -> String {
//!     panic!("the password is hunter2")
//! }
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let app: Router = Router::new()
//!     .route("/articles", get(articles))
//!     .route("/bug", get(bug))
//!     .layer(GenericErrors::new()); // last, so that it is around all else
//!
//! for path in ["/articles", "/bug", "/nowhere"] {
//!     let answer = app.clone().oneshot(Request::get(path).body(Body::empty())?).await?;
//!     assert_eq!(answer.headers()["content-type"], "application/problem+json");
//!     let id = answer.headers()["x-request-id"].to_str()?.to_owned();
//!     let body = axum::body::to_bytes(answer.into_body(), 4096).await?;
//!     let body = String::from_utf8(body.to_vec())?;
//!     assert!(body.contains(&format!(r#""request_id":"{id}""#)));
//!     assert!(!body.contains("secret-path") && !body.contains("hunter2"));
//! }
//! # Ok(())
//! # }
//! # std::panic::set_hook(Box::new(|_| ()));
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! # What becomes of a response
//!
//! | It is | It leaves as |
//! |---|---|
//! | below 400 | it is |
//! | a refusal of this crate | it is: it names the request, and its event is told |
//! | a [`Problem`](crate::problem::Problem) that a handler answers with | that problem, which names the request; its event is told, with its cause |
//! | an [`Internal`] error | 500; the error is the cause in the event |
//! | marked [`Verbatim`] | it is |
//! | `application/problem+json`, 4xx | it is |
//! | any other error | a generic problem of the same status |
//! | a panic | 500, reason `handler_panicked`; its message goes where the panic hook writes |
//!
//! What the body of a foreign error says is thrown away and not told either, since nobody knows what
//! it holds. Of its headers those are kept that callers need to go on (`Allow`, `WWW-Authenticate`,
//! `Retry-After`, `Accept-*`, `RateLimit*`, `Deprecation`, `Link`, `Vary`, `Set-Cookie`, those of CORS and
//! of security); all others go with it. To keep an answer of your own, mark it:
//!
//! ```
//! use axum::{Json, http::StatusCode};
//! use portcullis::errors::Verbatim;
//!
//! async fn health() -> Verbatim<(StatusCode, Json<&'static str>)> {
//!     Verbatim((StatusCode::SERVICE_UNAVAILABLE, Json("starting")))
//! }
//! ```
//!
//! Every error in the shape `{"error": "..."}` takes one line:
//!
//! ```
//! use portcullis::{errors::GenericErrors, problem::PlainError};
//!
//! let errors = GenericErrors::new().with_problems(PlainError);
//! ```
//!
//! # gRPC
//!
//! To a request that speaks gRPC an error is a trailers-only response. Where a gRPC service itself
//! answers so with `UNKNOWN`, `INTERNAL`, `UNAVAILABLE` or `DATA_LOSS`, the code stays, and message and
//! details go. What it sends in real trailers, after messages, is not looked at.
//!
//! # What it cannot mend
//!
//! Once a head has left, the status stands: a body that fails or panics while it is sent ends the
//! connection, and what was sent of it was sent. Errors of a service that has an error type of its
//! own are not responses; in a router, axum's `HandleErrorLayer` makes some of them.

mod extract;
mod layer;
mod mend;
mod rule;
mod service;

pub use extract::{Internal, Verbatim};
pub use layer::GenericErrors;
pub use service::{ErrorsFuture, ErrorsService};

pub use crate::identity::RequestId;
