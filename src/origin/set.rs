//! The origins that an author has named.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use super::fault::OriginFault;
use super::pattern::{Pattern, default_port, is_host_name, is_scheme, read_port};

/// The longest origin that is looked at: scheme, `://`, host, a full stop, and port.
const LONGEST_ORIGIN: usize = super::pattern::LONGEST_SCHEME + 3 + 253 + 1 + 6;

/// The scheme and the port of an origin.
type Door = (Box<str>, Option<u16>);

/// Named origins: some by themselves, some as the subdomains of a host. A look-up takes no allocation
/// and is bounded, however many there are and whatever is looked for.
#[derive(Clone, Default)]
pub(crate) struct Origins {
    /// As they are written. Browsers write an origin in one way only.
    exact: HashSet<Box<str>>,
    /// By the host whose subdomains are meant.
    subdomains: HashMap<Box<str>, Vec<Door>>,
    /// The lengths of those hosts, each once.
    lengths: Vec<usize>,
}

impl Origins {
    /// As they are written, in order, so that audits can be compared.
    pub(crate) fn list(&self) -> Vec<String> {
        let mut all: BTreeSet<_> = self.exact.iter().map(ToString::to_string).collect();
        for (host, named) in &self.subdomains {
            for (scheme, port) in named {
                let port = port.map_or(String::new(), |port| format!(":{port}"));
                all.insert(format!("{scheme}://*.{host}{port}"));
            }
        }
        all.into_iter().collect()
    }

    /// Adds what was read from `text`.
    pub(crate) fn add(&mut self, text: &str, pattern: Pattern) {
        if !pattern.is_subdomains {
            self.exact.insert(text.into());
            return;
        }
        if !self.lengths.contains(&pattern.host.len()) {
            self.lengths.push(pattern.host.len());
        }
        let of_host = self.subdomains.entry(pattern.host).or_default();
        of_host.push((pattern.scheme, pattern.port));
    }

    /// All of `texts`, each one or more origins, or every text that is none with its fault.
    pub(crate) fn named<T: AsRef<str>>(
        texts: impl IntoIterator<Item = T>,
    ) -> Result<Self, Vec<(Box<str>, OriginFault)>> {
        let (mut origins, mut faults) = (Self::default(), Vec::new());
        for text in texts {
            let text = text.as_ref();
            match Pattern::parse(text) {
                Ok(pattern) if pattern.is_of_public_suffix() => {
                    faults.push((text.into(), OriginFault::PublicSuffix));
                }
                Ok(pattern) => origins.add(text, pattern),
                Err(fault) => faults.push((text.into(), fault)),
            }
        }
        if faults.is_empty() {
            Ok(origins)
        } else {
            Err(faults)
        }
    }

    /// Whether none are named.
    pub(crate) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.subdomains.is_empty()
    }

    /// Whether the value of an `Origin` field is one of these.
    pub(crate) fn contains(&self, origin: &[u8]) -> bool {
        if origin.len() > LONGEST_ORIGIN {
            return false;
        }
        let Ok(origin) = std::str::from_utf8(origin) else {
            return false;
        };
        self.exact.contains(origin)
            || (!self.lengths.is_empty() && self.has_subdomain(origin).unwrap_or(false))
    }

    fn has_subdomain(&self, origin: &str) -> Option<bool> {
        let (scheme, rest) = origin.split_once("://")?;
        let (host, port) = match rest.split_once(':') {
            Some((host, port)) => (host, Some(read_port(port.as_bytes())?)),
            None => (rest, None),
        };
        let is_stated = port.is_some() && port == default_port(scheme.as_bytes());
        if is_stated || !is_scheme(scheme.as_bytes()) || !is_host_name(host.as_bytes(), 253) {
            return Some(false);
        }
        Some(self.lengths.iter().any(|length| {
            let parent = host
                .len()
                .checked_sub(*length)
                .and_then(|start| host.split_at_checked(start))
                .filter(|(label, _)| label.len() > 1 && label.ends_with('.'));
            parent
                .and_then(|(_, parent)| self.subdomains.get(parent))
                .is_some_and(|named| named.iter().any(|(s, p)| &**s == scheme && *p == port))
        }))
    }
}

impl fmt::Display for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.list().join(", "))
    }
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{self}]")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAMED: [&str; 7] = [
        "https://example.com",
        "http://example.com:8080",
        "https://*.example.com",
        "https://*.b.example.com:8443",
        "http://*.a.example",
        "https://[2001:db8::1]",
        "http://xn--rsum-bpad.com",
    ];

    /// Cut and compared, part by part, with nothing looked up.
    fn naively(origin: &str) -> bool {
        NAMED.iter().any(|named| match named.split_once("*.") {
            None => *named == origin,
            Some((scheme, rest)) => {
                let (host, port) = rest.split_once(':').unwrap_or((rest, ""));
                let Some(theirs) = origin.strip_prefix(scheme) else {
                    return false;
                };
                let (name, number) = theirs.split_once(':').unwrap_or((theirs, ""));
                let labels: Vec<_> = name.split('.').collect();
                let parents: Vec<_> = host.split('.').collect();
                let is_label = |label: &&str| {
                    let known = |c: char| "abcdefghijklmnopqrstuvwxyz0123456789-_".contains(c);
                    !label.is_empty() && label.len() < 64 && label.chars().all(known)
                };
                number == port
                    && theirs.contains(':') == rest.contains(':')
                    && labels.len() > parents.len()
                    && name.len() <= 253
                    && labels.ends_with(&parents)
                    && labels.iter().all(is_label)
            }
        })
    }

    proptest! {
        #[test]
        fn the_origins_that_are_let_in_are_those_of_the_slow_way(
            scheme in prop::sample::select(vec!["https://", "http://", "https:", "HTTPS://", ""]),
            labels in prop::collection::vec(
                prop::sample::select(vec!["a", "b", "example", "com", "", "*", "evil", "x_-1", "A"]),
                0..6,
            ),
            end in prop::sample::select(vec!["", ":8443", ":8080", ":443", ":", ":08443", "/", "."]),
            joint in prop::sample::select(vec![".", "", "-"]),
        ) {
            let origins = Origins::named(NAMED).unwrap();
            for joint in [".", joint] {
                let origin = format!("{scheme}{}{end}", labels.join(joint));
                prop_assert_eq!(origins.contains(origin.as_bytes()), naively(&origin), "{}", origin);
            }
        }

        #[test]
        fn no_bytes_are_too_odd_to_be_looked_for(origin in prop::collection::vec(any::<u8>(), 0..400)) {
            let origins = Origins::named(NAMED).unwrap();
            let told = std::str::from_utf8(&origin).is_ok_and(naively);
            prop_assert_eq!(origins.contains(&origin), told);
        }
    }

    #[test]
    fn subdomains_end_on_the_boundaries_of_labels() {
        let origins = Origins::named(NAMED).unwrap();
        for (origin, good) in [
            ("https://example.com", true),
            ("http://example.com:8080", true),
            ("https://a.example.com", true),
            ("https://a.b.c.example.com", true),
            ("https://x.b.example.com:8443", true),
            ("https://[2001:db8::1]", true),
            ("http://xn--rsum-bpad.com", true),
            ("null", false),
            ("*", false),
            ("", false),
            ("https://", false),
            ("https://example.com.evil.com", false),
            ("https://evilexample.com", false),
            ("https://-example.com", false),
            ("https://.example.com", false),
            ("https://a..example.com", false),
            ("https://*.example.com", false),
            ("https://example.com:443", false),
            ("https://a.example.com:443", false),
            ("https://a.example.com:8443", false),
            ("https://b.example.com:8443", false),
            ("https://x.b.example.com:08443", false),
            ("https://a.example.com:", false),
            ("HTTPS://EXAMPLE.COM", false),
            ("https://A.example.com", false),
            ("https://example.com/", false),
            ("https://a.example.com/", false),
            ("https://a.example.com.", false),
            ("https://r\u{e9}sum\u{e9}.example.com", false),
            ("http://example.com", false),
            ("http://a.example.com", false),
            ("https://u@a.example.com", false),
            ("https://evil.com/.example.com", false),
            ("https://evil.com#.example.com", false),
            ("https://a.example.com, https://b.example.com", false),
            ("http://r\u{e9}sum\u{e9}.com", false),
        ] {
            assert_eq!(origins.contains(origin.as_bytes()), good, "{origin}");
            assert_eq!(naively(origin), good, "{origin}");
        }
        let long = format!("https://{}example.com", "a.".repeat(5_000));
        assert!(!origins.contains(long.as_bytes()));
        let longest = format!("https://{}.example.com", "a.".repeat(120) + "b");
        assert_eq!(longest.len(), 8 + 253);
        assert!(origins.contains(longest.as_bytes()));
        let longer = format!("https://{}.example.com", "a.".repeat(120) + "bb");
        assert!(!origins.contains(longer.as_bytes()));
    }
}
