//! JSON objects of others.

use serde::de::DeserializeOwned;

/// Reads `bytes` as one JSON object of the shape `T`. An array is none, although derived readers
/// would take one for a struct, members in order; a member of `T` that stands twice is refused by
/// them. What is wrong is not told, since it would quote the text.
pub(crate) fn object<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    bytes
        .trim_ascii_start()
        .first()
        .filter(|first| **first == b'{')?;
    serde_json::from_slice(bytes).ok()
}
