//! The guard that lets pages of other origins in.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderName, HeaderValue, ORIGIN,
    VARY,
};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use tower_layer::Layer;

use super::names::needs_no_permission;
use super::policy::{CorsPolicy, boxed};
use super::request_headers::RequestHeaders;
use super::rule::{Reach, Rules, Verdict};
use crate::guard::{Demand, Guard, GuardService, OriginDemand, Pass, Place, Stamps, Stop};
use crate::problem::{Kind, Problem};

/// All that the answer to a preflight depends on. Nobody should store one, and some caches do.
const PREFLIGHT_VARY: HeaderValue = HeaderValue::from_static(
    "Access-Control-Request-Headers, Access-Control-Request-Method, Origin",
);

/// Lets the pages of named origins call the API and read what it answers (Fetch Standard, CORS
/// protocol). Pages of all other origins get no word.
///
/// A handle: clones share what was built.
#[derive(Clone)]
pub struct Cors(Arc<Shared>);

struct Shared {
    rules: Rules,
    exposed: Option<HeaderValue>,
    max_age: Option<HeaderValue>,
    /// What every response bears; every one to `OPTIONS`; every one to a preflight.
    plain: Stamps,
    options: Stamps,
    preflight: Stamps,
}

impl Cors {
    /// Begins with the origins whose pages may read: `https://example.com`, or with
    /// `https://*.example.com` all subdomains of a host, however deep, and not the host itself.
    /// They are written as browsers write them.
    pub fn for_origins<N: AsRef<str>>(origins: impl IntoIterator<Item = N>) -> CorsPolicy {
        CorsPolicy::new(Some(boxed(origins).collect()))
    }

    /// Lets any page whatsoever read what strangers are answered: without credentials, and without
    /// methods or headers that need permission. For what is public in any case.
    #[must_use]
    pub fn public_read() -> Self {
        Self::from(Rules {
            reach: Reach::Any,
            methods: Box::default(),
            request_headers: RequestHeaders::default(),
            exposed: Box::default(),
            max_age: None,
            has_credentials: false,
            refuses_foreign: false,
        })
    }

    /// Begins with any origin: whatever page somebody looks at may call the API from within their
    /// network, with whatever methods and headers are allowed. Credentials cannot be allowed.
    pub fn dangerous_for_any_origin() -> CorsPolicy {
        CorsPolicy::new(None)
    }

    fn decide(&self, head: &Parts) -> Result<Pass, Stop> {
        let shared = &*self.0;
        let plain = || {
            Pass::sharing(if head.method == Method::OPTIONS {
                &shared.options
            } else {
                &shared.plain
            })
        };
        let refused = |reason| Stop::from(Problem::new(Kind::Forbidden).because(reason));
        match shared.rules.judge(head) {
            Verdict::Plain => Ok(plain()),
            Verdict::Shared => Ok(plain().and(shared.permission(head))),
            Verdict::Foreign => Err(refused("foreign_origin").after(plain())),
            Verdict::Preflight => {
                let answer = Stop::answer(shared.answer(head));
                Err(answer.after(Pass::sharing(&shared.preflight)))
            }
            Verdict::Refused(reason) => {
                Err(refused(reason).after(Pass::sharing(&shared.preflight)))
            }
        }
    }
}

impl Shared {
    /// What lets the page read the answer.
    fn permission(&self, head: &Parts) -> Pass {
        let mut pass = Pass::default();
        if let (Reach::Named(_), Some(origin)) = (&self.rules.reach, head.headers.get(ORIGIN)) {
            pass.stamp(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            if self.rules.has_credentials {
                pass.stamp(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
            }
            if let Some(exposed) = &self.exposed {
                pass.stamp(ACCESS_CONTROL_EXPOSE_HEADERS, exposed.clone());
            }
        }
        pass
    }

    /// The answer to a preflight that asks for nothing but what is allowed. It names what was asked
    /// for, and nothing else that is allowed.
    fn answer(&self, head: &Parts) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        let origin = match &self.rules.reach {
            Reach::Any => Some(ANY),
            Reach::Named(_) => head.headers.get(ORIGIN).cloned(),
        };
        let asked = head.headers.get(ACCESS_CONTROL_REQUEST_METHOD);
        let method = asked.filter(|method| !method.to_str().is_ok_and(needs_no_permission));
        let credentials = self.rules.has_credentials.then_some(TRUE);
        for (name, value) in [
            (ACCESS_CONTROL_ALLOW_ORIGIN, origin),
            (ACCESS_CONTROL_ALLOW_CREDENTIALS, credentials),
            (ACCESS_CONTROL_ALLOW_METHODS, method.cloned()),
            (ACCESS_CONTROL_MAX_AGE, self.max_age.clone()),
        ] {
            if let Some(value) = value {
                headers.insert(name, value);
            }
        }
        for line in head.headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS) {
            headers.append(ACCESS_CONTROL_ALLOW_HEADERS, line.clone());
        }
        response
    }
}

const ANY: HeaderValue = HeaderValue::from_static("*");
const TRUE: HeaderValue = HeaderValue::from_static("true");

impl From<Rules> for Cors {
    fn from(rules: Rules) -> Self {
        // Names are tokens, which any header can bear.
        let exposed = (!rules.exposed.is_empty())
            .then(|| HeaderValue::from_str(&rules.exposed.join(", ")).ok())
            .flatten();
        let constant = |vary: Option<HeaderValue>| {
            let mut stamps: Vec<(HeaderName, HeaderValue)> = Vec::new();
            stamps.extend(vary.map(|vary| (VARY, vary)));
            // What is the same for everybody is sent to everybody, since caches do not tell them apart.
            if let Reach::Any = rules.reach {
                stamps.push((ACCESS_CONTROL_ALLOW_ORIGIN, ANY));
                stamps.extend(
                    exposed
                        .clone()
                        .map(|exposed| (ACCESS_CONTROL_EXPOSE_HEADERS, exposed)),
                );
            }
            Stamps::new(stamps)
        };
        let vary = match rules.reach {
            Reach::Any => None,
            Reach::Named(_) => Some(HeaderValue::from_static("Origin")),
        };
        Self(Arc::new(Shared {
            plain: constant(vary),
            options: constant(Some(PREFLIGHT_VARY)),
            preflight: Stamps::new([(VARY, PREFLIGHT_VARY)]),
            max_age: rules.max_age.map(HeaderValue::from),
            exposed,
            rules,
        }))
    }
}

impl Guard for Cors {
    const PLACE: Place = Place::Envelope;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        self.decide(head)
    }

    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        Some(self.decide(head))
    }

    fn describe(&self) -> Demand {
        let rules = &self.0.rules;
        let allowed = match &rules.reach {
            Reach::Any => vec!["*".to_owned()],
            Reach::Named(origins) => origins.list(),
        };
        let origins = OriginDemand::new(allowed, rules.has_credentials);
        let refused = if rules.refuses_foreign {
            Demand::Manner("nothing changed from other origins".into())
        } else {
            Demand::Nothing
        };
        Demand::Origins(origins).and(refused)
    }
}

impl<S> Layer<S> for Cors {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}

impl fmt::Debug for Cors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cors").field(&self.0.rules).finish()
    }
}
