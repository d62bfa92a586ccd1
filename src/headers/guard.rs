//! The headers, and the guard that stamps them.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::request::Parts;
use tower_layer::Layer;

use super::csp::{Csp, Directive, Source};
use super::hsts::Hsts;
use crate::field::TELLTALE;
use crate::guard::{Deed, Demand, Guard, GuardService, Pass, Place, Stamps, Stop};

const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const EMBEDDER: HeaderName = HeaderName::from_static("cross-origin-embedder-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

/// What of a browser can harm most, for nobody.
const NO_PERMISSIONS: &str =
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

/// Stamps the headers that tell browsers what a response is not for, and takes off what tells
/// strangers too much. [The room](super) has the table of them.
///
/// They are put together when it is built: a request takes one allocation, and their places in the
/// response.
#[derive(Clone, Debug)]
pub struct SecurityHeaders {
    csp: Csp,
    stamps: Stamps,
}

impl SecurityHeaders {
    /// For interfaces whose responses are data.
    #[must_use]
    pub fn api() -> Self {
        Self::common(Csp::nothing(), "no-referrer")
    }

    /// For pages that browsers show.
    #[must_use]
    pub fn pages() -> Self {
        Self::common(Csp::pages(), "same-origin").says(OPENER, "same-origin")
    }

    /// Has pages take things from where `csp` says.
    #[must_use]
    pub fn with_content_security_policy(mut self, csp: Csp) -> Self {
        let value = csp.to_value();
        self.csp = csp;
        self.with(CONTENT_SECURITY_POLICY, value)
    }

    /// Lasts as `hsts` says (default: two years, with subdomains).
    #[must_use]
    pub fn with_hsts(self, hsts: Hsts) -> Self {
        self.with(STRICT_TRANSPORT_SECURITY, hsts.to_value())
    }

    /// Lets pages of the same origin show the response within themselves (default: nobody).
    #[must_use]
    pub fn with_framing_by_own_pages(self) -> Self {
        self.framed_by([Source::own()])
            .says(X_FRAME_OPTIONS, "SAMEORIGIN")
    }

    /// Lets pages of the same site, other subdomains of the domain, embed the response (default:
    /// those of the same origin).
    #[must_use]
    pub fn with_embedding_by_own_site(self) -> Self {
        self.says(RESOURCE, "same-site")
    }

    /// Has pages share their memory with nobody, so that they may measure time finely
    /// (`Cross-Origin-Embedder-Policy: require-corp`). They can show nothing then that others do not
    /// share with them.
    #[must_use]
    pub fn with_cross_origin_isolation(self) -> Self {
        self.says(OPENER, "same-origin")
            .says(EMBEDDER, "require-corp")
    }

    /// Says `value` where a handler does not say how its response may be stored (default:
    /// `no-store`).
    #[must_use]
    pub fn with_cache_control(self, value: HeaderValue) -> Self {
        self.with(CACHE_CONTROL, value)
    }

    /// Says `value` of what browsers can do (Permissions Policy, W3C).
    #[must_use]
    pub fn with_permissions_policy(self, value: HeaderValue) -> Self {
        self.with(PERMISSIONS, value)
    }

    /// Says `value` of how much is told of the page that a link is on (Referrer Policy, W3C).
    #[must_use]
    pub fn with_referrer_policy(self, value: HeaderValue) -> Self {
        self.with(REFERRER_POLICY, value)
    }

    /// Takes the header `name` off every response as well.
    #[must_use]
    pub fn with_removed(mut self, name: HeaderName) -> Self {
        self.stamps.put(name, Deed::Remove);
        self
    }

    /// Has what was said so far stand instead of what handlers set (default: where they set
    /// nothing).
    #[must_use]
    pub fn with_precedence_over_handlers(mut self) -> Self {
        self.stamps.insist();
        self
    }

    /// Lets pages of these origins show the response within themselves, and so trick whoever looks
    /// at them into clicks. `X-Frame-Options` has no words for that and is not sent.
    #[must_use]
    pub fn dangerous_allow_framing_by(self, pages: impl IntoIterator<Item = Source>) -> Self {
        self.framed_by(pages).dangerous_without(&X_FRAME_OPTIONS)
    }

    /// Lets any page of the web embed the response, and learn what can be learned of it by that.
    #[must_use]
    pub fn dangerous_allow_embedding(self) -> Self {
        self.says(RESOURCE, "cross-origin")
    }

    /// Does nothing about the header `name`.
    #[must_use]
    pub fn dangerous_without(mut self, name: &HeaderName) -> Self {
        self.stamps.drop_all(name);
        self
    }

    fn common(csp: Csp, referrer: &'static str) -> Self {
        let mut stamps = Stamps::default();
        for name in TELLTALE {
            stamps.put(name, Deed::Remove);
        }
        let no_sniffing = Deed::Set(HeaderValue::from_static("nosniff"));
        stamps.put(X_CONTENT_TYPE_OPTIONS, no_sniffing);
        let empty = Self {
            csp: Csp::nothing(),
            stamps,
        };
        empty
            .says(CACHE_CONTROL, "no-store")
            .with_content_security_policy(csp)
            .says(X_FRAME_OPTIONS, "DENY")
            .says(REFERRER_POLICY, referrer)
            .says(RESOURCE, "same-origin")
            .says(PERMISSIONS, NO_PERMISSIONS)
            .with_hsts(Hsts::new())
    }

    fn framed_by(self, pages: impl IntoIterator<Item = Source>) -> Self {
        let csp = self.csp.clone().allowing(Directive::FrameAncestors, pages);
        self.with_content_security_policy(csp)
    }

    fn says(self, name: HeaderName, value: &'static str) -> Self {
        self.with(name, HeaderValue::from_static(value))
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.stamps.put(name, Deed::IfAbsent(value));
        self
    }
}

impl Guard for SecurityHeaders {
    const PLACE: Place = Place::Envelope;

    async fn check(&self, _head: &mut Parts) -> Result<Pass, Stop> {
        Ok(Pass::sharing(&self.stamps))
    }

    fn check_now(&self, _head: &mut Parts) -> Option<Result<Pass, Stop>> {
        Some(Ok(Pass::sharing(&self.stamps)))
    }

    fn describe(&self) -> Demand {
        Demand::Nothing
    }
}

impl<S> Layer<S> for SecurityHeaders {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(headers: &SecurityHeaders, name: &str) -> Vec<Deed> {
        let about = headers.stamps.iter().filter(|(other, _)| other == name);
        about.map(|(_, deed)| deed.clone()).collect()
    }

    fn if_absent(value: &'static str) -> Vec<Deed> {
        vec![Deed::IfAbsent(HeaderValue::from_static(value))]
    }

    #[test]
    fn each_step_says_its_own_header() {
        let api = SecurityHeaders::api;
        let value = HeaderValue::from_static;
        for (headers, name, words) in [
            (api(), "x-frame-options", "DENY"),
            (
                api().with_framing_by_own_pages(),
                "x-frame-options",
                "SAMEORIGIN",
            ),
            (
                api().with_embedding_by_own_site(),
                "cross-origin-resource-policy",
                "same-site",
            ),
            (
                api().dangerous_allow_embedding(),
                "cross-origin-resource-policy",
                "cross-origin",
            ),
            (
                api().with_cache_control(value("private")),
                "cache-control",
                "private",
            ),
            (
                api().with_permissions_policy(value("usb=()")),
                "permissions-policy",
                "usb=()",
            ),
            (
                api().with_referrer_policy(value("origin")),
                "referrer-policy",
                "origin",
            ),
            (
                api().with_cross_origin_isolation(),
                "cross-origin-embedder-policy",
                "require-corp",
            ),
            (
                api().with_hsts(Hsts::new().with_preload()),
                "strict-transport-security",
                "max-age=63072000; includeSubDomains; preload",
            ),
        ] {
            assert_eq!(said(&headers, name), if_absent(words), "{name}");
        }
    }

    #[test]
    fn both_words_on_framing_say_the_same() {
        let own = SecurityHeaders::api().with_framing_by_own_pages();
        let csp = "default-src 'none'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'";
        assert_eq!(said(&own, "content-security-policy"), if_absent(csp));
        let other = Source::origin("https://a.example").unwrap();
        let others = SecurityHeaders::pages().dangerous_allow_framing_by([other]);
        assert_eq!(said(&others, "x-frame-options"), []);
        let words = format!("{:?}", said(&others, "content-security-policy"));
        assert!(
            words.contains("frame-ancestors https://a.example; "),
            "{words}"
        );
    }

    #[test]
    fn what_is_taken_back_is_not_said() {
        let headers = SecurityHeaders::pages()
            .with_precedence_over_handlers()
            .with_removed(HeaderName::from_static("x-debug"))
            .dangerous_without(&STRICT_TRANSPORT_SECURITY);
        assert_eq!(said(&headers, "strict-transport-security"), []);
        assert_eq!(said(&headers, "x-debug"), [Deed::Remove]);
        let insists = Deed::Set(HeaderValue::from_static("no-store"));
        assert_eq!(said(&headers, "cache-control"), [insists]);
    }
}
