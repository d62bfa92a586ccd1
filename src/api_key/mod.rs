//! Stops requests without a good API key.
//!
//! [`RequireApiKey`] reads one header, refuses whatever is no key of its format by the key's
//! checksum alone, and looks the rest up in a [`KeyRing`] by id; only a hash of each key is kept
//! there ([`KeyHasher`]: SHA-256, or HMAC-SHA-256 under a [`Pepper`] of the server). It leaves the
//! `Principal` for the guards and handlers behind it, and the key's record for the extractor
//! [`ApiKey`].
//!
//! A request without a key gets 401; a key that is no good gets one and the same 401, whatever is
//! the matter with it, and only the event tells: `key_malformed`, `key_other_prefix` (a key of
//! another environment), `key_unknown`, `key_mismatch`, `key_pepper_unknown`, `key_revoked`,
//! `key_expired`, `key_not_yet_valid`, `key_other_network`. Two keys, or a header that can be none,
//! get 400; a key without the scopes gets 403. A ring that cannot answer lets nobody in: 503 with
//! `Retry-After`. A good key that is bound to networks gets 500 if nobody has left the client's
//! address. Keys in the query or in cookies are not seen, since these end up in logs and are sent
//! by browsers unasked (OWASP ASVS 5.0, 14.2.1).
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
//! # The life of a key
//!
//! A key is issued once ([`NewApiKey`]), found and listed through its ring, replaced by another
//! with an overlap in which both are good ([`KeyRotation`]), and revoked at once or when it
//! expires. [`CachedKeyRing`] keeps most requests from the database, and [`LastUsed`] notes uses
//! without a write a request:
//!
//! ```
//! use portcullis::api_key::{KeyHasher, KeyRotation, LastUsed, NewApiKey, Pepper, RequireApiKey};
//! use portcullis::clock::SystemClock;
//! use portcullis::identity::Allowance;
//! use portcullis::store::{CachedKeyRing, KeyOwner, KeyRing, memory::MemoryKeyRing};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret = [7; 32]; // from where the database is not
//! let hasher = KeyHasher::peppered(Pepper::new(1, secret)?);
//! let ring = CachedKeyRing::over(MemoryKeyRing::default());
//! let last_used = LastUsed::in_ring(ring.clone());
//! let guard = RequireApiKey::in_ring(ring.clone())
//!     .with_prefix("acme_live")? // a key of acme_test is refused without a look-up
//!     .with_hasher(hasher.clone())
//!     .with_last_used(last_used.clone());
//!
//! let issued = NewApiKey::owned_by("alice")
//!     .with_prefix("acme_live")?
//!     .with_hasher(hasher.clone())
//!     .with_networks(["203.0.113.0/24", "2001:db8::/32"])?
//!     .with_allowance(Allowance::new(600, 60)?) // for RateLimit::with_allowances
//!     .expiring_in(std::time::Duration::from_hours(24 * 90))
//!     .issue(&ring, &SystemClock)
//!     .await?;
//!
//! // For 24 hours both keys are good, if the old one does not end earlier.
//! let rotation = KeyRotation::of(issued.record.id()).with_hasher(hasher);
//! let fresh = rotation.rotate(&ring, &SystemClock).await?;
//! for key in ring.list(KeyOwner::named("alice"), None).await? {
//!     println!("{} ends {:?}, last used {:?}", key.id(), key.expires_at(), key.last_used_at());
//! }
//! ring.revoke(fresh.record.id(), 1_700_000_000).await?; // refused from now on
//! last_used.flush().await?; // when the process ends
//! # Ok(())
//! # }
//! ```
//!
//! [`CachedKeyRing`]: crate::store::CachedKeyRing
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
