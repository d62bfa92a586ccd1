//! The token endpoints, ready to be mounted.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA, SET_COOKIE};
use http::request::Parts;

use super::error::{Fault, INVALID_GRANT, OAuthError};
use super::pair::{TokenPair, caller};
use super::service::TokenService;
use crate::event;
use crate::identity::{Caller, Facts};
use crate::problem::{Dialect, Renderer};
use crate::store::Family;

/// The thumbprint (RFC 7638, by SHA-256) of a key of which this request has shown proof. A layer
/// that verifies `DPoP` proofs leaves it among the extensions of a request to the token routes;
/// they bind the tokens to it (RFC 9449, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvenKey(pub [u8; 32]);

impl TokenService {
    /// The endpoints `POST /token` (RFC 6749, sections 4.3 and 6), `POST /token/refresh` (section
    /// 6 alone; `grant_type` may be left out) and `POST /token/revoke` (RFC 7009), to be merged
    /// into a router or nested in it. Limit how often they are asked.
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        Router::new()
            .route("/token", post(token))
            .route("/token/refresh", post(refresh))
            .route("/token/revoke", post(revoke))
            .with_state(self.clone())
    }

    /// The response that gives `pair` out (RFC 6749, section 5.1), with the refresh token in the
    /// cookie if there is one: for logins in handlers of the author's own. No cache may keep it.
    #[must_use]
    pub fn answer(&self, pair: &TokenPair) -> Response {
        let Some(cookie) = &self.cookie else {
            return json(pair.to_json(Some(&pair.refresh_token)));
        };
        let mut response = json(pair.to_json(None));
        let field = cookie.to_field(pair.refresh_token.expose(), pair.refresh_expires_in);
        response.headers_mut().append(SET_COOKIE, field);
        response
    }

    /// Turns the request away, and takes a cookie away that is good for nothing any more.
    fn refuse(&self, head: &mut Parts, fault: Fault, family: Option<&Family>) -> Response {
        if fault.is_told {
            return fault.problem.into_response();
        }
        if let Some(family) = family {
            note(head, family);
        }
        let problem = event::refuse(head, fault.problem);
        let Some(code) = fault.code else {
            return problem.into_response();
        };
        let renderer = Renderer(Arc::new(OAuthError(code)));
        let mut response = problem.in_dialect(Dialect::Own(renderer)).into_response();
        if code == INVALID_GRANT {
            self.take_cookie_away(&mut response);
        }
        response
    }

    fn take_cookie_away(&self, response: &mut Response) {
        if let Some(cookie) = &self.cookie {
            let field = cookie.to_field("", 0);
            response.headers_mut().append(SET_COOKIE, field);
        }
    }
}

async fn token(State(service): State<TokenService>, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    let asked = match service.open(&head, body).await {
        Ok(asked) => asked,
        Err(fault) => return service.refuse(&mut head, fault, None),
    };
    let (outcome, reason) = match asked.grant_type() {
        Some("password") => (service.log_in(&head, asked).await, "token_issued"),
        Some("refresh_token") => (service.go_on(asked).await, "token_refreshed"),
        Some(_) => (Err((Fault::grant_type(), None)), ""),
        None => (Err((Fault::request("grant_type_missing"), None)), ""),
    };
    match outcome {
        Ok(pair) => given(&service, &mut head, &pair, reason),
        Err((fault, family)) => service.refuse(&mut head, fault, family.as_deref()),
    }
}

async fn refresh(State(service): State<TokenService>, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    let outcome = match service.open(&head, body).await {
        Ok(asked) => match asked.grant_type() {
            None | Some("refresh_token") => service.go_on(asked).await,
            Some(_) => Err((Fault::grant_type(), None)),
        },
        Err(fault) => Err((fault, None)),
    };
    match outcome {
        Ok(pair) => given(&service, &mut head, &pair, "token_refreshed"),
        Err((fault, family)) => service.refuse(&mut head, fault, family.as_deref()),
    }
}

async fn revoke(State(service): State<TokenService>, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    let outcome = match service.open(&head, body).await {
        Ok(asked) => service.give_back(asked).await,
        Err(fault) => Err(fault),
    };
    match outcome {
        Ok(family) => {
            if let Some(family) = family {
                tell(&mut head, &family, "token_revoked");
            }
            let mut response = Response::new(Body::empty());
            close(&mut response);
            service.take_cookie_away(&mut response);
            response
        }
        Err(fault) => service.refuse(&mut head, fault, None),
    }
}

fn given(
    service: &TokenService,
    head: &mut Parts,
    pair: &TokenPair,
    reason: &'static str,
) -> Response {
    tell(head, &pair.family, reason);
    service.answer(pair)
}

/// Tells that whoever has a token of `family` is known.
fn tell(head: &mut Parts, family: &Family, reason: &'static str) {
    note(head, family);
    event::authenticated_by(head, reason);
}

fn note(head: &mut Parts, family: &Family) {
    Facts::entry(&mut head.extensions).caller = Caller::Known(caller(family));
}

fn json(body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    close(&mut response);
    response
}

/// RFC 6749, section 5.1.
fn close(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
}
