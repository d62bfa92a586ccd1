//! Gives access tokens and refresh tokens out together, over HTTP: stops stolen refresh tokens,
//! guessed ones, and pages of other sites.
//!
//! [`TokenService`] puts [`JwtIssuer`](crate::jwt::JwtIssuer) and
//! [`RefreshTokens`](crate::session::RefreshTokens) together. Its [`routes`](TokenService::routes)
//! speak OAuth 2.0 ([RFC 6749], sections 5 and 6; [RFC 7009]); its methods serve handlers of your
//! own, such as a login by passkey:
//!
//! ```
//! use axum::Router;
//! use portcullis::identity::Scopes;
//! use portcullis::jwt::{Grant, JwtIssuer, SigningKey};
//! use portcullis::problem::Problem;
//! use portcullis::session::{Presented, RefreshKeys};
//! use portcullis::store::memory::MemoryRefreshFamilies;
//! use portcullis::token_service::{Login, TokenService};
//!
//! # async fn is_right(_login: &Login) -> bool { true }
//! async fn check(login: Login) -> Result<Option<Grant>, Problem> {
//!     if !is_right(&login).await {
//!         return Ok(None); // and the caller learns no more
//!     }
//!     let scopes = Scopes::parse("articles:read articles:write");
//!     Ok(Some(Grant::to(login.username).with_scopes(scopes)))
//! }
//!
//! # async fn life() -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = JwtIssuer::new("https://id.example", "articles", SigningKey::hs256([7; 32])?)?;
//! let keys = RefreshKeys::new([[8; 32]])?; // from a vault, and random
//! let service = TokenService::new(issuer, MemoryRefreshFamilies::default(), keys)
//!     .with_login(check);
//! let app: Router = Router::new().nest("/auth", service.routes());
//!
//! // POST /auth/token          grant_type=password&username=alice&password=...
//! // POST /auth/token/refresh  refresh_token=rt_...
//! // POST /auth/token/revoke   token=rt_...
//!
//! // The same in a handler of your own:
//! let pair = service.issue(&Grant::to("alice").with_client("web")).await?;
//! let next = service.refresh(pair.refresh_token.expose(), Presented::by("web")).await?;
//! service.revoke(next.refresh_token.expose(), Some("web")).await?;
//! service.revoke_subject("alice").await?; // she has changed her password
//! # Ok(())
//! # }
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # runtime.block_on(life()).unwrap();
//! ```
//!
//! # Answers
//!
//! | The request | Answer | `error` |
//! |---|---|---|
//! | a good login, a good refresh token | 200, never cached | none |
//! | a revocation, whatever the token is | 200 | none |
//! | cannot be read: another media type, over 16 KiB, a parameter twice or in the address | 400 | `invalid_request` |
//! | a wrong login; a refresh token that is not accepted, whatever is wrong | 400 | `invalid_grant` |
//! | more scopes than there are | 400 | `invalid_scope` |
//! | another `grant_type` | 400 | `unsupported_grant_type` |
//! | an application that is not known, or shows a secret that nobody checks | 401 | `invalid_client` |
//! | with the cookie, from a page of another origin | 403 | `invalid_request` |
//! | the store is down | 503 with `Retry-After` | `temporarily_unavailable` |
//! | what the login function answers with, such as 429 | as it is | |
//!
//! Each but the last, which the login function tells itself, is told once as an event:
//! `token_issued`, `token_refreshed`, `token_revoked`; or refused, for the reasons of
//! [`session`](crate::session) and these: `login_refused`, `login_incomplete`, `login_scope_wider`, `scope_malformed`, `refresh_token_missing`, `refresh_token_in_form`,
//! `refresh_not_renewed`, `token_missing`, `grant_type_missing`, `unsupported_grant_type`,
//! `parameters_in_the_address`, `form_parameter_repeated`, `form_encoding_malformed`,
//! `form_too_many_parameters`, `several_authorizations`, `several_clients`,
//! `client_id_malformed`, `client_missing`, `client_refused`, `client_secret_unchecked`, `client_authorization_malformed`,
//! `cross_site_request`, `foreign_origin`, `several_refresh_cookies`, `refresh_cookie_malformed`.
//!
//! # Browsers
//!
//! [`TokenService::with_cookie`] gives refresh tokens in a cookie that scripts cannot read and that
//! goes with no request of another site; the access token stays in the body, for the page to hold
//! in memory. The routes then refuse what `Sec-Fetch-Site` or `Origin` say comes from elsewhere.
//!
//! # What happens when
//! - no login function is given: `grant_type=password` is `unsupported_grant_type`;
//! - the store cannot answer: 503, and nothing is given out. The client keeps its token and shows
//!   it again; no restart is needed;
//! - the response to a refresh is lost: within 30 seconds the same token gives the same successor;
//! - an access token is to end before its time: give the service and the guard the same
//!   [`Revocations`](crate::jwt::Revocations).
//!
//! [RFC 6749]: https://www.rfc-editor.org/rfc/rfc6749
//! [RFC 7009]: https://www.rfc-editor.org/rfc/rfc7009

mod client;
mod cookie;
mod error;
mod exchange;
mod form;
mod give;
mod login;
mod pair;
mod routes;
mod rule;
mod service;

pub use cookie::RefreshCookie;
pub use error::TokenError;
pub use login::{ClientLogin, Login, Renewal};
pub use pair::TokenPair;
pub use routes::ProvenKey;
pub use service::TokenService;
