//! What a JSON Patch may do.

use crate::assign::FieldAllowlist;

/// What a [`JsonPatch`](super::JsonPatch) may set and read of a document, and how long the document
/// may become.
///
/// ```
/// use portcullis::assign::{FieldAllowlist, JsonPatch, JsonPatchRules};
/// use serde_json::json;
///
/// let settable = FieldAllowlist::new(["/title", "/tags"])?;
/// let rules = JsonPatchRules::new(settable).with_readable(FieldAllowlist::new(["/title"])?);
/// let mut article = json!({ "title": "Gates", "tags": [], "salary": 9 });
///
/// let patch = JsonPatch::read(br#"[
///     { "op": "test", "path": "/title", "value": "Gates" },
///     { "op": "add", "path": "/tags/-", "value": "castle" }
/// ]"#)?;
/// patch.apply(&mut article, &rules)?;
/// assert_eq!(article["tags"], json!(["castle"]));
///
/// // A guess at what is not the caller's to read is no guess.
/// let patch = JsonPatch::read(br#"[{ "op": "test", "path": "/salary", "value": 9 }]"#)?;
/// let refusal = patch.apply(&mut article, &rules).unwrap_err();
/// assert_eq!(refusal.faults()[0].code, "unknown-field");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct JsonPatchRules {
    pub(super) settable: FieldAllowlist,
    pub(super) readable: Option<FieldAllowlist>,
    pub(super) max_bytes: usize,
}

impl JsonPatchRules {
    /// Lets patches set what is listed in `settable`, and read nothing.
    #[must_use]
    pub fn new(settable: FieldAllowlist) -> Self {
        Self {
            settable,
            readable: None,
            max_bytes: 1024 * 1024,
        }
    }

    /// Lets patches `test` what is listed in `readable`, and `move` and `copy` what is in both
    /// lists: what can be set and not read (a password) must not come out in another place.
    #[must_use]
    pub fn with_readable(mut self, readable: FieldAllowlist) -> Self {
        self.readable = Some(readable);
        self
    }

    /// Lets the document grow to `max_bytes` bytes of JSON (default: 1 MiB).
    #[must_use]
    pub fn with_max_bytes(mut self, max_bytes: usize) -> Self {
        self.max_bytes = max_bytes;
        self
    }
}
