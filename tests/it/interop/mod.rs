//! The other side of the wire, as applications meet it: a certified `OpenID` provider (oidc-provider),
//! the JWT libraries jose, `PyJWT` and Authlib, and a validator of `OpenAPI` documents, each in a
//! process of its own.
//!
//! `tests/interop/` holds their programs, and its `setup.sh` (which `tests/run.sh` calls) installs
//! them. What is missing fails the test that needs it: nothing here is ever skipped.

#[cfg(all(feature = "jwt", feature = "remote"))]
mod example_test;
mod library;
mod library_test;
#[cfg(feature = "json")]
mod openapi_test;
mod place;
mod provider;
mod provider_test;
#[cfg(all(feature = "jwt", feature = "remote"))]
mod resource_server_test;
#[cfg(feature = "jwt")]
mod tokens_test;
mod wire;

pub(crate) use library::{KeyPair, Library, now};
#[cfg(feature = "json")]
pub(crate) use place::home;
pub(crate) use provider::{API, CLIENT_ID, CLIENT_SECRET, Outage, Provider};
pub(crate) use wire::exchange;
