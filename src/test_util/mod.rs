//! Stops weak doors before they are built in: tests for applications, without an identity provider.
//!
//! With the feature `test-util` (a `dev-dependency`), [`TestIssuer`] mints tokens in the process of
//! the test, with a key of its own; [`Draft`] makes them as bad as you like; [`assert_hardened`]
//! tries every one of the [`attacks`] on your own application and names those that it does not
//! withstand. [`ActAs`] puts a caller before handlers whose tests are not about tokens. The feature
//! changes no guard: nothing here is trusted unless a guard is given its keys.
//!
//! ```
//! use axum::{Router, routing::get};
//! use portcullis::identity::Principal;
//! use portcullis::jwt::RequireJwt;
//! use portcullis::test_util::{TestIssuer, assert_hardened};
//! # use axum::body::Body;
//! # use http::Request;
//! # use tower::ServiceExt;
//!
//! // The application, with the guard given to it: `RequireJwt::of([Issuer::discover(..)?])` in
//! // production.
//! fn app(guard: RequireJwt) -> Router {
//!     let articles = |caller: Principal| async move { format!("articles of {}", caller.subject()) };
//!     Router::new().route("/articles", get(articles)).layer(guard)
//! }
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # runtime.block_on(async {
//! let issuer = TestIssuer::new("https://id.test", "articles");
//! let app = app(issuer.guard());
//!
//! // One token at a time:
//! let ask = async |token: String| {
//!     let request = Request::get("/articles").header("authorization", format!("Bearer {token}"));
//!     let request = request.body(Body::empty()).unwrap();
//!     app.clone().oneshot(request).await.unwrap().status()
//! };
//! assert_eq!(ask(issuer.token("alice").sign()).await, 200);
//! assert_eq!(ask(issuer.token("alice").expired().sign()).await, 401);
//! assert_eq!(ask(issuer.token("alice").with_claim("aud", "other").sign()).await, 401);
//! assert_eq!(ask(issuer.token("alice").signed_by_a_stranger().sign()).await, 401);
//!
//! // All of the attacks:
//! assert_hardened(app, &issuer, "/articles").await;
//! # });
//! ```
//!
//! Routes that demand scopes, or claims of their own, are shown a token that has them:
//! `assert_hardened(app, issuer.token("alice").with_scopes(["articles:read"]), "/articles")`.
//! Dates are moved by hand with a [`ManualClock`], which the issuer and its guard both read
//! ([`TestIssuer::with_clock`]).

mod act_as;
#[cfg(feature = "jwt")]
mod attack;
#[cfg(feature = "jwt")]
mod corpus;
#[cfg(feature = "jwt")]
mod draft;
#[cfg(feature = "jwt")]
mod harden;
#[cfg(feature = "jwt")]
mod issuer;
#[cfg(feature = "jwt")]
mod probe;

pub use act_as::ActAs;
#[cfg(feature = "jwt")]
pub use attack::Attack;
#[cfg(feature = "jwt")]
pub use corpus::attacks;
#[cfg(feature = "jwt")]
pub use draft::Draft;
#[cfg(feature = "jwt")]
pub use harden::{Weakness, assert_hardened, find_weaknesses};
#[cfg(feature = "jwt")]
pub use issuer::TestIssuer;
#[cfg(feature = "jwt")]
pub use probe::Probe;

pub use crate::clock::ManualClock;
