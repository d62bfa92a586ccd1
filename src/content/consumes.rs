//! The media types that a route takes.

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::request::Parts;
use http::{Method, Version};
use tower_layer::Layer;

use super::types::Types;
use crate::body::{MediaType, NOT_ACCEPTED, unsupported};
use crate::config::ConfigError;
use crate::guard::{Demand, Guard, GuardService, Pass, Place, Stop};

/// Lets a body in only if it is of a media type that the route takes.
#[derive(Clone, Debug)]
pub struct Consumes {
    types: Types,
    asks_empty_posts: bool,
}

impl Consumes {
    /// Takes `application/json`.
    #[must_use]
    pub fn json() -> Self {
        Self::of(Types::known(&["application/json"]))
    }

    /// Takes `application/merge-patch+json` (RFC 7396).
    #[must_use]
    pub fn merge_patch() -> Self {
        Self::of(Types::known(&["application/merge-patch+json"]))
    }

    /// Takes `application/json-patch+json` (RFC 6902).
    #[must_use]
    pub fn json_patch() -> Self {
        Self::of(Types::known(&["application/json-patch+json"]))
    }

    /// Takes each of these media types, which bear no parameters.
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, or one that is no media type.
    pub fn one_of<N: AsRef<str>>(types: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        Types::new(types).map(Self::of)
    }

    /// Demands a type of a POST without a body too (default: requests without a body need none). For
    /// APIs that know their callers by cookies: without a type a page of any origin can send it.
    #[must_use]
    pub fn with_type_on_empty_posts(mut self) -> Self {
        self.asks_empty_posts = true;
        self
    }

    fn of(types: Types) -> Self {
        Self {
            types,
            asks_empty_posts: false,
        }
    }

    fn decide(&self, head: &mut Parts) -> Result<Pass, Stop> {
        if head.method.is_safe() {
            return Ok(Pass::default());
        }
        let is_asked = self.asks_empty_posts && head.method == Method::POST;
        let found = match head.extensions.get::<MediaType>() {
            Some(read) => Ok(read.clone()),
            None => MediaType::of(&head.headers),
        };
        match found {
            Ok(media_type) if media_type.is_one_of(self.types.list()) => {
                head.extensions.insert(media_type);
                Ok(Pass::default())
            }
            _ if !is_asked && !may_have_body(head) => Ok(Pass::default()),
            found => {
                let reason = found.err().unwrap_or(NOT_ACCEPTED);
                Err(unsupported(head, self.types.told(), reason).into())
            }
        }
    }
}

/// Whether a body may follow. Before HTTP/2, none does unless the head says so (RFC 9112, section
/// 6.3); from then on a length that is not told may be any, and clients tell it where the method means
/// a body (RFC 9110, section 8.6).
fn may_have_body(head: &Parts) -> bool {
    let mut lengths = head.headers.get_all(CONTENT_LENGTH).iter().peekable();
    if head.headers.contains_key(TRANSFER_ENCODING) {
        return true;
    }
    if lengths.peek().is_some() {
        return lengths.any(|length| length != "0");
    }
    head.version >= Version::HTTP_2
        && matches!(head.method, Method::POST | Method::PUT | Method::PATCH)
}

impl Guard for Consumes {
    const PLACE: Place = Place::Contract;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        self.decide(head)
    }

    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        Some(self.decide(head))
    }

    fn describe(&self) -> Demand {
        Demand::Manner(format!("a body of {}", self.types.list().join(" or ")).into())
    }
}

impl<S> Layer<S> for Consumes {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Request};

    use super::*;

    /// A method, a version, and header fields.
    type Sent = (Method, Version, &'static [(&'static str, &'static str)]);

    fn is_let_on(guard: &Consumes, (method, version, fields): &Sent) -> bool {
        let (mut head, ()) = Request::new(()).into_parts();
        (head.method, head.version) = (method.clone(), *version);
        for (name, value) in *fields {
            head.headers.append(*name, HeaderValue::from_static(value));
        }
        let stop = guard.decide(&mut head).err();
        if let Some(problem) = stop.and_then(Stop::into_problem) {
            assert_eq!(problem.status(), 415);
            let told = if *method == Method::PATCH {
                "accept-patch"
            } else {
                "accept"
            };
            assert_eq!(problem.headers()[told], "application/json");
            return false;
        }
        true
    }

    #[test]
    fn a_body_needs_its_type_and_nothing_else_does() {
        const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
        const TEXT: (&str, &str) = ("content-type", "text/plain");
        const EMPTY: (&str, &str) = ("content-length", "0");
        const LONG: (&str, &str) = ("content-length", "9");
        const CHUNKED: (&str, &str) = ("transfer-encoding", "chunked");
        let (old, new) = (Version::HTTP_11, Version::HTTP_2);
        for (sent, as_ever, strictly) in [
            ((Method::POST, old, &[JSON, LONG][..]), true, true),
            ((Method::POST, old, &[JSON, CHUNKED]), true, true),
            ((Method::POST, old, &[LONG]), false, false),
            ((Method::POST, old, &[TEXT, LONG]), false, false),
            ((Method::POST, old, &[JSON, JSON, LONG]), false, false),
            ((Method::POST, old, &[JSON, TEXT, LONG]), false, false),
            ((Method::POST, old, &[CHUNKED]), false, false),
            ((Method::POST, old, &[EMPTY, CHUNKED]), false, false),
            ((Method::POST, old, &[EMPTY, LONG]), false, false),
            (
                (Method::POST, old, &[("content-length", "00")]),
                false,
                false,
            ),
            ((Method::POST, old, &[EMPTY]), true, false),
            ((Method::POST, old, &[TEXT, EMPTY]), true, false),
            ((Method::POST, old, &[]), true, false),
            ((Method::POST, old, &[JSON]), true, true),
            ((Method::POST, new, &[]), false, false),
            ((Method::POST, new, &[EMPTY]), true, false),
            ((Method::POST, new, &[JSON]), true, true),
            ((Method::PUT, new, &[]), false, false),
            ((Method::PATCH, new, &[TEXT]), false, false),
            ((Method::PATCH, old, &[LONG]), false, false),
            ((Method::DELETE, new, &[]), true, true),
            ((Method::DELETE, old, &[]), true, true),
            ((Method::DELETE, old, &[TEXT, LONG]), false, false),
            ((Method::GET, old, &[TEXT, LONG]), true, true),
            ((Method::OPTIONS, new, &[]), true, true),
        ] {
            assert_eq!(is_let_on(&Consumes::json(), &sent), as_ever, "{sent:?}");
            let strict = Consumes::json().with_type_on_empty_posts();
            assert_eq!(is_let_on(&strict, &sent), strictly, "{sent:?}");
        }
    }

    #[test]
    fn the_demand_names_the_types() {
        let guard = Consumes::one_of(["a/b", "C/d"]).unwrap();
        assert_eq!(guard.describe().to_string(), "a body of a/b or c/d");
        assert!(Consumes::one_of(["a/*"]).is_err());
    }
}
