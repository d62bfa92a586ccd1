//! Stops high-risk requests that nobody has confirmed: stolen sessions, slips and replays.
//!
//! A handler that takes [`Confirmed`] runs only for a request that bears a confirmation of its own,
//! in the header `Confirmation`: a token which this application has made for this caller (issuer,
//! subject, tenant and credential), this method, this path with its query and this very body. It
//! lasts two minutes and can be used once.
//!
//! 1. The first request is refused: 403 `confirmation-required`, with a ticket in the response's
//!    header `Confirmation-Ticket`. A body that the handler would not take is refused for that.
//! 2. The client sends the ticket, in the header of the same name, to an endpoint of yours that
//!    takes [`Ticket`]. It has the caller take an extra step (a code, a passkey, a fresh login by
//!    [`StepUp`](crate::step_up::StepUp)) and answers with [`Ticket::confirm`].
//! 3. The client repeats the first request, with the confirmation. Used again, or with another
//!    method, path, body or caller, the confirmation is refused; the event says which it was.
//!
//! ```
//! use axum::{Json, Router, routing::post};
//! use portcullis::confirm::{Confirmation, Confirmations, Confirmed, Ticket};
//! use portcullis::problem::{Kind, Problem};
//! use portcullis::store::memory::MemorySeen;
//! # use serde::Deserialize;
//!
//! # #[derive(Deserialize)] struct Transfer { cents: u64 }
//! # #[derive(Deserialize)] struct Code { code: String }
//! # async fn is_right(_who: &str, _code: &str) -> bool { true }
//! async fn transfer(Confirmed(Json(order)): Confirmed<Json<Transfer>>) -> String {
//!     format!("sent {} cents", order.cents)
//! }
//!
//! async fn confirm(ticket: Ticket, Json(step): Json<Code>) -> Result<Confirmation, Problem> {
//!     if !is_right(ticket.principal().subject(), &step.code).await {
//!         return Err(Problem::new(Kind::Forbidden).because("wrong_code"));
//!     }
//!     Ok(ticket.confirm())
//! }
//!
//! # fn main() -> Result<(), portcullis::config::ConfigError> {
//! # let key = [7; 32];
//! let confirmations = Confirmations::new(key, MemorySeen::with_capacity(100_000))?;
//! let app: Router = Router::new()
//!     .route("/transfers", post(transfer))
//!     .route("/confirmations", post(confirm))
//!     .with_state(confirmations);
//! # Ok(())
//! # }
//! ```
//!
//! An endpoint that knows itself what is to be done needs no ticket: it makes the confirmation with
//! [`Confirmations::confirm`]. A service that is no axum handler spends it with
//! [`Confirmations::spend`].
//!
//! # What happens when
//! - no authentication guard stands before the handler: 500, told as a misconfiguration; a stranger
//!   is answered 401;
//! - the state has no [`Confirmations`]: the handler does not compile;
//! - the store cannot answer, or is full: 503, and the confirmation counts as used if the store
//!   got as far as that;
//! - several instances stand side by side: they need the same key and a store that they share, as
//!   memory is only for one process;
//! - the access token is renewed between the steps: its id is part of the binding, so the client
//!   begins again.
//!
//! # What is left to you
//! Limit the attempts at the extra step. Show the caller what they confirm, and make sure with
//! [`Ticket::is_for`] that the ticket is for that. Headers are not bound: what a request does must
//! be in its path and body. A confirmation that was spent is gone even if the handler then fails.
//! A page from another origin sees the ticket only if CORS exposes `Confirmation-Ticket`.

mod action;
mod confirmations;
mod extract;
mod rule;
mod ticket;
mod token;

pub use action::Action;
pub use confirmations::Confirmations;
pub use extract::Confirmed;
pub use ticket::{Confirmation, Ticket};
pub use token::{CONFIRMATION, CONFIRMATION_TICKET};
