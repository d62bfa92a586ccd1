//! What guards do to the headers of a response.

use std::sync::Arc;

use http::header::{HeaderMap, HeaderName, HeaderValue};

/// What is done to a header of the response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// The value stands instead of any other.
    Set(HeaderValue),
    /// The value stands besides others.
    Add(HeaderValue),
    /// The value stands if there is no other.
    IfAbsent(HeaderValue),
    /// No value stands.
    Remove,
}

impl Deed {
    /// Sets the header `name`, or adds to it, if it is one to which each guard and the handler may have
    /// something to add.
    pub(super) fn of(name: &HeaderName, value: HeaderValue) -> Self {
        match name.as_str() {
            "vary" | "ratelimit" | "ratelimit-policy" => Self::Add(value),
            _ => Self::Set(value),
        }
    }

    /// Does it to the header `name`.
    #[inline]
    pub(super) fn on(self, name: HeaderName, headers: &mut HeaderMap) {
        match self {
            Self::Set(value) => {
                headers.insert(name, value);
            }
            Self::Add(value) => {
                headers.append(name, value);
            }
            Self::IfAbsent(value) => {
                headers.entry(name).or_insert(value);
            }
            Self::Remove => {
                headers.remove(name);
            }
        }
    }
}

/// Deeds that are the same for each request, so that they are put together once: to hand them on
/// copies nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stamps(Arc<Vec<(HeaderName, Deed)>>);

impl Stamps {
    /// Headers as [`Pass::stamped`](super::Pass::stamped) takes them.
    #[cfg(feature = "cross-origin")]
    pub(crate) fn new(stamps: impl IntoIterator<Item = (HeaderName, HeaderValue)>) -> Self {
        let deed = |(name, value)| {
            let deed = Deed::of(&name, value);
            (name, deed)
        };
        Self(Arc::new(stamps.into_iter().map(deed).collect()))
    }

    /// Does this to the header `name`, instead of what was to be done to it.
    pub(crate) fn put(&mut self, name: HeaderName, deed: Deed) {
        match self.own().iter_mut().find(|(other, _)| *other == name) {
            Some((_, other)) => *other = deed,
            None => self.own().push((name, deed)),
        }
    }

    /// Has this value stand besides all others of the header `name`.
    pub(crate) fn add(&mut self, name: HeaderName, value: HeaderValue) {
        self.own().push((name, Deed::Add(value)));
    }

    /// Does nothing to the header `name`.
    pub(crate) fn drop_all(&mut self, name: &HeaderName) {
        self.own().retain(|(other, _)| other != name);
    }

    /// Has all values that stood back for others stand instead of them.
    pub(crate) fn insist(&mut self) {
        for (_, deed) in self.own() {
            if let Deed::IfAbsent(value) = deed {
                *deed = Deed::Set(value.clone());
            }
        }
    }

    /// Whether nothing is done.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is done to which header.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(HeaderName, Deed)> {
        self.0.iter()
    }

    pub(super) fn write(&self, headers: &mut HeaderMap) {
        let _ = headers.try_reserve(self.0.len()); // grown once; if it cannot be, bit by bit
        for (name, deed) in self.iter() {
            deed.clone().on(name.clone(), headers);
        }
    }

    fn own(&mut self) -> &mut Vec<(HeaderName, Deed)> {
        Arc::make_mut(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use http::header::{CACHE_CONTROL, LINK, SERVER, X_FRAME_OPTIONS};

    use super::*;

    fn value(text: &'static str) -> HeaderValue {
        HeaderValue::from_static(text)
    }

    fn written(stamps: &Stamps) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, text) in [(CACHE_CONTROL, "public"), (SERVER, "x/1"), (LINK, "a")] {
            headers.insert(name, value(text));
        }
        stamps.write(&mut headers);
        headers
    }

    #[test]
    fn each_deed_is_done_to_its_header_alone() {
        let mut stamps = Stamps::default();
        stamps.put(CACHE_CONTROL, Deed::IfAbsent(value("no-store")));
        stamps.put(X_FRAME_OPTIONS, Deed::IfAbsent(value("DENY")));
        stamps.put(SERVER, Deed::Remove);
        stamps.add(LINK, value("b"));
        stamps.add(LINK, value("c"));
        let headers = written(&stamps);
        assert_eq!(headers[CACHE_CONTROL], "public");
        assert_eq!(headers[X_FRAME_OPTIONS], "DENY");
        assert!(!headers.contains_key(SERVER));
        let links: Vec<_> = headers.get_all(LINK).iter().collect();
        assert_eq!(links, ["a", "b", "c"]);

        stamps.insist();
        assert_eq!(written(&stamps)[CACHE_CONTROL], "no-store");
    }

    #[test]
    fn the_last_word_on_a_header_counts_and_clones_go_their_own_way() {
        let mut stamps = Stamps::default();
        stamps.put(CACHE_CONTROL, Deed::IfAbsent(value("no-store")));
        stamps.put(CACHE_CONTROL, Deed::Set(value("no-cache")));
        let twin = stamps.clone();
        stamps.drop_all(&CACHE_CONTROL);
        assert_eq!(written(&stamps)[CACHE_CONTROL], "public");
        assert_eq!(written(&twin)[CACHE_CONTROL], "no-cache");
        assert_eq!(twin.iter().count(), 1);
    }
}
