//! Headers that guards set on responses.

use http::header::{HeaderMap, HeaderName, HeaderValue};

/// A header to set on the response.
#[derive(Clone)]
pub(super) struct Stamp {
    pub(super) name: HeaderName,
    pub(super) value: HeaderValue,
    /// Whether it is added to what is there, or takes its place.
    pub(super) is_added: bool,
}

/// Whether the field is one to which each guard and the handler may have something to add.
pub(super) fn is_list(name: &HeaderName) -> bool {
    matches!(name.as_str(), "vary" | "ratelimit" | "ratelimit-policy")
}

impl Stamp {
    pub(super) fn write(self, headers: &mut HeaderMap) {
        if self.is_added {
            headers.append(self.name, self.value);
        } else {
            headers.insert(self.name, self.value);
        }
    }
}

/// Headers that are the same for many responses, made once.
pub(crate) struct Stamps(Box<[Stamp]>);

impl Stamps {
    /// Headers as [`Pass::stamped`](super::Pass::stamped) takes them.
    #[cfg(feature = "cross-origin")]
    pub(crate) fn new(stamps: impl IntoIterator<Item = (HeaderName, HeaderValue)>) -> Self {
        let stamp = |(name, value)| Stamp {
            is_added: is_list(&name),
            name,
            value,
        };
        Self(stamps.into_iter().map(stamp).collect())
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Stamp> {
        self.0.iter()
    }
}
