//! Who is asking: what one guard tells the next.
//!
//! Controls never know each other. What they learn lies in one request extension, [`Facts`]: the
//! address of the client and the [`Principal`] that an authentication guard established. Guards of
//! your own leave and read facts in the same way:
//!
//! ```
//! use portcullis::identity::{Caller, Facts, Principal};
//!
//! let mut extensions = http::Extensions::new();
//! Facts::entry(&mut extensions).caller = Caller::Known(Principal::new("alice"));
//!
//! let caller = Facts::caller(&extensions);
//! assert_eq!(caller.principal().unwrap().subject(), "alice");
//! ```

mod allowance;
mod api_version;
mod client;
mod facts;
mod network;
mod permissions;
mod principal;
mod request_id;
mod scope;

pub use allowance::Allowance;
pub use api_version::ApiVersion;
pub use client::ClientAddr;
pub use facts::{Caller, Facts};
pub use network::{Network, Networks};
pub use permissions::{Permissions, TooManyPermissions};
pub use principal::{Credential, Principal};
pub use request_id::RequestId;
pub use scope::{Scope, Scopes};
