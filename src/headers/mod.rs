//! Stops browsers from doing with a response what its author never meant, and software from telling
//! strangers its name.
//!
//! [`SecurityHeaders`] stamps what the OWASP REST Security Cheat Sheet and ASVS 5.0 (3.4) ask for on
//! every response within a shield, refusals included, which is why it stands first. It demands
//! nothing, refuses nobody, leaves no fact and keeps no state.
//!
//! ```
//! use axum::{Router, body::Body, http::{Request, header::CACHE_CONTROL}, routing::get};
//! use portcullis::guard::Shield;
//! use portcullis::headers::SecurityHeaders;
//! use tower::ServiceExt;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let app: Router = Router::new()
//!     .route("/articles", get(|| async { "all of them" }))
//!     .route("/logo", get(|| async { ([(CACHE_CONTROL, "max-age=600")], "<svg/>") }))
//!     .layer(Shield::new().with(SecurityHeaders::api()));
//!
//! let answer = app.clone().oneshot(Request::get("/articles").body(Body::empty())?).await?;
//! assert_eq!(answer.headers()["cache-control"], "no-store");
//! assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
//! let answer = app.oneshot(Request::get("/logo").body(Body::empty())?).await?;
//! assert_eq!(answer.headers()["cache-control"], "max-age=600"); // what the handler says stands
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! # What is stamped
//!
//! | Header | [`api`](SecurityHeaders::api) | [`pages`](SecurityHeaders::pages) |
//! |---|---|---|
//! | `X-Content-Type-Options` | `nosniff`, always | the same |
//! | `Cache-Control` | `no-store` | the same |
//! | `Content-Security-Policy` | `default-src 'none'`, and nobody may frame it | [`Csp::pages`] |
//! | `X-Frame-Options` | `DENY` | the same |
//! | `Referrer-Policy` | `no-referrer` | `same-origin` |
//! | `Cross-Origin-Resource-Policy` | `same-origin` | the same |
//! | `Cross-Origin-Opener-Policy` | | `same-origin` |
//! | `Permissions-Policy` | camera, microphone, place, screen, payment and USB for nobody | the same |
//! | `Strict-Transport-Security` | two years, with subdomains | the same |
//!
//! All but the first stand back for what a handler has set, unless
//! [told otherwise](SecurityHeaders::with_precedence_over_handlers). `Server`, `X-Powered-By` and
//! their like are taken off.
//!
//! Pages send no `no-referrer`, because browsers then send `Origin: null` with the forms of these very
//! pages, which no check for cross-site requests could tell from a stranger's.
//!
//! `Cross-Origin-Embedder-Policy` stops pages from showing what others do not share, so it takes a
//! [step](SecurityHeaders::with_cross_origin_isolation). Scripts and styles that stand in the page
//! itself take one as well, each by its hash ([`Csp`]).
//!
//! # HTTPS
//!
//! `Strict-Transport-Security` is sent unless [told otherwise](SecurityHeaders::dangerous_without), as
//! an application behind a proxy cannot see how the client is connected. Browsers ignore it over
//! plain HTTP (RFC 6797, section 8.1), so development on loopback goes on as before. It says
//! that **every subdomain** of the host is served over HTTPS for two years to come: where that is not
//! so, say [`Hsts::dangerous_without_subdomains`].

mod csp;
mod guard;
mod hsts;

pub use csp::{Csp, Directive, Source};
pub use guard::SecurityHeaders;
pub use hsts::Hsts;
