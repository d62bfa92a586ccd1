//! Stops versions of an interface from living for ever: each says when it is deprecated and when it
//! ends, and then it ends.
//!
//! Versions stand in the address (`/api/v1`). [`Versions`] is the list of them. It
//! [nests](Versions::nest) a router for each under its own guard, or gives the
//! [`guard`](Versions::guard) of one, to stand last in a shield.
//!
//! ```
//! use axum::{Router, body::Body, http::Request, routing::get};
//! use portcullis::clock::ManualClock;
//! use portcullis::version::{ApiVersion, Version, Versions};
//! use tower::ServiceExt;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let articles = |version: ApiVersion| async move { format!("articles of {version}") };
//! let clock = ManualClock::at(1_800_000_000);
//! let versions = Versions::under("/api", [
//!     Version::new(1)
//!         .with_deprecation(1_790_000_000)
//!         .with_deprecation_link("https://example.com/docs/v2")
//!         .with_sunset(1_810_000_000),
//!     Version::new(2),
//! ])?.with_clock(clock);
//! let app: Router = versions.nest([
//!     (1, Router::new().route("/articles", get(articles))),
//!     (2, Router::new().route("/articles", get(articles))),
//! ])?;
//!
//! let answer = app.oneshot(Request::get("/api/v1/articles").body(Body::empty())?).await?;
//! assert_eq!(answer.headers()["deprecation"], "@1790000000");
//! assert_eq!(answer.headers()["sunset"], "Tue, 11 May 2027 01:46:40 GMT");
//! let links: Vec<_> = answer.headers().get_all("link").iter().collect();
//! assert_eq!(links, [
//!     r#"<https://example.com/docs/v2>; rel="deprecation""#,
//!     r#"</api/v2>; rel="successor-version""#,
//! ]);
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! # What a version answers
//!
//! | When | Answer |
//! |---|---|
//! | before its end | what its routes say |
//! | in a [`BrownOut`] | 410, or 503 with `Retry-After` |
//! | from the second of its sunset on | 410, or [what the author says](Version::with_status_after_sunset) |
//!
//! All of them, refusals by the guard and by whatever stands within it included, bear `Deprecation`
//! (RFC 9745), `Sunset` (RFC 8594) and `Link` (RFC 8288) with the relations `deprecation`, `sunset` and
//! `successor-version` (RFC 5829). The headers say dates, so they are there before these have come.
//!
//! A version that is none, or not written to the letter (`/v0`, `/v01`, `/V1`, `/v1%2f`), is answered
//! with 404, as is every other path that there is not.
//!
//! # Who still uses it
//!
//! The guard leaves the version for the extractor [`ApiVersion`] and for every event of the
//! request. The use of a deprecated version is told as an event of the outcome
//! [`Deprecated`](crate::event::Outcome::Deprecated) with its caller, at most once an hour for each of
//! them, with how many times they used it since. Up to 256 callers of a version are told apart so;
//! when there are more, some are told sooner, and what they had not been told of is not made up for.
//! [`Versions::report`] has the number of requests of each version.
//!
//! Callers are known to the guard if it stands within authentication. Where it stands around it, it
//! tells them apart by their address, and its headers are on the refusals of authentication as well.
//! It reads a clock, asks no store and needs no fact.

mod declared;
mod extract;
mod guard;
mod rule;
mod set;
mod usage;

pub use declared::Version;
pub use guard::VersionGuard;
pub use rule::{BrownOut, Stage};
pub use set::{VersionReport, Versions};

pub use crate::identity::ApiVersion;
