//! The permission to go on.

use std::fmt;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use smallvec::SmallVec;

use super::check::Stop;
use super::stamp::{Deed, Stamps};

/// The head of a finished response, for guards that count outcomes.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ResponseHead<'a> {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: &'a HeaderMap,
}

type Watch = Box<dyn FnOnce(ResponseHead<'_>) + Send>;

/// Permission to go on, with what shall be done to the response; two pointers wide.
#[derive(Default)]
pub struct Pass {
    /// What is done first. It costs no allocation.
    shared: Option<Stamps>,
    errand: Option<Box<Errand>>,
}

#[derive(Default)]
struct Errand {
    /// What is the same for each request, before what is set for this one.
    standing: SmallVec<[Stamps; 2]>,
    /// Most stacks set a few headers, which need no allocation of their own.
    stamps: SmallVec<[(HeaderName, Deed); 3]>,
    watch: Option<Watch>,
}

impl Pass {
    /// Permission with headers to stamp on whatever response comes back. They replace what the
    /// handler has set; only `Vary`, `RateLimit` and `RateLimit-Policy` are added to.
    #[must_use]
    pub fn stamped(stamps: impl IntoIterator<Item = (HeaderName, HeaderValue)>) -> Self {
        let mut pass = Self::default();
        for (name, value) in stamps {
            let deed = Deed::of(&name, value);
            pass.push(name, deed);
        }
        pass
    }

    /// Permission with what is done to the headers of every response, which takes no allocation.
    pub(crate) fn sharing(stamps: &Stamps) -> Self {
        Self {
            shared: Some(stamps.clone()),
            errand: None,
        }
    }

    /// Has this header stand on the response, instead of any other of that name.
    pub(crate) fn stamp(&mut self, name: HeaderName, value: HeaderValue) {
        self.push(name, Deed::Set(value));
    }

    /// Has this header stand on the response besides others of that name.
    pub(crate) fn add(&mut self, name: HeaderName, value: HeaderValue) {
        self.push(name, Deed::Add(value));
    }

    /// Written where it stays: headers are large enough that moving them shows.
    #[inline]
    fn push(&mut self, name: HeaderName, deed: Deed) {
        let errand = self.errand.get_or_insert_default();
        errand.stamps.push((name, deed));
    }

    /// Has `watch` see the head of the finished response. It is not called if the request is
    /// abandoned before there is one.
    #[must_use]
    pub fn watching(mut self, watch: impl FnOnce(ResponseHead<'_>) + Send + 'static) -> Self {
        let errand = self.errand.get_or_insert_default();
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
    pub fn and(mut self, later: Self) -> Self {
        if self.is_empty() {
            return later;
        }
        if self.errand.is_none() && later.shared.is_none() {
            self.errand = later.errand;
            return self;
        }
        let later_errand = later.errand.map(|errand| *errand).unwrap_or_default();
        let errand = self.errand.get_or_insert_default();
        for stamps in later.shared.into_iter().chain(later_errand.standing) {
            errand.go_on_with(stamps);
        }
        errand.stamps.extend(later_errand.stamps);
        match later_errand.watch {
            Some(watch) => self.watching(watch),
            None => self,
        }
    }

    /// Whether nothing has to be done to the response.
    pub(super) fn is_empty(&self) -> bool {
        self.shared.is_none() && self.errand.is_none()
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
        let headers = response.headers_mut();
        if let Some(shared) = self.shared {
            shared.write(headers);
        }
        let Some(mut errand) = self.errand else {
            return;
        };
        for stamps in &errand.standing {
            stamps.write(headers);
        }
        for (name, deed) in errand.stamps.drain(..) {
            deed.on(name, headers);
        }
        if let Some(watch) = errand.watch {
            watch(ResponseHead {
                status: response.status(),
                headers: response.headers(),
            });
        }
    }
}

impl Errand {
    /// Stamps that come after all that are here.
    fn go_on_with(&mut self, stamps: Stamps) {
        if self.stamps.is_empty() {
            self.standing.push(stamps);
        } else {
            self.stamps.extend(stamps.iter().cloned());
        }
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errand = self.errand.iter();
        let standing = errand.clone().flat_map(|errand| &errand.standing);
        let shared = self.shared.iter().chain(standing).flat_map(Stamps::iter);
        let own = errand.flat_map(|errand| &errand.stamps);
        f.debug_map()
            .entries(shared.chain(own).map(|(name, deed)| (name, deed)))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU16, Ordering};

    use http::header::{CACHE_CONTROL, ORIGIN, VARY};

    use super::*;
    use crate::field::{RATE_LIMIT, RATE_LIMIT_POLICY};

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

    #[cfg(feature = "cross-origin")]
    #[test]
    fn shared_stamps_keep_their_place_among_the_others() {
        let shared = |value| {
            let value = HeaderValue::from_static(value);
            Stamps::new([(VARY, value.clone()), (CACHE_CONTROL, value)])
        };
        let own = |value| {
            let value = HeaderValue::from_static(value);
            Pass::stamped([(VARY, value.clone()), (CACHE_CONTROL, value)])
        };
        for (first, second) in [("a", "b"), ("b", "a")] {
            for pass in [
                own(first).and(own(second)),
                Pass::sharing(&shared(first)).and(own(second)),
                own(first).and(Pass::sharing(&shared(second))),
                Pass::sharing(&shared(first)).and(Pass::sharing(&shared(second))),
                Pass::default().and(Pass::sharing(&shared(first)).and(own(second))),
            ] {
                let mut response = Response::new(());
                pass.finish(&mut response);
                let varies: Vec<_> = response.headers().get_all(VARY).iter().collect();
                assert_eq!(varies, [first, second]);
                assert_eq!(response.headers()[CACHE_CONTROL], second);
            }
        }
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
