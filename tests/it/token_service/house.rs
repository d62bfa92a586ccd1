//! A token service with a login, its clock, its store, and an ear for its events.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use portcullis::clock::ManualClock;
use portcullis::event::SecurityEvent;
use portcullis::guard::Shield;
use portcullis::identity::Scopes;
use portcullis::jwt::{Grant, JwtIssuer, SigningKey};
use portcullis::problem::{Kind, Problem};
use portcullis::session::RefreshTokens;
use portcullis::token_service::{Login, TokenService};
use serde_json::Value;

use crate::session::house::{ISSUER, START, Watched, keys};
use crate::support::send;

pub(crate) struct House {
    pub(crate) service: TokenService,
    pub(crate) clock: ManualClock,
    pub(crate) store: Watched,
    heard: Arc<Mutex<Vec<String>>>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub(crate) fn word(&self, name: &str) -> String {
        let json = self.json();
        json[name].as_str().unwrap_or_default().to_owned()
    }
}

pub(crate) fn signing_key() -> SigningKey {
    SigningKey::hs256([9; 32]).unwrap()
}

async fn login(login: Login) -> Result<Option<Grant>, Problem> {
    match (login.username.as_str(), login.password.expose().as_str()) {
        ("alice", "pass word+") => {
            let scopes = Scopes::parse("a b");
            Ok(Some(
                Grant::to("alice").with_scopes(scopes).with_acr("loa2"),
            ))
        }
        ("limited", _) => Err(Problem::new(Kind::QuotaExceeded).with_retry_after(7)),
        _ => Ok(None),
    }
}

pub(crate) const LOGIN: &str = "grant_type=password&username=alice&password=pass+word%2B";

/// The usual service, changed by `change`.
pub(crate) fn house(change: impl FnOnce(TokenService) -> TokenService) -> House {
    let (clock, store) = (ManualClock::at(START), Watched::default());
    let issuer = JwtIssuer::new(ISSUER, "articles", signing_key()).unwrap();
    let issuer = issuer.with_clock(clock.clone());
    let tokens = RefreshTokens::new(store.clone(), keys()).with_clock(clock.clone());
    House {
        service: change(TokenService::of(issuer, tokens).with_login(login)),
        clock,
        store,
        heard: Arc::default(),
    }
}

impl House {
    pub(crate) fn app(&self) -> Router {
        let heard = Arc::clone(&self.heard);
        let ear = Shield::new().with_events(move |event: &SecurityEvent<'_>| {
            let who = event.principal.map_or("", |caller| caller.subject());
            let cause = event.cause.map(ToString::to_string).unwrap_or_default();
            let status = event.status.map_or(0, |status| status.as_u16());
            let line = format!("{status} {} {who} {cause}", event.reason);
            heard.lock().unwrap().push(line.trim().to_owned());
        });
        Router::new()
            .nest("/auth", self.service.routes())
            .layer(ear)
    }

    /// What was told since this was last asked.
    pub(crate) fn heard(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) async fn post(&self, path: &str, form: &str) -> Answer {
        self.post_with(path, form, &[]).await
    }

    pub(crate) async fn post_with(
        &self,
        path: &str,
        form: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::post(format!("/auth{path}")).header("host", "api.example");
        if !fields.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let peer = ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 80)));
        let request = request
            .extension(peer)
            .body(Body::from(form.to_owned()))
            .unwrap();
        let (head, body) = send(&self.app(), request).await.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// The refresh token of a new login.
    pub(crate) async fn logged_in(&self) -> String {
        let answer = self.post("/token", LOGIN).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        self.heard();
        answer.word("refresh_token")
    }
}

pub(crate) fn refresh(token: &str) -> String {
    format!("refresh_token={token}")
}
