//! Stops requests from reaching anything of which nobody has said who may call it.
//!
//! An [`Api`] is a router to which a route is added together with its [`Policy`]: any [`Shield`], or
//! [`public`] with a reason. Policies can be shared, put one into another ([`Policy::and`]) and laid
//! around a whole API ([`Api::within`]); wherever two meet, both hold.
//!
//! ```
//! use axum::Json;
//! use portcullis::api::{Api, Policy, public};
//! use portcullis::config::ConfigError;
//! use portcullis::guard::Shield;
//! use portcullis::identity::Principal;
//! # use portcullis::authz::RequireScopes;
//! # use portcullis::jwt::{RequireJwt, VerifyingKey};
//! use portcullis::rate_limit::{Quota, RateLimit};
//!
//! async fn list() -> Json<Vec<String>> {
//!     Json(Vec::new())
//! }
//!
//! async fn delete(caller: Principal) -> String {
//!     format!("{} has deleted it", caller.subject())
//! }
//!
//! fn api(jwt: RequireJwt) -> Result<Api, ConfigError> {
//!     let strangers = RateLimit::per_client(Quota::per_minute(300))?.before_authentication()?;
//!     let members = Shield::new()
//!         .with(jwt)
//!         .with(RateLimit::per_principal(Quota::per_minute(60))?);
//!     let editors = Shield::new().with(RequireScopes::all(["articles:delete"])?);
//!     let editors = Policy::from(&members).and(editors).named("editors");
//!
//!     let v1 = Api::new(&members) // judges whatever there is no route for
//!         .get("/articles", list, &members)
//!         .delete("/articles/{id}", delete, &editors);
//!     Ok(Api::new(&members)
//!         .nest("/api/v1", v1)
//!         .get("/health", async || "well", public("liveness; tells nothing of data"))
//!         .within(Shield::new().with(strangers))) // met by every request
//! }
//! # let key = VerifyingKey::hs256([7; 32])?;
//! # let jwt = RequireJwt::new("https://id.example", "https://api.example", key)?;
//! let api = api(jwt)?;
//! println!("{}", api.audit());
//! let app = api.into_service()?; // or into_make_service_with_connect_info, for axum::serve
//! # let _ = app;
//! # Ok::<(), ConfigError>(())
//! ```
//!
//! A route without a policy does not compile:
//!
//! ```compile_fail
//! # use portcullis::api::{Api, public};
//! let api: Api = Api::new(public("a test")).get("/articles", async || "all of them");
//! ```
//!
//! # What is unknown
//!
//! A path that no route has, and a method that a path has not, are judged by the policy that the
//! API was made with, or that of the innermost nested API whose prefix the path is below. Who is not
//! let in by it gets the same answer for what there is and what there is not; everybody else gets
//! 404, or 405 with `Allow` (RFC 9110, section 15.5.6). Policies belong to routes and not to texts:
//! however a path is spelled, either it matches a route, and meets the policy of that, or it is
//! unknown.
//!
//! # The tripwire
//!
//! What [`Api::into_service`] and [`Api::into_make_service_with_connect_info`] give cannot be added
//! to, and a [`Tripwire`] is around it. [`Api::into_router`] gives a router of `axum`'s, to
//! which routes *can* be added that have no policy; neither the API nor the router can tell. Lay a
//! `Tripwire` around the result: a response whose request no policy has seen is replaced by 500.
//!
//! # The audit
//!
//! [`Api::audit`] tells what protects every route, for people ([`Audit::to_text`],
//! [`to_markdown`](Audit::to_markdown), [`to_html`](Audit::to_html)) and programs
//! ([`to_json`](Audit::to_json)), and finds fault with it ([`Concern`]). In a test of the
//! application, [`Audit::assert_accepted`] fails on a finding that nobody has accepted, and
//! [`Audit::since`] says what has become weaker since an audit that was kept.
//! [`Api::openapi`] tells the same in the words of `OpenAPI`.
//!
//! [`Shield`]: crate::guard::Shield

mod assemble;
mod audit;
mod facets;
mod openapi;
mod page;
mod policy;
#[cfg(feature = "json")]
mod reads;
mod route;
mod router;
mod takes;
mod tripwire;
mod unknown;

pub use audit::{
    Audit, BodyRow, Change, Changes, Concern, Finding, QuotaRow, Row, SchemaRow, Tendency,
    Unaccepted, VersionRow,
};
pub use policy::{Policy, Public, public};
pub use router::Api;
pub use tripwire::{Tripwire, TripwireFuture, Tripwired};
