//! `WWW-Authenticate` values (RFC 9110, section 11.6.1; RFC 6750, section 3; RFC 9470).

use std::fmt::Write;

use http::HeaderValue;

use crate::field::quoted;

/// How a caller is told to authenticate: a scheme and its parameters, in the order given.
///
/// ```
/// use portcullis::problem::Challenge;
///
/// let challenge = Challenge::new("Bearer")
///     .with("realm", "articles")
///     .with("error", "invalid_token");
/// assert_eq!(
///     challenge.to_value(),
///     r#"Bearer realm="articles", error="invalid_token""#
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    text: String,
    bare: bool,
}

impl Challenge {
    /// A challenge of `scheme`, without parameters.
    #[must_use]
    pub fn new(scheme: &'static str) -> Self {
        Self {
            text: scheme.to_owned(),
            bare: true,
        }
    }

    /// Adds a parameter; its value is quoted and escaped.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        let separator = if self.bare { " " } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{separator}{name}={}", quoted(value));
        self.bare = false;
        self
    }

    /// The field value.
    #[must_use]
    pub fn to_value(&self) -> HeaderValue {
        // Quoting leaves nothing that a header cannot bear; should a scheme be odd, `Bearer` alone
        // is still a challenge, and a 401 must have one.
        HeaderValue::from_str(&self.text).unwrap_or(HeaderValue::from_static("Bearer"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_value_breaks_out_of_its_quotes(value in ".*") {
            let written = Challenge::new("Bearer").with("error", &value).to_value();
            let text = written.to_str().unwrap();
            let inside = text.strip_prefix("Bearer error=\"").unwrap().strip_suffix('"').unwrap();
            let mut escaped = false;
            for c in inside.chars() {
                prop_assert!(escaped || c != '"');
                escaped = !escaped && c == '\\';
            }
            prop_assert!(!escaped);
        }
    }
}
