//! Tells clients where to get a token: the metadata of the protected resource, served and named in
//! challenges ([RFC 9728]).
//!
//! What a client without a token is given is not a dead end but an address: every refusal with a
//! `Bearer` or `DPoP` challenge, whichever guard or extractor makes it, bears
//! `resource_metadata="..."`, and the document at that address says which authorization servers
//! issue tokens for the resource, with which scopes and of which kind.
//!
//! A [`ProtectedResource`] stands before authentication and leaves the address of its document in
//! [`Facts`] for whatever refuses further in; it demands nothing and refuses nobody. Without it no
//! challenge names anything. [`routes`](ProtectedResource::routes) serves the document. It is public,
//! so merge it outside the guards:
//!
//! ```
//! use axum::{Router, body::Body, routing::get};
//! use http::Request;
//! use portcullis::guard::Shield;
//! use portcullis::jwt::{RequireJwt, VerifyingKey};
//! use portcullis::resource::ProtectedResource;
//! use tower::ServiceExt;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let resource = ProtectedResource::new("https://api.example.com/v1")?
//!     .with_authorization_servers(["https://id.example.com"])?
//!     .with_scopes(["articles:read", "articles:write"])?
//!     .with_name("Articles")?;
//!
//! # let key = VerifyingKey::hs256([7; 32])?;
//! let tokens = RequireJwt::new("https://id.example.com", "https://api.example.com/v1", key)?;
//! let shield = Shield::new().with(resource.clone()).with(tokens);
//! let app: Router = Router::new()
//!     .route("/v1/articles", get(|| async { "all of them" }))
//!     .layer(shield)
//!     .merge(resource.routes());
//!
//! let refusal = app.clone().oneshot(Request::get("/v1/articles").body(Body::empty())?).await?;
//! assert_eq!(refusal.status(), 401);
//! let address = "https://api.example.com/.well-known/oauth-protected-resource/v1";
//! let challenge = refusal.headers()["www-authenticate"].to_str()?;
//! assert!(challenge.ends_with(&format!("resource_metadata=\"{address}\"")));
//!
//! let document = app.oneshot(Request::get(address).body(Body::empty())?).await?;
//! assert_eq!(document.headers()["content-type"], "application/json");
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! The address is built from what the author says the resource is, never from the `Host` of a
//! request. A proxy that takes a prefix off paths must let `/.well-known/oauth-protected-resource`
//! through as it is.
//!
//! A problem that a handler of the author's own answers with does not pass the guards' door unless
//! it is sent through [`event::refuse`](crate::event::refuse), and so it names nothing.
//!
//! [RFC 9728]: https://www.rfc-editor.org/rfc/rfc9728
//! [`Facts`]: crate::identity::Facts

mod extract;
mod guard;
mod identifier;
mod members;

pub use guard::ProtectedResource;
