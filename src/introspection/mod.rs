//! Stops requests without a token that its authorization server calls active ([RFC 7662]).
//!
//! [`RequireOpaqueToken`] reads one `Authorization: Bearer` header and asks the introspection
//! endpoint about the token: what it is, whose it is and whether it has been withdrawn are known
//! there alone. It leaves the `Principal` for the guards and handlers behind it, and [`Introspected`]
//! for handlers that need to know more.
//!
//! A request without a token gets 401; a token that is unknown, withdrawn, expired, of another
//! issuer, for another audience, bound to a key (`DPoP`, mutual TLS) or no access token gets one and
//! the same 401 (`invalid_token`), and only the event tells them apart: `token_inactive`,
//! `token_expired`, `token_not_yet_valid`, `issued_in_future`, `wrong_issuer`, `wrong_audience`,
//! `token_bound`, `wrong_token_type`, `sub_missing`. What cannot be a token gets 400, or 401 if it is
//! longer than 16 KiB, and the endpoint never hears of it. A token without the scopes gets 403.
//!
//! An endpoint that cannot be reached, is slow, or answers anything but what the standard says lets
//! nobody in: 503 with `Retry-After`, never 401, since a token that could not be asked about is not
//! a bad one. Answers are kept for a minute at most; see [`Introspection`] for the bounds.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use portcullis::fetch::{Discovery, Fetcher};
//! use portcullis::identity::Principal;
//! use portcullis::introspection::{ClientCredentials, Introspection, RequireOpaqueToken};
//!
//! async fn whoami(caller: Principal) -> String {
//!     caller.subject().to_owned()
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = Discovery::openid("https://id.example.com", Fetcher::new()?)?;
//! let secret = std::env::var("INTROSPECTION_SECRET")?;
//! let introspection = Introspection::named_by(issuer, ClientCredentials::basic("my-api", secret));
//!
//! let app: Router = Router::new().route("/whoami", get(whoami)).layer(
//!     RequireOpaqueToken::issued_by(
//!         "https://id.example.com",
//!         "https://api.example.com",
//!         introspection,
//!     )?
//!     .with_scopes(["articles:read"])?,
//! );
//! # Ok(())
//! # }
//! ```
//!
//! [RFC 7662]: https://www.rfc-editor.org/rfc/rfc7662

mod answer;
mod bearer;
mod cache;
mod credentials;
mod endpoint;
mod extract;
mod guard;
mod rule;
mod wire;

pub use credentials::ClientCredentials;
pub use endpoint::Introspection;
pub use extract::Introspected;
pub use guard::RequireOpaqueToken;
