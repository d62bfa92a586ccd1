//! One attack, and what must come of it.

use std::fmt;

use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
};
use http::{Request, StatusCode, Uri};

/// Shorter texts than this appear in answers by chance.
const SHORTEST_SECRET: usize = 16;

/// A request that must be refused, by its name.
#[derive(Clone)]
pub struct Attack {
    name: Box<str>,
    status: StatusCode,
    lines: Vec<HeaderValue>,
    elsewhere: Option<Elsewhere>,
    secrets: Vec<Box<str>>,
}

/// What is sent besides the lines of `Authorization`.
#[derive(Clone)]
enum Elsewhere {
    Query(Box<str>),
    Header(HeaderName, HeaderValue),
    Body(HeaderValue, Bytes),
}

impl Attack {
    /// A token that must be refused with 401.
    pub(super) fn token(name: impl Into<Box<str>>, token: &str) -> Self {
        let attack = Self::lines(name, StatusCode::UNAUTHORIZED, [format!("Bearer {token}")]);
        attack.hiding(token)
    }

    /// These lines of `Authorization`, which must be answered with `status`.
    pub(super) fn lines<L: AsRef<[u8]>>(
        name: impl Into<Box<str>>,
        status: StatusCode,
        lines: impl IntoIterator<Item = L>,
    ) -> Self {
        let lines = lines.into_iter();
        Self {
            name: name.into(),
            status,
            lines: lines
                .filter_map(|line| HeaderValue::from_bytes(line.as_ref()).ok())
                .collect(),
            elsewhere: None,
            secrets: Vec::new(),
        }
    }

    /// No `Authorization` at all.
    pub(super) fn stranger(name: impl Into<Box<str>>) -> Self {
        Self::lines(name, StatusCode::UNAUTHORIZED, [""; 0])
    }

    /// Something in the query as well.
    pub(super) fn with_query(mut self, query: &str) -> Self {
        self.elsewhere = Some(Elsewhere::Query(query.into()));
        self
    }

    /// Another header as well.
    pub(super) fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.elsewhere = HeaderValue::from_str(value)
            .ok()
            .map(|value| Elsewhere::Header(HeaderName::from_static(name), value));
        self
    }

    /// Another body.
    pub(super) fn with_body(mut self, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        let media_type = HeaderValue::from_static(media_type);
        self.elsewhere = Some(Elsewhere::Body(media_type, body.into()));
        self
    }

    /// The answer must not hold `text`.
    pub(super) fn hiding(mut self, text: &str) -> Self {
        if text.len() >= SHORTEST_SECRET {
            self.secrets.push(text.into());
        }
        self
    }

    /// What the attack is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The status that it must be answered with: 401, or 400 if no credential can be read.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Makes `request` the attack: its `Authorization` is replaced, and whatever else the attack
    /// is made of is set.
    #[must_use]
    pub fn apply<B: From<Bytes>>(&self, mut request: Request<B>) -> Request<B> {
        let headers = request.headers_mut();
        headers.remove(AUTHORIZATION);
        for line in &self.lines {
            headers.append(AUTHORIZATION, line.clone());
        }
        match &self.elsewhere {
            None => {}
            Some(Elsewhere::Header(name, value)) => {
                headers.insert(name, value.clone());
            }
            Some(Elsewhere::Query(query)) => {
                *request.uri_mut() = with_query(request.uri(), query);
            }
            Some(Elsewhere::Body(media_type, body)) => {
                headers.remove(CONTENT_LENGTH);
                headers.insert(CONTENT_TYPE, media_type.clone());
                *request.body_mut() = body.clone().into();
            }
        }
        request
    }

    /// What is wrong with an answer to it, if anything.
    pub(super) fn judge(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<String> {
        use http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};

        let expected = self.status;
        if status.is_success() {
            return Some(format!(
                "it was let in ({status}) and not refused with {expected}"
            ));
        }
        if status != expected {
            return Some(format!("it was answered {status} and not {expected}"));
        }
        if !headers.contains_key(WWW_AUTHENTICATE) {
            return Some(format!(
                "the {status} bears no challenge (WWW-Authenticate)"
            ));
        }
        let may_be_stored = !headers.get_all(CACHE_CONTROL).iter().any(|line| {
            line.to_str()
                .is_ok_and(|line| line.split(',').any(|word| word.trim() == "no-store"))
        });
        if may_be_stored {
            return Some(format!(
                "caches may store the {status} (Cache-Control: no-store)"
            ));
        }
        let leaks = |bytes: &[u8]| {
            let mut secrets = self.secrets.iter();
            secrets.any(|secret| {
                bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes())
            })
        };
        if leaks(body) || headers.values().any(|value| leaks(value.as_bytes())) {
            return Some("the answer repeats the token or what it says".to_owned());
        }
        None
    }
}

/// `uri` with more in its query.
fn with_query(uri: &Uri, more: &str) -> Uri {
    let query = match uri.query() {
        Some(query) => format!("{query}&{more}"),
        None => more.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = format!("{}?{query}", uri.path()).parse().ok();
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}

impl fmt::Debug for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attack")
            .field("name", &self.name)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_refusal_that_hides_what_was_sent_and_is_not_stored() {
        let attack = Attack::token("a", "a.secret.of.twenty.b");
        let headers = |lines: &[(&'static str, &'static str)]| -> HeaderMap {
            lines
                .iter()
                .map(|(name, value)| {
                    let name = HeaderName::from_static(name);
                    (name, HeaderValue::from_static(value))
                })
                .collect()
        };
        let challenge = ("www-authenticate", "Bearer");
        let stored = ("cache-control", "private, no-store");
        for (status, lines, body, fault) in [
            (401, &[challenge, stored][..], "x", None),
            (200, &[challenge, stored], "x", Some("let in")),
            (204, &[challenge, stored], "x", Some("let in")),
            (400, &[challenge, stored], "x", Some("answered 400")),
            (500, &[challenge, stored], "x", Some("answered 500")),
            (401, &[stored], "x", Some("no challenge")),
            (401, &[challenge], "x", Some("may store")),
            (
                401,
                &[challenge, ("cache-control", "no-storey")],
                "",
                Some("may store"),
            ),
            (
                401,
                &[challenge, stored],
                "<a.secret.of.twenty.b>",
                Some("repeats"),
            ),
            (
                401,
                &[challenge, stored, ("x", "a.secret.of.twenty.b")],
                "",
                Some("repeats"),
            ),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let seen = attack.judge(status, &headers(lines), body.as_bytes());
            match (&seen, fault) {
                (None, None) => {}
                (Some(seen), Some(fault)) => assert!(seen.contains(fault), "{seen}"),
                _ => panic!("{status} {lines:?} {body}: {seen:?}"),
            }
        }
    }

    #[test]
    fn a_request_becomes_the_attack_and_keeps_the_rest() {
        let request = Request::get("/a?b=1")
            .header("authorization", "Bearer good")
            .header("x", "y")
            .body(Bytes::new())
            .unwrap();
        let attack = Attack::stranger("a").with_query("t=2");
        let sent = attack.apply(request.clone());
        assert_eq!(sent.uri(), "/a?b=1&t=2");
        assert!(!sent.headers().contains_key(AUTHORIZATION));
        assert_eq!(sent.headers()["x"], "y");
        let sent = Attack::token("a", "t")
            .with_body("text/plain", "b")
            .apply(request);
        assert_eq!(sent.headers()[AUTHORIZATION], "Bearer t");
        assert_eq!(
            (sent.headers()[CONTENT_TYPE].as_bytes(), &sent.body()[..]),
            (&b"text/plain"[..], &b"b"[..])
        );
    }
}
