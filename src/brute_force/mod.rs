//! Stops the guessing of passwords, keys and tokens, without letting anybody lock somebody else out.
//!
//! # Logins
//!
//! A [`LoginThrottle`] stands in the author's login function. An attempt is counted *before* the
//! password is checked and given back if it was right, so that guesses in parallel, or ones whose
//! connection is dropped, count all the same. What it promises, in any 24 hours, with its defaults:
//!
//! | Counted by | Who | Freely | Then each must wait | At most |
//! |---|---|---|---|---|
//! | account and network | everyone | 5 failures | 1 s, 2 s, 4 s, ... 15 min since the last | 50 failures |
//! | network | strangers | 100 failures | 1 s, 2 s, 4 s, ... 15 min since the last | 200 failures |
//! | account | strangers | 100 failures | | 100 failures |
//!
//! A network is an IPv4 address or the /64 of an IPv6 address. A *stranger* to an account is a
//! network from which nobody has logged in to it in the last 90 days. So whoever guesses at one
//! account from however many networks has 100 guesses a day; and they cannot lock the owner out,
//! because a network from which the owner has logged in before is counted by itself alone. Only
//! somebody in that same network can make the owner wait: 15 minutes at a time, and once the 50
//! failures are used up until the first of them is a day old. What an owner there, or at a new place
//! during an attack, meets is a refusal: offer them another way, such as a link by mail, and then
//! [`remember`](LoginThrottle::remember) the network from which they took it.
//!
//! A refusal is 429 with `Retry-After`, and changes nothing: who hammers at the door does not make
//! the wait longer. The answer is the same whether the account exists or not, because the throttle
//! does not know; see that what you answer and how long it takes do not tell it either.
//!
//! ```
//! use axum::{Form, Router, extract::State, response::{IntoResponse, Response}, routing::post};
//! use http::{StatusCode, request::Parts};
//! use portcullis::brute_force::LoginThrottle;
//! use portcullis::problem::Problem;
//! # use std::net::SocketAddr;
//! # use axum::{body::Body, extract::ConnectInfo};
//! # use tower::ServiceExt;
//!
//! #[derive(serde::Deserialize)]
//! struct Login {
//!     account: String,
//!     password: String,
//! }
//! # async fn is_right(account: &str, password: &str) -> bool { password == "correct horse" }
//!
//! async fn login(
//!     State(throttle): State<LoginThrottle>,
//!     head: Parts,
//!     Form(login): Form<Login>,
//! ) -> Result<Response, Problem> {
//!     // One account, one spelling: bring the name into the form in which you look it up.
//!     let account = login.account.trim().to_lowercase();
//!     let attempt = throttle.begin(&head, &account).await?;
//!     if !is_right(&account, &login.password).await {
//!         attempt.failed();
//!         return Ok(StatusCode::UNAUTHORIZED.into_response());
//!     }
//!     attempt.succeeded(&head).await?;
//!     Ok("welcome".into_response())
//! }
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let throttle = LoginThrottle::new("login")?;
//! let app: Router = Router::new().route("/login", post(login)).with_state(throttle);
//! # let ask = async |password: &str| {
//! #     let request = http::Request::post("/login")
//! #         .header("content-type", "application/x-www-form-urlencoded")
//! #         .extension(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 80))))
//! #         .body(Body::from(format!("account=Alice&password={password}"))).unwrap();
//! #     app.clone().oneshot(request).await.unwrap().status().as_u16()
//! # };
//! # for _ in 0..5 {
//! #     assert_eq!(ask("correct+horse").await, 200);
//! #     assert_eq!(ask("123456").await, 401);
//! # }
//! # assert_eq!(ask("correct+horse").await, 429);
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! # Keys and tokens
//!
//! A [`GuessLimit`] stands around an authentication guard and counts the credentials that it does
//! not accept, by network, before the guard (and its store) is asked:
//!
//! ```
//! use std::time::Duration;
//! use portcullis::api_key::RequireApiKey;
//! use portcullis::brute_force::GuessLimit;
//! use portcullis::guard::Shield;
//! use portcullis::rate_limit::Quota;
//! use portcullis::store::memory::MemoryKeyRing;
//!
//! # fn main() -> Result<(), portcullis::config::ConfigError> {
//! let keys = RequireApiKey::in_ring(MemoryKeyRing::with_capacity(1_000));
//! let twenty = Quota::sliding_window(20, Duration::from_mins(5));
//! let shield = Shield::new().with(GuessLimit::per_network(keys, twenty)?);
//! # Ok(())
//! # }
//! ```
//!
//! # When something is missing
//!
//! Both are told by their events as `too_many_failures` and the like. If the address of the client
//! is not known the answer is 500: serve with `into_make_service_with_connect_info::<SocketAddr>()`,
//! or put a client guard before. If the store cannot answer, nobody is let in (503 with
//! `Retry-After`), unless the author has said otherwise by a loud name. What is kept of accounts and
//! networks is a digest. Memory is bounded by the stores ([`MemoryQuotas`]).
//!
//! [`MemoryQuotas`]: crate::store::memory::MemoryQuotas

mod attempt;
mod guess;
mod keys;
mod rule;
mod throttle;
mod track;

pub use attempt::Attempt;
pub use guess::GuessLimit;
pub use rule::Failures;
pub use throttle::LoginThrottle;
