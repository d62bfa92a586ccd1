//! Refuses requests that a page of another site has sent in the name of whoever looks at it.
//!
//! A browser sends cookies along with whatever a page asks for, also a page of somebody else (CSRF). Since 2023
//! every browser says where a request comes from ([Fetch Metadata]): `Sec-Fetch-Site` is
//! `same-origin`, `same-site`, `cross-site`, or `none` if the user asked for it themselves; no page can
//! forge it. [`RefuseCrossSite`] goes by that, and by `Origin` where a browser is older:
//!
//! ```
//! use axum::{Router, routing::post};
//! use portcullis::cross_site::RefuseCrossSite;
//! use portcullis::guard::Shield;
//!
//! # fn main() -> Result<(), portcullis::config::ConfigError> {
//! let refuse = RefuseCrossSite::new().trusting(["https://app.example.com"])?;
//! let app: Router = Router::new()
//!     .route("/articles", post(|| async { "written" }))
//!     .layer(Shield::new().with(refuse));
//! # Ok(())
//! # }
//! ```
//!
//! # Which requests are refused
//!
//! 1. `GET`, `HEAD` and `OPTIONS` go on: they change nothing, or should not.
//! 2. Requests of a trusted `Origin` go on.
//! 3. With `Sec-Fetch-Site`, only `same-origin` and `none` go on (`same-site` if the author says so). What
//!    cannot be understood is refused.
//! 4. Without it, `Origin` has to be of the host that was asked. HTTPS alone sends `Sec-Fetch-Site`, plain
//!    HTTP does not, and old browsers do not.
//! 5. Without either, no browser sent it: programs have no cookies of somebody else to send along.
//!
//! The refusal is 403, told as `cross_site_request` or `foreign_origin`.
//!
//! With [`isolating_resources`](RefuseCrossSite::isolating_resources) other sites cannot even load what
//! `GET` gives, other than by a link that somebody follows ([Resource Isolation Policy]).
//!
//! Put [`Cors`](crate::cors::Cors) before it, which answers preflights. Behind a proxy that
//! writes another `Host`, name the public origins as trusted. It keeps no state, asks no store and leaves no fact.
//!
//! [Fetch Metadata]: https://www.w3.org/TR/fetch-metadata/
//! [Resource Isolation Policy]: https://web.dev/articles/fetch-metadata

mod guard;
mod rule;

pub use guard::RefuseCrossSite;
