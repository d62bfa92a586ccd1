//! What came of a patch.

/// What a patch has changed: JSON pointers ([RFC 6901]) such as `/title` and `/seo/title`, for an
/// audit trail, or to write no more columns than need be.
///
/// [RFC 6901]: https://www.rfc-editor.org/rfc/rfc6901
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    fields: Vec<String>,
    dropped: Vec<String>,
}

impl Changed {
    pub(super) fn new(fields: Vec<String>, dropped: Vec<String>) -> Self {
        Self { fields, dropped }
    }

    /// The fields that have another value than before, in the order of the model.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(AsRef::as_ref)
    }

    /// Whether the model is what it was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Whether the field at `pointer` has another value than before.
    #[must_use]
    pub fn contains(&self, pointer: &str) -> bool {
        self.iter().any(|field| field == pointer)
    }

    /// The members that were dropped because the caller may not set them, as the caller would have
    /// been told them (`#/featured`), at most 32. Empty unless
    /// [`Unlisted::Report`](super::Unlisted::Report) was chosen.
    pub fn dropped(&self) -> impl Iterator<Item = &str> {
        self.dropped.iter().map(AsRef::as_ref)
    }
}
