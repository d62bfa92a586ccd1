//! The layer around everything.

use std::sync::Arc;

use http::header::{self, HeaderName};
use http::request::Parts;
use tower_layer::Layer;

use super::service::ErrorsService;
use crate::event::EventSink;
use crate::field::exactly_one;
use crate::guard::Voice;
use crate::identity::RequestId;
use crate::problem::Render;

/// Replaces what leaves as an error by a generic problem that names the request; catches panics; gives
/// each request an id; takes off headers that tell too much. [The room](super) says what becomes of
/// which response.
///
/// It is the outermost layer of an application: the last one that is added to a router.
#[derive(Clone, Debug, Default)]
pub struct GenericErrors {
    plan: Plan,
}

/// What is done about errors.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) voice: Voice,
    incoming: Option<HeaderName>,
    pub(super) keeps_client_errors: bool,
    kept: Vec<HeaderName>,
}

impl GenericErrors {
    /// Every error that nobody stands for is replaced, and ids are drawn here.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells the events of errors, and of all that stands within and has no sink of its own, to `sink`
    /// (default: `tracing` events).
    #[must_use]
    pub fn with_events(mut self, sink: impl EventSink) -> Self {
        self.plan.voice.tell_to(sink);
        self
    }

    /// Gives every error and refusal, here and within, the body that `render` makes (default: problem
    /// details, RFC 9457). A shield within that has a shape of its own keeps it.
    #[must_use]
    pub fn with_problems(mut self, render: impl Render) -> Self {
        self.plan.voice.speak_by(render);
        self
    }

    /// Takes the id of a request from the header `name` that the proxy in front writes, such as
    /// `X-Request-Id` (default: each is drawn here). See to it that the proxy overwrites what clients
    /// send, or they choose under which id they stand in the log.
    ///
    /// An id that comes twice or is [none](RequestId::parse) is passed over, and one is drawn.
    #[must_use]
    pub fn with_ids_of_proxy(mut self, name: HeaderName) -> Self {
        self.plan.incoming = Some(name);
        self
    }

    /// Keeps the header `name` of responses that are replaced as well.
    #[must_use]
    pub fn with_kept_header(mut self, name: HeaderName) -> Self {
        self.plan.kept.push(name);
        self
    }

    /// Lets every answer of 400 to 499 leave as it is, whoever wrote it and whatever it says: rejections
    /// of extractors quote what the caller sent, and name fields that are none of theirs.
    #[must_use]
    pub fn dangerous_keep_client_errors(mut self) -> Self {
        self.plan.keeps_client_errors = true;
        self
    }
}

impl Plan {
    /// The id of the request with this head.
    pub(super) fn id_of(&self, head: &Parts) -> RequestId {
        let given = || {
            let line = exactly_one(&head.headers, self.incoming.as_ref()?).ok()??;
            RequestId::parse(line.as_bytes())
        };
        let known = RequestId::of(&head.extensions).cloned();
        known.or_else(given).unwrap_or_else(RequestId::random)
    }

    /// Whether the header `name` of a response that is replaced stays.
    pub(super) fn keeps(&self, name: &HeaderName) -> bool {
        const FAMILIES: [&str; 5] = [
            "accept-",
            "access-control-",
            "cross-origin-",
            "ratelimit",
            "x-ratelimit-",
        ];
        const NAMES: [HeaderName; 14] = [
            header::ALLOW,
            header::CONNECTION,
            header::CONTENT_SECURITY_POLICY,
            header::LINK,
            header::PROXY_AUTHENTICATE,
            header::REFERRER_POLICY,
            header::RETRY_AFTER,
            header::SET_COOKIE,
            header::STRICT_TRANSPORT_SECURITY,
            header::UPGRADE,
            header::VARY,
            header::WWW_AUTHENTICATE,
            header::X_CONTENT_TYPE_OPTIONS,
            header::X_FRAME_OPTIONS,
        ];
        const FURTHER: [&str; 5] = [
            "deprecation",
            "dpop-nonce",
            "permissions-policy",
            "sunset",
            "clear-site-data",
        ];
        let text = name.as_str();
        NAMES.contains(name)
            || FURTHER.contains(&text)
            || FAMILIES.iter().any(|family| text.starts_with(family))
            || self.kept.contains(name)
    }
}

impl<S> Layer<S> for GenericErrors {
    type Service = ErrorsService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ErrorsService::new(inner, Arc::new(self.plan.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Facts;

    const ID: HeaderName = HeaderName::from_static("x-request-id");

    fn id(errors: &GenericErrors, lines: &[&'static str], known: Option<&str>) -> String {
        let (mut head, ()) = http::Request::new(()).into_parts();
        for line in lines {
            head.headers.append(ID, line.parse().unwrap());
        }
        if let Some(known) = known {
            Facts::entry(&mut head.extensions).request_id = RequestId::parse(known.as_bytes());
        }
        errors.plan.id_of(&head).to_string()
    }

    #[test]
    fn an_id_that_comes_in_counts_only_where_it_is_awaited_and_is_one() {
        let alone = GenericErrors::new();
        let behind = alone.clone().with_ids_of_proxy(ID);
        assert_eq!(id(&alone, &["a-1"], None).len(), 32);
        assert_eq!(id(&behind, &["a-1"], None), "a-1");
        for bad in [&[][..], &["a-1", "a-1"], &["a 1"], &[""], &["\"a\""]] {
            assert_eq!(id(&behind, bad, None).len(), 32, "{bad:?}");
        }
        assert_eq!(id(&behind, &["a-1"], Some("outer")), "outer");
    }

    #[test]
    fn headers_stay_that_callers_need_and_no_others() {
        let own = HeaderName::from_static("x-own");
        let plan = GenericErrors::new().with_kept_header(own).plan;
        for (name, stays) in [
            ("allow", true),
            ("accept-patch", true),
            ("access-control-allow-origin", true),
            ("ratelimit-policy", true),
            ("www-authenticate", true),
            ("set-cookie", true),
            ("sunset", true),
            ("x-own", true),
            ("x-debug", false),
            ("content-type", false),
            ("content-length", false),
            ("content-location", false),
            ("location", false),
            ("etag", false),
            ("transfer-encoding", false),
            ("server-timing", false),
        ] {
            assert_eq!(plan.keeps(&HeaderName::from_static(name)), stays, "{name}");
        }
    }
}
