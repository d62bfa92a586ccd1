//! Guards, callers and an application to try things on.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request as Incoming;
use http::header::HeaderValue;
use http::request::Parts;
use http::{Request, Response};
use portcullis::api::{Api, Policy, Tripwired};
use portcullis::authz::RequireScopes;
use portcullis::event::SecurityEvent;
use portcullis::guard::{Carried, Demand, Guard, Pass, Place, Shield, Stop};
use portcullis::identity::{Caller, Facts, Principal, Scopes};
use portcullis::problem::{Challenge, Kind, Problem};
use portcullis::rate_limit::{By, Quota, RateLimit};
use tower::{Service, ServiceExt};

/// Believes whoever names themselves in `x-user`: `name` or `name scope scope`.
#[derive(Clone)]
pub(super) struct Named;

impl Guard for Named {
    const PLACE: Place = Place::Authn;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        let Some(value) = head.headers.get("x-user") else {
            let ask = Challenge::new("Named");
            return Err(Problem::new(Kind::Unauthenticated)
                .with_challenge(&ask)
                .into());
        };
        let text = value.to_str().unwrap().to_owned();
        let (name, scopes) = text.split_once(' ').unwrap_or((&text, ""));
        let principal = Principal::new(name).with_scopes(Scopes::parse(scopes));
        Facts::entry(&mut head.extensions).caller = Caller::Known(principal);
        Ok(Pass::default())
    }

    fn describe(&self) -> Demand {
        Demand::credential("name", vec![Carried::Header("x-user".to_owned())])
    }
}

/// Which marks a request has gone past.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Marks(pub(super) Vec<usize>);

/// Leaves a number for the handler.
#[derive(Clone)]
pub(super) struct Mark(pub(super) usize);

impl Guard for Mark {
    const PLACE: Place = Place::Envelope;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        let marks: &mut Marks = head.extensions.get_or_insert_default();
        marks.0.push(self.0);
        Ok(Pass::default())
    }

    fn describe(&self) -> Demand {
        Demand::Nothing
    }
}

/// The marks that a request comes with.
pub(super) async fn marks(request: Incoming) -> String {
    format!(
        "{:?}",
        request
            .extensions()
            .get::<Marks>()
            .cloned()
            .unwrap_or_default()
            .0
    )
}

pub(super) fn members() -> Policy {
    Policy::from(Shield::new().with(Named)).named("members")
}

pub(super) fn scoped(scope: &str, limit: u32) -> Policy {
    let limit = RateLimit::per(By::principal(), "principal", Quota::per_minute(limit)).unwrap();
    Shield::new()
        .with(Named)
        .with(RequireScopes::all([scope]).unwrap())
        .with(limit)
        .into()
}

pub(super) fn request(method: &str, uri: &str, user: Option<&str>) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method.parse().unwrap();
    *request.uri_mut() = uri.parse().unwrap();
    if let Some(user) = user {
        let user = HeaderValue::from_str(user).unwrap();
        request.headers_mut().insert("x-user", user);
    }
    request
}

pub(super) async fn send<T>(app: &T, request: Request<Body>) -> Response<Body>
where
    T: Service<Request<Body>, Response = Response<Body>> + Clone,
    T::Error: std::fmt::Debug,
{
    app.clone().oneshot(request).await.unwrap()
}

/// What a `GET` is answered.
pub(super) async fn status(app: &Tripwired<Router>, uri: &str, user: Option<&str>) -> u16 {
    send(app, request("GET", uri, user)).await.status().as_u16()
}

pub(super) async fn text(response: Response<Body>) -> String {
    use http_body_util::BodyExt;

    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub(super) fn served(api: Api) -> Tripwired<Router> {
    api.into_service().unwrap()
}

/// Events, by their reasons.
#[derive(Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    pub(super) fn sink(&self) -> impl Fn(&SecurityEvent<'_>) + Send + Sync + 'static {
        let heard = Arc::clone(&self.0);
        move |event: &SecurityEvent<'_>| heard.lock().unwrap().push(event.reason.to_owned())
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}
