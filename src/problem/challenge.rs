//! `WWW-Authenticate` values (RFC 9110, section 11.6.1; RFC 6750, section 3; RFC 9470).

use std::fmt::{self, Write};

use http::HeaderValue;

use super::details::Problem;
use super::kind::Kind;
use crate::field::{end_of_quoted, is_tchar, joined, quoted};

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

impl Problem {
    /// A credential that is good and lacks scopes: 403 with the scopes that were needed, on the
    /// `Bearer` scheme (RFC 6750, section 3.1). `needed` are scope names parted by spaces.
    #[must_use]
    pub fn insufficient_scope(needed: impl fmt::Display) -> Self {
        Self::insufficient_scope_by("Bearer", needed)
    }

    /// Likewise, on the scheme by which the credential was shown (RFC 9449, section 7.1).
    #[must_use]
    pub fn insufficient_scope_by(scheme: &'static str, needed: impl fmt::Display) -> Self {
        let challenge = Challenge::new(scheme)
            .with("error", "insufficient_scope")
            .with("scope", &needed.to_string());
        Self::new(Kind::InsufficientScope).with_challenge(&challenge)
    }
}

/// The challenge in `line` with one more parameter. None if `line` is anything but one challenge of
/// one of the `schemes`, or has the parameter already.
pub(super) fn extended(
    line: &HeaderValue,
    schemes: &[&str],
    name: &str,
    value: &str,
) -> Option<HeaderValue> {
    let text = line.to_str().ok()?;
    let (scheme, names) = read(text)?;
    let is = |one: &str, other: &&str| one.eq_ignore_ascii_case(other);
    if !schemes.iter().any(|wanted| is(scheme, wanted)) || names.iter().any(|has| is(name, has)) {
        return None;
    }
    let (start, between) = match names.as_slice() {
        [] => (scheme, " "),
        _ => (text, ", "),
    };
    let value = quoted(value);
    Some(joined(
        &[start, between, name, "=", &value].map(str::as_bytes),
    ))
}

/// The scheme and the names of the parameters of the only challenge in `line` (RFC 9110, section
/// 11.2). None if it is anything else, such as a list of challenges.
fn read(line: &str) -> Option<(&str, Vec<&str>)> {
    let (scheme, mut rest) = line.split_once(' ').unwrap_or((line, ""));
    let mut names = Vec::new();
    while !rest.is_empty() {
        let (name, value) = rest.trim_start_matches(' ').split_once('=')?;
        names.push(name);
        rest = after_value(value)?.trim_start_matches(' ');
        if !rest.is_empty() {
            // A comma promises another parameter.
            rest = rest.strip_prefix(',').filter(|more| !more.is_empty())?;
        }
    }
    (is_token(scheme) && names.iter().all(|name| is_token(name))).then_some((scheme, names))
}

/// What follows the token or quoted-string at the start of `text`.
fn after_value(text: &str) -> Option<&str> {
    let Some(inside) = text.strip_prefix('"') else {
        let end = text.find([' ', ',']).unwrap_or(text.len());
        let (value, rest) = text.split_at_checked(end)?;
        return is_token(value).then_some(rest);
    };
    inside.get(end_of_quoted(inside.as_bytes())? + 1..)
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_tchar)
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
    const URL: &str = "https://a.example/.well-known/oauth-protected-resource";

    fn named(line: &str) -> Option<String> {
        let line = HeaderValue::from_str(line).unwrap();
        let extended = extended(&line, &["Bearer", "DPoP"], "resource_metadata", URL)?;
        Some(extended.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_parameter_is_added_to_one_challenge_of_the_wanted_schemes() {
        for (line, start) in [
            ("Bearer", "Bearer "),
            ("bearer", "bearer "),
            ("Bearer ", "Bearer "),
            ("DPoP algs=\"ES256\"", "DPoP algs=\"ES256\", "),
            ("Bearer max_age=0 ,a=b", "Bearer max_age=0 ,a=b, "),
            (
                r#"Bearer a="x\", b=\\", c="""#,
                r#"Bearer a="x\", b=\\", c="", "#,
            ),
            (
                "Bearer a=\"resource_metadata=1\"",
                "Bearer a=\"resource_metadata=1\", ",
            ),
        ] {
            let expected = format!("{start}resource_metadata=\"{URL}\"");
            assert_eq!(named(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn what_is_not_one_such_challenge_stays_as_it_is() {
        for line in [
            "",
            "ApiKey",
            "Bearer, Basic",
            "Bearer a=\"b\", Basic realm=\"c\"",
            "Bearer abc==",
            "Bearer a=",
            "Bearer a=b,",
            "Bearer a=\"b",
            "Bearer a=\"b\\\"",
            "Bearer a=\"b\"c=d",
            "Bearer =b",
            "Bearer Resource_Metadata=\"https://b.example\"",
        ] {
            assert_eq!(named(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn an_extended_challenge_is_still_one_challenge(values in prop::collection::vec(".*", 0..4)) {
            let whole = values.iter().fold(Challenge::new("DPoP"), |all, value| all.with("a", value));
            let line = named(&whole.text).unwrap();
            let (scheme, names) = read(&line).unwrap();
            prop_assert_eq!((scheme, names.len()), ("DPoP", values.len() + 1));
            prop_assert_eq!(names.last(), Some(&"resource_metadata"));
            prop_assert!(line.starts_with(&whole.text));
            prop_assert_eq!(named(&line), None);
        }

        #[test]
        fn whatever_line_is_extended_was_and_is_one_challenge(
            line in "(Bearer|DPoP)[ ,]{0,2}([ab]?=?(\"[ab\\\\\"=, ]{0,3}\"|[ab=]?)[, ]{0,2}){0,3}",
        ) {
            if let Some(after) = named(&line) {
                let (before, now) = (read(&line).unwrap(), read(&after).unwrap());
                prop_assert_eq!(before.0, now.0);
                prop_assert_eq!(&before.1[..], &now.1[..before.1.len()]);
                prop_assert_eq!(now.1.len(), before.1.len() + 1);
            }
        }
    }
}
