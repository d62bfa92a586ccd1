//! The cookie that keeps a refresh token away from scripts.

use http::HeaderMap;
use http::header::{COOKIE, HeaderValue};

use crate::config::ConfigError;
use crate::field;

/// How browsers are given their refresh token: in a cookie that no script can read (`HttpOnly`),
/// that goes over TLS alone (`Secure`) and with no request of another site (`SameSite=Strict`; RFC
/// 6265bis). The response bodies have no refresh token then, and none is taken from a form.
///
/// The cookie is `__Host-refresh` with the path `/`: no other host of the domain can set it.
#[derive(Clone, Debug)]
pub struct RefreshCookie {
    name: Box<str>,
    path: Box<str>,
    pub(super) origins: Box<[Box<str>]>,
}

impl RefreshCookie {
    /// The cookie `__Host-refresh`, for pages of the very origin that serves the token routes.
    #[must_use]
    pub fn new() -> Self {
        Self {
            name: "refresh".into(),
            path: "/".into(),
            origins: Box::default(),
        }
    }

    /// Calls the cookie `name`, behind its prefix (default: `refresh`).
    ///
    /// # Errors
    /// [`ConfigError`] unless it is 1 to 64 letters, digits, `-` and `_`.
    pub fn with_name(mut self, name: &str) -> Result<Self, ConfigError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(1..=64).contains(&name.len()) || !name.bytes().all(plain) {
            return Err(ConfigError::new(
                "a cookie must be named by 1 to 64 letters, digits, `-` and `_`",
            ));
        }
        self.name = name.into();
        Ok(self)
    }

    /// Has browsers send the cookie below `path` alone, such as `/auth/token`, where the token
    /// routes are. Its prefix is `__Secure-` then, as `__Host-` demands the path `/`: another host
    /// of the same domain can set such a cookie.
    ///
    /// # Errors
    /// [`ConfigError`] unless it begins with `/` and is visible ASCII without `;`.
    pub fn with_path(mut self, path: &str) -> Result<Self, ConfigError> {
        let plain = |byte: u8| byte.is_ascii_graphic() && byte != b';';
        if !path.starts_with('/') || !path.bytes().all(plain) {
            return Err(ConfigError::new(
                "the path of a cookie must begin with `/` and be visible ASCII without `;`",
            ));
        }
        self.path = path.into();
        Ok(self)
    }

    /// Lets pages of these other origins, such as `https://app.example`, use the token routes, if
    /// CORS lets them as well (default: none). `SameSite=Strict` still keeps other sites out.
    ///
    /// # Errors
    /// [`ConfigError`] if one is no origin as browsers send it: a scheme and a host in lower case,
    /// and nothing behind them.
    pub fn with_origins<O: AsRef<str>>(
        mut self,
        origins: impl IntoIterator<Item = O>,
    ) -> Result<Self, ConfigError> {
        let origins = origins.into_iter().map(|origin| checked(origin.as_ref()));
        self.origins = origins.collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// The whole name, with its prefix.
    pub(super) fn full_name(&self) -> String {
        let prefix = if *self.path == *"/" {
            "__Host-"
        } else {
            "__Secure-"
        };
        format!("{prefix}{}", self.name)
    }

    /// The field that gives `token` to a browser for `max_age` seconds; none and 0 take it away.
    pub(super) fn to_field(&self, token: &str, max_age: u64) -> HeaderValue {
        let (name, path) = (self.full_name(), &self.path);
        let tail = format!("; Path={path}; Max-Age={max_age}; HttpOnly; Secure; SameSite=Strict");
        let parts = [name.as_bytes(), b"=", token.as_bytes(), tail.as_bytes()];
        let mut value = field::joined(&parts);
        value.set_sensitive(true);
        value
    }

    /// The token that a browser sends.
    ///
    /// # Errors
    /// The reason, if the cookie is there more than once (which one counts would be anybody's
    /// guess), or is no text.
    pub(super) fn read<'h>(&self, headers: &'h HeaderMap) -> Result<Option<&'h str>, &'static str> {
        let name = self.full_name();
        let lines = headers.get_all(COOKIE).iter();
        let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
        let mut values = pairs.filter_map(|pair| {
            let rest = pair.trim_ascii().strip_prefix(name.as_bytes())?;
            rest.trim_ascii_start().strip_prefix(b"=")
        });
        match (values.next(), values.next()) {
            (Some(value), None) => match str::from_utf8(value.trim_ascii()) {
                Ok(text) => Ok(Some(text).filter(|text| !text.is_empty())),
                Err(_) => Err("refresh_cookie_malformed"),
            },
            (None, _) => Ok(None),
            _ => Err("several_refresh_cookies"),
        }
    }
}

impl Default for RefreshCookie {
    fn default() -> Self {
        Self::new()
    }
}

fn checked(origin: &str) -> Result<Box<str>, ConfigError> {
    let host = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"));
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
    match host {
        Some(host) if !host.is_empty() && host.bytes().all(plain) => Ok(origin.into()),
        _ => Err(ConfigError::new(format!(
            "{origin:?} is not an origin as browsers send it: write a scheme and a host in lower \
             case, such as `https://app.example`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sent(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_is_read_if_it_is_there_once() {
        let cookie = RefreshCookie::new();
        for (lines, found) in [
            (&[][..], Ok(None)),
            (&["__Host-refresh=x"], Ok(Some("x"))),
            (&["a=b; __Host-refresh=x; c=d"], Ok(Some("x"))),
            (&["a=b", "__Host-refresh=x"], Ok(Some("x"))),
            (&["a=b;__Host-refresh=x"], Ok(Some("x"))),
            (&["__Host-refresh="], Ok(None)),
            (&["__Host-refresh"], Ok(None)),
            (&["refresh=x", "__Secure-refresh=x"], Ok(None)),
            (&["__Host-refresh2=x; x__Host-refresh=y"], Ok(None)),
            (&["__host-refresh=x"], Ok(None)),
            (&["__Host-refresh=x=y"], Ok(Some("x=y"))),
            (
                &["__Host-refresh=x; __Host-refresh=x"],
                Err("several_refresh_cookies"),
            ),
            (
                &["__Host-refresh=x", "__Host-refresh="],
                Err("several_refresh_cookies"),
            ),
            (
                &["__Host-refresh=x; __Host-refresh =y"],
                Err("several_refresh_cookies"),
            ),
        ] {
            assert_eq!(cookie.read(&sent(lines)), found, "{lines:?}");
        }
    }

    #[test]
    fn a_cookie_is_kept_from_scripts_and_other_sites() {
        let cookie = RefreshCookie::new();
        let field = cookie.to_field("rt_1", 60);
        let tail = "Max-Age=60; HttpOnly; Secure; SameSite=Strict";
        assert_eq!(field, format!("__Host-refresh=rt_1; Path=/; {tail}"));
        assert!(field.is_sensitive());
        let narrow = cookie.with_path("/auth").unwrap().with_name("r").unwrap();
        let field = narrow.to_field("rt_1", 60);
        assert_eq!(field, format!("__Secure-r=rt_1; Path=/auth; {tail}"));
    }

    #[test]
    fn what_no_cookie_can_be_does_not_build() {
        for name in ["", "a b", "a=b", "a;b", "\u{e9}", &"a".repeat(65)] {
            assert!(RefreshCookie::new().with_name(name).is_err(), "{name:?}");
        }
        for path in ["", "a", "/a;b", "/a b", "/\r\n"] {
            assert!(RefreshCookie::new().with_path(path).is_err(), "{path:?}");
        }
        for (origin, is_one) in [
            ("https://app.example", true),
            ("http://localhost:3000", true),
            ("http://[::1]:3000", true),
            ("https://app.example/", false),
            ("https://App.example", false),
            ("app.example", false),
            ("https://", false),
            ("null", false),
            ("*", false),
        ] {
            let built = RefreshCookie::new().with_origins([origin]);
            assert_eq!(built.is_ok(), is_one, "{origin}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(bytes in prop::collection::vec(32..=255_u8, 0..100)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let mut headers = HeaderMap::new();
                headers.insert(COOKIE, value);
                let _ = RefreshCookie::new().read(&headers);
            }
        }
    }
}
