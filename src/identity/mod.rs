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

mod client;
mod facts;
mod permissions;
mod principal;
mod scope;

pub use client::ClientAddr;
pub use facts::{Caller, Facts};
pub use permissions::{Permissions, TooManyPermissions};
pub use principal::{Credential, Principal};
pub use scope::{Scope, Scopes};
