//! Stops clients from choosing the address by which they are known.
//!
//! Limits per client, networks of API keys and events all go by the client's address. Without this
//! guard that is the address of whoever is connected, and no header is read. Behind a proxy that is
//! the proxy, for everybody; then a [`ClientAddress`] says which *one* header the proxies write,
//! and which [`Proxies`] are believed:
//!
//! ```
//! use axum::{Router, routing::get};
//! use portcullis::client::{ClientAddress, Proxies};
//! use portcullis::guard::Shield;
//! use portcullis::rate_limit::{Quota, RateLimit};
//!
//! # fn main() -> Result<(), portcullis::config::ConfigError> {
//! let client = ClientAddress::in_x_forwarded_for(Proxies::at(["10.0.0.0/8", "2001:db8:f::/48"])?);
//! let limit = RateLimit::per_client(Quota::per_minute(100))?;
//! let shield = Shield::new().with(client).with(limit);
//!
//! let app: Router = Router::new().route("/articles", get(|| async { "all of them" })).layer(shield);
//! # Ok(())
//! # }
//! ```
//!
//! # How the client is found
//!
//! 1. It begins with whoever is connected, in canonical form (`::ffff:192.0.2.1` is `192.0.2.1`). If
//!    that is none of the proxies, it is the client, whatever its headers say.
//! 2. Else the hops of the one header are read over all its lines, from the right, which is what the
//!    nearest proxy added. Each hop that is a proxy is passed; the first that is none is the client.
//!    What stands further left is that client's own invention.
//! 3. What is no address (a hidden or unknown hop, a name, a zone) ends the walk and is never
//!    passed over: the last proxy before it counts as the client. Of `X-Forwarded-For` the nearest 64
//!    hops and 4 KiB are read.
//! 4. If all hops are proxies, the furthest is the client: a machine of your own.
//!
//! A header that cannot be read from the right is answered with 400: a `Forwarded` that is longer, or
//! leaves a quote open; hops that go on beyond what is read; a header for one address that comes
//! twice. The proxies wrote well, so it is what the client sent that is in the way. If it counted as
//! the proxy instead, anybody could choose to be known as the proxy, with its quota and its rights.
//!
//! Where proxies have no fixed addresses, they are counted instead ([`Proxies::hops`]).
//!
//! The guard leaves the address for everybody further in
//! ([`ClientAddr::of`](crate::identity::ClientAddr::of)). Serve the application with
//! `into_make_service_with_connect_info::<SocketAddr>()`: if it is not known who is connected, the
//! guard answers 500, told as a misconfiguration. It keeps no state and asks no store.
//!
//! # Whether it is set up right
//!
//! [`ClientAddress::explain`] says in a test which client a request would be of, and why.
//! [`ClientAddress::self_test`] says of a running service what looks wrong: a header that nobody
//! reads, proxies that never show up, one client for all.

mod chain;
mod explanation;
mod guard;
mod node;
mod proxies;
mod rule;
mod self_test;

pub use explanation::Explanation;
pub use guard::ClientAddress;
pub use proxies::Proxies;
pub use rule::Why;
pub use self_test::{SelfTest, Suspicion};
