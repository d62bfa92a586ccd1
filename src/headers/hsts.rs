//! For how long browsers come by HTTPS alone.

use std::time::Duration;

use http::HeaderValue;

/// Two years, as hstspreload.org recommends; ASVS 5.0 (3.4.1) asks for one at least.
const MAX_AGE: Duration = Duration::from_hours(24 * 365 * 2);

/// For how long browsers come by HTTPS alone: `Strict-Transport-Security` (RFC 6797).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hsts {
    max_age: Duration,
    has_subdomains: bool,
    is_preloaded: bool,
}

impl Hsts {
    /// Two years, for the host and all its subdomains.
    #[must_use]
    pub fn new() -> Self {
        Self {
            max_age: MAX_AGE,
            has_subdomains: true,
            is_preloaded: false,
        }
    }

    /// Asks for a place on the lists that browsers are shipped with (`preload`). It is hard to get
    /// off them again.
    #[must_use]
    pub fn with_preload(mut self) -> Self {
        self.is_preloaded = true;
        self
    }

    /// Leaves subdomains out. Whoever can answer for one of them over plain HTTP can set cookies for
    /// the host.
    #[must_use]
    pub fn dangerous_without_subdomains(mut self) -> Self {
        self.has_subdomains = false;
        self
    }

    /// Lasts for `max_age`, in whole seconds, from the last response on: to begin with a short one,
    /// or to end it, with zero.
    #[must_use]
    pub fn dangerous_lasting(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    pub(super) fn to_value(self) -> HeaderValue {
        let mut text = format!("max-age={}", self.max_age.as_secs());
        for (is_said, word) in [
            (self.has_subdomains, "; includeSubDomains"),
            (self.is_preloaded, "; preload"),
        ] {
            if is_said {
                text.push_str(word);
            }
        }
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("max-age=63072000"))
    }
}

impl Default for Hsts {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_it_was_told() {
        let minute = Duration::from_millis(60_999);
        for (hsts, text) in [
            (Hsts::new(), "max-age=63072000; includeSubDomains"),
            (
                Hsts::new().with_preload(),
                "max-age=63072000; includeSubDomains; preload",
            ),
            (
                Hsts::new()
                    .dangerous_without_subdomains()
                    .dangerous_lasting(minute),
                "max-age=60",
            ),
            (
                Hsts::new().dangerous_lasting(Duration::ZERO),
                "max-age=0; includeSubDomains",
            ),
        ] {
            assert_eq!(hsts.to_value(), text);
        }
    }
}
