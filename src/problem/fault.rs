//! What is wrong with a body.

use std::borrow::Cow;

use serde::Serialize;

/// One thing that is wrong with a body, for the caller to mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FieldFault {
    /// Where: a JSON pointer in URI fragment form (RFC 6901, section 6).
    pub pointer: String,
    /// Which rule is broken: a stable word for programs.
    pub code: &'static str,
    /// The rule in words, never the value.
    pub detail: Cow<'static, str>,
}

impl FieldFault {
    /// A fault at `pointer` against the rule `code`, told as `detail`.
    #[must_use]
    pub fn new(
        pointer: impl Into<String>,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            pointer: pointer.into(),
            code,
            detail: detail.into(),
        }
    }
}
