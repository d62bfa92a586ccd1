//! Stops requests without a good API key.
//!
//! [`RequireApiKey`] reads one header, refuses whatever is no key of its format by the key's
//! checksum alone, and looks the rest up in a [`KeyRing`] by id; only a SHA-256 of each key is
//! kept there. It leaves the `Principal` for the guards and handlers behind it, and the key's
//! record for the extractor [`ApiKey`].
//!
//! A request without a key gets 401; a key that is wrong, unknown, revoked, expired or of another
//! prefix gets one and the same 401, and only the event tells them apart (`key_malformed`,
//! `key_unknown`, `key_mismatch`, `key_revoked`, `key_expired`). Two keys, or a header that can be
//! none, get 400; a key without the scopes gets 403. A ring that cannot answer lets nobody in: 503
//! with `Retry-After`. Keys in the query or in cookies are not seen, since these end up in logs
//! and are sent by browsers unasked (OWASP ASVS 5.0, 14.2.1).
//!
//! API keys name programs, not people: for people use tokens with a login behind them.
//!
//! ```
//! use std::time::Duration;
//! use axum::{Router, routing::get};
//! use portcullis::api_key::{ApiKey, NewApiKey, RequireApiKey};
//! use portcullis::clock::SystemClock;
//! use portcullis::identity::Scopes;
//! use portcullis::store::memory::MemoryKeyRing;
//!
//! async fn whoami(key: ApiKey) -> String {
//!     key.owner().subject().to_owned()
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let ring = MemoryKeyRing::default();
//! let issued = NewApiKey::owned_by("alice")
//!     .with_prefix("demo")?
//!     .with_scopes(Scopes::of(["articles:read"])?)
//!     .expiring_in(Duration::from_hours(24 * 90))
//!     .issue(&ring, &SystemClock)
//!     .await?;
//! println!("your key, shown once: {}", issued.key.expose());
//!
//! let app: Router = Router::new().route("/whoami", get(whoami)).layer(
//!     RequireApiKey::in_ring(ring)
//!         .with_prefix("demo")?
//!         .with_scopes(["articles:read"])?,
//! );
//! # Ok(())
//! # }
//! ```
//!
//! A key of which nobody has said when it ends cannot be issued:
//!
//! ```compile_fail
//! use portcullis::{api_key::NewApiKey, clock::SystemClock, store::memory::MemoryKeyRing};
//!
//! let issued = NewApiKey::owned_by("alice").issue(&MemoryKeyRing::default(), &SystemClock);
//! ```
//!
//! [`KeyRing`]: crate::store::KeyRing

mod base62;
mod entrance;
mod extract;
mod format;
mod guard;
mod hasher;
mod issue;
mod last_used;
mod new_key;
mod refusal;
mod rehash;
mod rotate;
mod rule;

pub use extract::ApiKey;
pub use format::KeyFormat;
pub use guard::RequireApiKey;
pub use hasher::{KeyHasher, Pepper};
pub use issue::{IssueError, IssuedApiKey};
pub use last_used::LastUsed;
pub use new_key::{DatedApiKey, NewApiKey};
pub use rotate::KeyRotation;
