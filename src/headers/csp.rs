//! From where a page may take what.

use std::borrow::Cow;
use std::fmt::Write;

use http::HeaderValue;

use crate::config::ConfigError;

/// From where a page may take what: a Content Security Policy (W3C, level 3).
///
/// What is written into a page itself is run by no word that would run all of it (`unsafe-inline`),
/// but by its hash, so that what an attacker writes into it stays text:
///
/// ```
/// use portcullis::headers::{Csp, Directive, Source};
///
/// # fn main() -> Result<(), portcullis::config::ConfigError> {
/// let policy = Csp::pages()
///     .allowing(Directive::Img, [Source::origin("https://img.example.com")?, Source::data()])
///     .allowing(Directive::Script, [
///         Source::own(),
///         Source::sha256("RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc=")?,
///     ]);
/// assert!(policy.to_string().contains("; img-src https://img.example.com data:"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csp(Vec<(Directive, Vec<Source>)>);

/// What is taken, or done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Directive {
    /// Whatever no other directive is about.
    Default,
    /// Scripts.
    Script,
    /// Styles.
    Style,
    /// Images.
    Img,
    /// Fonts.
    Font,
    /// Connections that scripts open.
    Connect,
    /// Sound and moving pictures.
    Media,
    /// Plug-ins.
    Object,
    /// Pages within the page.
    Frame,
    /// Workers.
    Worker,
    /// Manifests of applications.
    Manifest,
    /// Pages that may show this page within themselves.
    FrameAncestors,
    /// Where forms are sent.
    FormAction,
    /// What `<base>` may name.
    BaseUri,
}

/// From where it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source(Cow<'static, str>);

impl Csp {
    /// Nothing from anywhere, and nobody may frame it: for responses that are no pages.
    #[must_use]
    pub fn nothing() -> Self {
        Self(Vec::new())
            .allowing(Directive::Default, [])
            .allowing(Directive::FrameAncestors, [])
            .allowing(Directive::BaseUri, [])
            .allowing(Directive::FormAction, [])
    }

    /// Scripts, styles, images, fonts, connections and forms of the same origin, and nothing else;
    /// nobody may frame it.
    #[must_use]
    pub fn pages() -> Self {
        use Directive as D;
        let own = [
            D::Script,
            D::Style,
            D::Img,
            D::Font,
            D::Connect,
            D::FormAction,
        ];
        own.into_iter().fold(Self::nothing(), |all, what| {
            all.allowing(what, [Source::own()])
        })
    }

    /// Has `what` come from these sources alone, instead of those that were named before; from none
    /// of them, nowhere.
    #[must_use]
    pub fn allowing(mut self, what: Directive, from: impl IntoIterator<Item = Source>) -> Self {
        let from = from.into_iter().collect();
        match self.0.iter_mut().find(|(other, _)| *other == what) {
            Some((_, sources)) => *sources = from,
            None => self.0.push((what, from)),
        }
        self
    }

    pub(super) fn to_value(&self) -> HeaderValue {
        // Sources are made of characters that a header can bear.
        HeaderValue::try_from(self.to_string())
            .unwrap_or(HeaderValue::from_static("default-src 'none'"))
    }
}

impl std::fmt::Display for Csp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, (what, sources)) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            f.write_str(what.as_str())?;
            for source in sources {
                f.write_char(' ')?;
                f.write_str(&source.0)?;
            }
            if sources.is_empty() {
                f.write_str(" 'none'")?;
            }
        }
        Ok(())
    }
}

impl Directive {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default-src",
            Self::Script => "script-src",
            Self::Style => "style-src",
            Self::Img => "img-src",
            Self::Font => "font-src",
            Self::Connect => "connect-src",
            Self::Media => "media-src",
            Self::Object => "object-src",
            Self::Frame => "frame-src",
            Self::Worker => "worker-src",
            Self::Manifest => "manifest-src",
            Self::FrameAncestors => "frame-ancestors",
            Self::FormAction => "form-action",
            Self::BaseUri => "base-uri",
        }
    }
}

impl Source {
    /// The origin of the page itself.
    #[must_use]
    pub const fn own() -> Self {
        Self(Cow::Borrowed("'self'"))
    }

    /// Addresses that are the thing itself (`data:`). For images and fonts; a script from there is
    /// anybody's.
    #[must_use]
    pub const fn data() -> Self {
        Self(Cow::Borrowed("data:"))
    }

    /// An origin, such as `https://cdn.example.com`, over `https` or `wss`.
    ///
    /// # Errors
    /// [`ConfigError`] if it is anything else, such as a wildcard or an address with a path.
    pub fn origin(origin: &str) -> Result<Self, ConfigError> {
        let host = ["https://", "wss://"]
            .iter()
            .find_map(|scheme| origin.strip_prefix(scheme));
        let is_good = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
        match host {
            Some(host) if !host.is_empty() && host.bytes().all(is_good) => {
                Ok(Self(origin.to_owned().into()))
            }
            _ => Err(ConfigError::new(format!(
                "{origin:?} is no origin that a page may take things from: name it like \
                 https://cdn.example.com"
            ))),
        }
    }

    /// What stands in the page itself and has this SHA-256, in Base64 as browsers tell it in their
    /// consoles.
    ///
    /// # Errors
    /// [`ConfigError`] if `base64` is not that of 32 bytes.
    pub fn sha256(base64: &str) -> Result<Self, ConfigError> {
        let digits = base64.strip_suffix('=').unwrap_or_default();
        let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
        if digits.len() != 43 || !digits.bytes().all(is_digit) {
            return Err(ConfigError::new(format!(
                "{base64:?} is no SHA-256 in Base64: it has 43 characters and one = at the end"
            )));
        }
        Ok(Self(format!("'sha256-{base64}'").into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_reads_as_the_standard_has_it() {
        let nothing =
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
        assert_eq!(Csp::nothing().to_string(), nothing);
        assert_eq!(
            Csp::pages().to_string(),
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; \
             script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
             connect-src 'self'"
        );
        let more = Csp::nothing().allowing(Directive::Default, [Source::own(), Source::data()]);
        assert!(
            more.to_string()
                .starts_with("default-src 'self' data:; frame")
        );
        assert_eq!(more.to_value(), more.to_string().as_str());
    }

    #[test]
    fn no_source_breaks_out_of_its_place_or_allows_everything() {
        for (origin, good) in [
            ("https://cdn.example.com", true),
            ("https://cdn.example.com:8443", true),
            ("https://[2001:db8::1]:8443", true),
            ("wss://live.example.com", true),
            ("http://cdn.example.com", false),
            ("https://", false),
            ("https://*", false),
            ("https://*.example.com", false),
            ("https://a.example/path", false),
            ("https://a.example; script-src *", false),
            ("https://a.example 'unsafe-inline'", false),
            ("'unsafe-inline'", false),
            ("*", false),
            ("https:", false),
            ("", false),
        ] {
            assert_eq!(Source::origin(origin).is_ok(), good, "{origin}");
        }
        let hash = "RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc=";
        assert!(Source::sha256(hash).is_ok());
        for hash in ["", "=", &hash[1..], &hash[..43], "'unsafe-inline'"] {
            assert!(Source::sha256(hash).is_err(), "{hash}");
        }
    }
}
