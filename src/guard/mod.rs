//! One shape for every control: look at the head of a request, then let it in or turn it away.
//!
//! A [`Guard`] never reads a body. It lets the request on with a [`Pass`], which may carry headers
//! to stamp on whatever comes back, or ends its way with a [`Stop`]. A [`Shield`] is a whole stack
//! of guards applied as one layer: the stamps of earlier guards stay on the refusals of later
//! ones, and guards in the wrong order do not compile.
//!
//! A guard of your own is a few lines:
//!
//! ```
//! use axum::{Router, routing::get};
//! use http::request::Parts;
//! use portcullis::guard::{Demand, Guard, Pass, Place, Shield, Stop};
//! use portcullis::problem::{Kind, Problem};
//!
//! /// Lets nobody in at night.
//! #[derive(Clone)]
//! struct OfficeHours(fn() -> u8);
//!
//! impl Guard for OfficeHours {
//!     const PLACE: Place = Place::Authz;
//!
//!     async fn check(&self, _head: &mut Parts) -> Result<Pass, Stop> {
//!         match (self.0)() {
//!             8..18 => Ok(Pass::default()),
//!             _ => Err(Problem::new(Kind::Forbidden).because("office_closed").into()),
//!         }
//!     }
//!
//!     fn describe(&self) -> Demand {
//!         Demand::Other("office hours".into())
//!     }
//! }
//!
//! let app: Router = Router::new()
//!     .route("/", get(|| async { "open" }))
//!     .layer(Shield::new().with(OfficeHours(|| 12)));
//! ```
//!
//! A stack in which the quota of a caller is counted before the caller is known does not build:
//!
//! ```compile_fail
//! use portcullis::guard::{Guard, Open, Place, Shield};
//! # use portcullis::guard::{Demand, Pass, Stop};
//! # #[derive(Clone)] struct Late;
//! # impl Guard for Late {
//! #     const PLACE: Place = Place::Quota;
//! #     async fn check(&self, _: &mut http::request::Parts) -> Result<Pass, Stop> { Ok(Pass::default()) }
//! #     fn describe(&self) -> Demand { Demand::Nothing }
//! # }
//! # #[derive(Clone)] struct Early;
//! # impl Guard for Early {
//! #     const PLACE: Place = Place::Authn;
//! #     async fn check(&self, _: &mut http::request::Parts) -> Result<Pass, Stop> { Ok(Pass::default()) }
//! #     fn describe(&self) -> Demand { Demand::Nothing }
//! # }
//! let shield = Shield::new().with(Late).with(Early);
//! ```

mod check;
mod compose;
mod demand;
mod future;
mod headway;
mod pass;
mod place;
mod service;
mod shield;
mod stamp;

pub use check::{Guard, Stop};
pub use compose::{Authenticator, Open, Optional, Or};
pub use demand::Demand;
pub use future::GuardFuture;
pub use pass::{Pass, ResponseHead};
pub use place::Place;
pub use service::GuardService;
pub use shield::Shield;

#[cfg(feature = "cross-origin")]
pub(crate) use stamp::Stamps;
