//! What a patch type says of itself.

use serde::de::DeserializeOwned;

use crate::body::{DEFAULT_MAX_BYTES, Intake};

/// A type that callers may send, with the list of the fields that they may set.
///
/// The list stands beside the type and not in the route, so that the two are read together. It is
/// looked at before the type is: what the type could take (a field it shares with a larger model,
/// an alias, a flattened map) and the list does not name is refused.
pub trait Assignable: DeserializeOwned + 'static {
    /// The fields, as [`FieldAllowlist::new`](super::FieldAllowlist::new) takes them.
    const FIELDS: &'static [&'static str];

    /// What happens to all other fields. Default: the request is refused.
    const UNLISTED: Unlisted = Unlisted::Refuse;

    /// Which media types are read. Default: `application/json`.
    const MEDIA_TYPES: MediaTypes = MediaTypes::Json;

    /// The longest body that is read, in bytes. Default: 64 KiB.
    const MAX_BYTES: usize = DEFAULT_MAX_BYTES;
}

/// What happens to fields that are not listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unlisted {
    /// The request is refused, and the caller told which they are.
    #[default]
    Refuse,
    /// They are dropped without a word.
    Drop,
}

/// Which media types are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MediaTypes {
    /// `application/json`.
    #[default]
    Json,
    /// `application/merge-patch+json` (RFC 7396).
    MergePatch,
    /// Either. They mean the same where the type does: see [`Field`](super::Field).
    JsonOrMergePatch,
}

impl MediaTypes {
    pub(super) fn intake(self, max_bytes: usize) -> Intake {
        let (media_types, told): (&[_], _) = match self {
            Self::Json => (&["application/json"], "application/json"),
            Self::MergePatch => (
                &["application/merge-patch+json"],
                "application/merge-patch+json",
            ),
            Self::JsonOrMergePatch => (
                &["application/json", "application/merge-patch+json"],
                "application/json, application/merge-patch+json",
            ),
        };
        Intake {
            media_types,
            told,
            max_bytes,
        }
    }
}
