//! The permission to go on.

use std::fmt;

use http::header::{HeaderMap, HeaderName, HeaderValue, VARY};
use http::{Response, StatusCode};
use smallvec::SmallVec;

use super::check::Stop;
use crate::field::{RATE_LIMIT, RATE_LIMIT_POLICY};

/// The head of a finished response, for guards that count outcomes.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ResponseHead<'a> {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: &'a HeaderMap,
}

/// A header to set on the response.
type Stamp = (HeaderName, HeaderValue);

type Watch = Box<dyn FnOnce(ResponseHead<'_>) + Send>;

/// Permission to go on, with what shall be done to the response; one pointer wide.
#[derive(Default)]
pub struct Pass(Option<Box<Errand>>);

#[derive(Default)]
struct Errand {
    /// Most stacks stamp a few headers, which then need no further allocation.
    stamps: SmallVec<[Stamp; 3]>,
    watch: Option<Watch>,
}

impl Pass {
    /// Permission with headers to stamp on whatever response comes back. They replace what the
    /// handler has set; only `Vary`, `RateLimit` and `RateLimit-Policy` are added to.
    #[must_use]
    pub fn stamped(stamps: impl IntoIterator<Item = (HeaderName, HeaderValue)>) -> Self {
        let mut stamps = stamps.into_iter().peekable();
        if stamps.peek().is_none() {
            return Self(None);
        }
        Self(Some(Box::new(Errand {
            stamps: stamps.collect(),
            watch: None,
        })))
    }

    /// Has `watch` see the head of the finished response. It is not called if the request is
    /// abandoned before there is one.
    #[must_use]
    pub fn watching(mut self, watch: impl FnOnce(ResponseHead<'_>) + Send + 'static) -> Self {
        let errand = self.0.get_or_insert_default();
        errand.watch = Some(match errand.watch.take() {
            None => Box::new(watch),
            Some(earlier) => Box::new(move |head| {
                earlier(head);
                watch(head);
            }),
        });
        self
    }

    /// This permission and a later one.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        let (mut errand, later) = match (self.0, later.0) {
            (Some(errand), Some(later)) => (errand, *later),
            (one, other) => return Self(one.or(other)),
        };
        errand.stamps.extend(later.stamps);
        let both = Self(Some(errand));
        match later.watch {
            Some(watch) => both.watching(watch),
            None => both,
        }
    }

    /// Whether nothing has to be done to the response.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// This permission and what came after it.
    pub(super) fn then(self, later: Result<Self, Stop>) -> Result<Self, Stop> {
        match later {
            Ok(later) => Ok(self.and(later)),
            Err(stop) => Err(stop.after(self)),
        }
    }

    /// Writes the stamps over the response's headers and shows its head to whoever watches.
    ///
    /// Lists are added to, since each guard and the handler may have something to add: what they
    /// looked at, the quotas they took from.
    pub(super) fn finish<B>(self, response: &mut Response<B>) {
        let Some(errand) = self.0 else { return };
        for (name, value) in errand.stamps {
            if [VARY, RATE_LIMIT, RATE_LIMIT_POLICY].contains(&name) {
                response.headers_mut().append(name, value);
            } else {
                response.headers_mut().insert(name, value);
            }
        }
        if let Some(watch) = errand.watch {
            watch(ResponseHead {
                status: response.status(),
                headers: response.headers(),
            });
        }
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stamps = self.0.as_ref().map(|errand| &errand.stamps[..]);
        f.debug_struct("Pass")
            .field("stamps", &stamps.unwrap_or_default())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU16, Ordering};

    use http::header::{CACHE_CONTROL, ORIGIN};

    use super::*;

    #[test]
    fn stamps_replace_what_the_handler_set_and_vary_is_added_to() {
        let mut response = Response::new(());
        let vary = |value| (VARY, HeaderValue::from_static(value));
        response
            .headers_mut()
            .insert(VARY, HeaderValue::from_static("accept"));
        response
            .headers_mut()
            .insert(CACHE_CONTROL, HeaderValue::from_static("public"));
        Pass::stamped([
            vary("origin"),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ])
        .and(Pass::stamped([vary("authorization")]))
        .finish(&mut response);
        let varies: Vec<_> = response.headers().get_all(VARY).iter().collect();
        assert_eq!(varies, ["accept", ORIGIN.as_str(), "authorization"]);
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    }

    #[test]
    fn each_limit_adds_its_own_item() {
        for name in [RATE_LIMIT, RATE_LIMIT_POLICY] {
            let mut response = Response::new(());
            let item = |item| Pass::stamped(vec![(name.clone(), HeaderValue::from_static(item))]);
            item("\"a\"").and(item("\"b\"")).finish(&mut response);
            let items: Vec<_> = response.headers().get_all(&name).iter().collect();
            assert_eq!(items, ["\"a\"", "\"b\""]);
        }
    }

    #[test]
    fn everyone_who_watches_sees_the_status() {
        let seen = Arc::new(AtomicU16::new(0));
        let watching = |factor: u16| {
            let seen = Arc::clone(&seen);
            Pass::default().watching(move |head| {
                seen.fetch_add(factor * head.status.as_u16(), Ordering::Relaxed);
            })
        };
        watching(1).and(watching(2)).finish(&mut Response::new(()));
        assert_eq!(seen.load(Ordering::Relaxed), 3 * 200);
    }
}
