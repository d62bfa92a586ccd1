//! Fetches what is needed from other servers, within bounds: key sets, metadata, introspection.
//!
//! Whoever can make a service fetch can try to make it wait, swell, or ask in places where only it
//! can reach. So a [`Fetcher`] speaks `https` only, to addresses that the author configured or the
//! configured issuer names; it follows no redirect and heeds no proxy of the environment; an
//! exchange takes at most 5 seconds and 64 KiB; only status 200 with plain JSON is an answer.
//! Errors hold nothing of what was received.
//!
//! [`Refreshed`] keeps a fetched value fresh, so that requests do not wait for other servers and
//! cannot make this one pester them. When the source is down the last good value serves for an hour
//! beyond its time; when there is none, the answer is [`Unavailable`] (503), never a decision. A
//! [`Discovery`] finds an issuer's endpoints from its name.
//!
//! ```no_run
//! use portcullis::fetch::{Discovery, Document, Fetcher, Malformed, Refreshed};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = Discovery::openid("https://id.example.com", Fetcher::new()?)?;
//! let keys = Refreshed::new(Document::keys_of(issuer, |bytes| {
//!     serde_json::from_slice::<serde_json::Value>(bytes)
//!         .map_err(|_| Malformed::new("key_set_malformed"))
//! }));
//!
//! // In a request; the first one fetches. A key that is not there is asked for, though rarely.
//! let key = keys.seek("2026-11", |set| set["keys"].get(0).cloned()).await?;
//! println!("{key:?}, {:?}", keys.status());
//! # Ok(())
//! # }
//! ```

mod discovery;
mod endpoint;
mod error;
mod exchange;
mod fetcher;
mod flight;
mod held;
mod http_fetch;
mod json;
mod metadata;
mod refreshed;
mod reply;
mod schedule;
mod source;
mod unknown;

pub use discovery::Discovery;
pub use endpoint::Endpoint;
pub use error::{FetchError, Malformed, Unavailable};
pub use exchange::{Fetch, Fetching, Outgoing};
pub use fetcher::Fetcher;
pub use held::{Current, Status};
pub use http_fetch::HttpFetch;
pub use metadata::Metadata;
pub use refreshed::{Refreshed, Renewal};
pub use source::{Document, Loaded, Loading, Source, Version};

pub(crate) use flight::Flight;
pub(crate) use json::object;
