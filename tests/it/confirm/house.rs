//! An application whose transfers must be confirmed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::extract::State;
use axum::routing::{any, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use portcullis::clock::ManualClock;
use portcullis::confirm::{Action, Confirmation, Confirmations, Confirmed, Ticket};
use portcullis::guard::Shield;
use portcullis::identity::{Credential, Principal};
use portcullis::problem::{Kind, Problem};
use portcullis::store::memory::MemorySeen;
use portcullis::store::{Answer, Seen, SeenKey};
use serde_json::Value;

use crate::introduced::{Ear, Introduced};
use crate::support::{read, send};

pub(crate) const KEY: [u8; 32] = [7; 32];

/// Counts what it is asked.
#[derive(Clone)]
pub(crate) struct Counted(Arc<MemorySeen>, Arc<AtomicUsize>);

impl Seen for Counted {
    fn insert(&self, key: SeenKey, until: u64, now: u64) -> Answer<'_, bool> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.insert(key, until, now)
    }
}

/// One instance of the application, with its store and its ear.
#[derive(Clone)]
pub(crate) struct House {
    pub(crate) app: Router,
    pub(crate) clock: ManualClock,
    pub(crate) ear: Ear,
    pub(crate) store: Counted,
    pub(crate) confirmations: Confirmations,
}

/// `alice token 7` is Alice with the token of that id; `alice key 7` has a key; `alice@i` is
/// Alice of the issuer `i`.
pub(crate) fn named(text: &str) -> Principal {
    let mut words = text.split(' ');
    let name = words.next().unwrap();
    let principal = match name.split_once('@') {
        Some((name, issuer)) => Principal::new(name).with_issuer(issuer),
        None => Principal::new(name),
    };
    let (kind, id) = (words.next(), words.next());
    principal.with_credential(match (kind, id) {
        (Some("token"), id) => Credential::Token {
            id: id.map(Into::into),
        },
        (Some("key"), Some(id)) => Credential::ApiKey { id: id.into() },
        _ => Credential::Other,
    })
}

async fn confirm(ticket: Ticket, code: Bytes) -> Result<Confirmation, Problem> {
    if code == ticket.principal().subject() {
        Ok(ticket.confirm())
    } else {
        Err(Problem::new(Kind::Forbidden).because("wrong_code"))
    }
}

/// Confirms only what it was shown.
async fn shown(ticket: Ticket, body: Bytes) -> Result<Confirmation, StatusCode> {
    let transfer = Action::new(&http::Method::POST, "/transfer", &body);
    if ticket.is_for(&transfer) {
        Ok(ticket.confirm())
    } else {
        Err(StatusCode::CONFLICT)
    }
}

/// Makes the confirmation of a request of which it is told.
async fn direct(
    State(confirmations): State<Confirmations>,
    caller: Principal,
    body: Bytes,
) -> Result<Confirmation, Problem> {
    let action = Action::new(&http::Method::POST, "/transfer", &body);
    confirmations.confirm(&caller, &action)
}

impl House {
    pub(crate) fn new() -> Self {
        let store = Counted(
            Arc::new(MemorySeen::with_capacity(1_000)),
            Arc::new(AtomicUsize::new(0)),
        );
        Self::sharing(store, ManualClock::at(1_000), |confirmations| confirmations)
    }

    pub(crate) fn sharing(
        store: Counted,
        clock: ManualClock,
        alter: impl FnOnce(Confirmations) -> Confirmations,
    ) -> Self {
        let confirmations = Confirmations::new(KEY, store.clone())
            .unwrap()
            .with_clock(clock.clone());
        Self::of(store, clock, alter(confirmations))
    }

    pub(crate) fn of(store: Counted, clock: ManualClock, confirmations: Confirmations) -> Self {
        let ear = Ear::default();
        let nested = Router::new().route("/pay", post(|_: Confirmed<Bytes>| async { "paid" }));
        let app = Router::new()
            .route(
                "/transfer",
                any(|Confirmed(body): Confirmed<Bytes>| async { body }),
            )
            .route(
                "/json",
                post(|_: Confirmed<Json<Vec<u8>>>| async { "read" }),
            )
            .route("/confirm", post(confirm))
            .route("/shown", post(shown))
            .route("/direct", post(direct))
            .nest("/tenants/{tenant}", nested)
            .layer(
                Shield::new()
                    .with_events(ear.clone())
                    .with(Introduced(named)),
            )
            .with_state(confirmations.clone());
        Self {
            app,
            clock,
            ear,
            store,
            confirmations,
        }
    }

    /// Another instance with the same key, store and clock.
    pub(crate) fn twin(&self) -> Self {
        Self::sharing(self.store.clone(), self.clock.clone(), |same| same)
    }

    pub(crate) fn store_calls(&self) -> usize {
        self.store.1.load(Ordering::Relaxed)
    }

    pub(crate) async fn ask(
        &self,
        target: &str,
        caller: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> (StatusCode, HeaderMap, Value) {
        let (method, path) = target.split_once(' ').unwrap();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-caller", caller);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = send(&self.app, request.body(body.into()).unwrap()).await;
        let headers = answer.headers().clone();
        let (status, body) = read(answer).await;
        (status, headers, body)
    }

    /// The ticket of a request that is refused.
    pub(crate) async fn ticket(&self, target: &str, caller: &str, body: &'static str) -> String {
        let (status, headers, _) = self.ask(target, caller, &[], body).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        let ticket = headers["confirmation-ticket"].to_str().unwrap();
        ticket.to_owned()
    }

    /// What comes of a ticket of Alice's.
    pub(crate) async fn redeemed(&self, ticket: &str, caller: &str) -> String {
        let sent = [("confirmation-ticket", ticket)];
        let (status, _, body) = self.ask("POST /confirm", caller, &sent, "alice").await;
        assert_eq!(status, StatusCode::OK);
        body["confirmation"].as_str().unwrap().to_owned()
    }

    /// A confirmation of a request.
    pub(crate) async fn confirmed(&self, target: &str, caller: &str, body: &'static str) -> String {
        let ticket = self.ticket(target, caller, body).await;
        self.redeemed(&ticket, caller).await
    }

    /// The status of a transfer with a confirmation.
    pub(crate) async fn transfer(&self, confirmation: &str) -> StatusCode {
        let sent = [("confirmation", confirmation)];
        let (status, headers, _) = self.ask("POST /transfer", "alice", &sent, "5 cents").await;
        assert!(!headers.contains_key("confirmation-ticket"));
        status
    }
}
