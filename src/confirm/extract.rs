//! `Confirmed`, `Ticket` and `Confirmation` in a handler's signature.

use axum::body::Body;
use axum::extract::{FromRef, FromRequest, FromRequestParts, OriginalUri, Request};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::request::Parts;
use serde_json::json;

use super::action::{self, Action, Fingerprint};
use super::confirmations::{Confirmations, refusal};
use super::rule;
use super::ticket::{Confirmation, Ticket};
use super::token::{CONFIRMATION, CONFIRMATION_TICKET, Claims, Purpose};
use crate::body;
use crate::event;
use crate::field::exactly_one;
use crate::identity::{Caller, Facts, Principal};
use crate::problem::{Challenge, Kind, Problem};

/// The body of a request that its caller has confirmed, read as `T`; `Confirmed<Bytes>` gives its
/// exact bytes.
///
/// What is wrong with the confirmation in the head is answered before the body is read. Then `T`
/// takes the body, of which `T`'s own refusals may tell, and last of all the confirmation is used
/// up. It answers 403 `confirmation-required`, with a ticket if there was no confirmation; 413 if
/// the body is over the limit; 503 if the store cannot answer; 401 to a stranger; and 500 if no
/// authentication guard stands before the handler.
#[derive(Clone, Copy, Debug)]
pub struct Confirmed<T>(pub T);

impl<S, T> FromRequest<S> for Confirmed<T>
where
    S: Send + Sync,
    T: FromRequest<S> + Send,
    Confirmations: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let confirmations = Confirmations::from_ref(state);
        let (head, body) = request.into_parts();
        let refuse = |problem| event::refuse(&head, problem).into_response();
        let asked = Asked::of(&head, &confirmations).map_err(refuse)?;
        let body = body::bounded(&head, body, confirmations.body_limit())
            .await
            .map_err(refuse)?;
        let action = Action::at(asked.target, &body);
        if let Some(claims) = &asked.claims {
            rule::bears(claims, &action.body)
                .map_err(refusal)
                .map_err(refuse)?;
        }
        let request = Request::from_parts(head.clone(), Body::from(body));
        let inner = T::from_request(request, state)
            .await
            .map_err(IntoResponse::into_response)?;
        match &asked.claims {
            Some(claims) => confirmations.use_up(claims).await.map_err(refuse)?,
            None => return Err(refuse(confirmations.demand(&asked.caller, action))),
        }
        Ok(Self(inner))
    }
}

impl<S> FromRequestParts<S> for Ticket
where
    S: Send + Sync,
    Confirmations: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, state: &S) -> Result<Self, Problem> {
        let confirmations = Confirmations::from_ref(state);
        let ticket = || {
            let caller = known(head)?;
            let text = sent(head, &CONFIRMATION_TICKET)?
                .ok_or_else(|| Problem::new(Kind::InvalidRequest).because("ticket_missing"))?;
            confirmations.ticket(text.as_bytes(), caller)
        };
        ticket().map_err(|problem| event::refuse(head, problem))
    }
}

impl IntoResponse for Confirmation {
    fn into_response(self) -> Response {
        let body = json!({ "confirmation": self.expose(), "expires_in": self.expires_in() });
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (headers, body.to_string()).into_response()
    }
}

/// What the head of a request says.
struct Asked {
    caller: Principal,
    target: Fingerprint,
    /// Those of a confirmation that is good but for the body and former use.
    claims: Option<Claims>,
}

impl Asked {
    fn of(head: &Parts, confirmations: &Confirmations) -> Result<Self, Problem> {
        let caller = known(head)?;
        // The path that the client asked for: routers that are nested strip their prefix from the
        // other, and without it two routes would pass for one.
        let uri = match head.extensions.get() {
            Some(OriginalUri(uri)) => uri,
            None => &head.uri,
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let target = action::target(&head.method, path);
        let claims = match sent(head, &CONFIRMATION)? {
            None => None,
            Some(text) => {
                let claims = confirmations.open(text.as_bytes(), Purpose::Confirmation, caller)?;
                rule::is_aimed_at(&claims, &target).map_err(refusal)?;
                Some(claims)
            }
        };
        Ok(Self {
            caller: caller.clone(),
            target,
            claims,
        })
    }
}

fn known(head: &Parts) -> Result<&Principal, Problem> {
    match Facts::caller(&head.extensions) {
        Caller::Known(principal) => Ok(principal),
        Caller::Anonymous => Err(Problem::new(Kind::Unauthenticated)
            .because("no_credential")
            .with_challenge(&Challenge::new("Bearer"))),
        Caller::Unasked => {
            Err(Problem::new(Kind::Misconfigured).because("handler_without_authentication"))
        }
    }
}

fn sent<'h>(head: &'h Parts, name: &HeaderName) -> Result<Option<&'h HeaderValue>, Problem> {
    exactly_one(&head.headers, name)
        .map_err(|_| Problem::new(Kind::InvalidRequest).because("confirmation_repeated"))
}
