//! Whether a request that bears a cookie comes from a page that may send it.

/// What a browser says of where a request comes from.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Whence<'a> {
    /// `Sec-Fetch-Site`.
    pub(super) site: Option<&'a [u8]>,
    /// `Origin`.
    pub(super) origin: Option<&'a [u8]>,
    /// Where the request goes: `Host`.
    pub(super) host: Option<&'a [u8]>,
}

/// Whether `whence` is an origin of `others`, or the one that the request goes to. A request of
/// which nothing is said comes from no browser of today, and bears nobody's cookie.
///
/// # Errors
/// The reason, for the event alone.
pub(super) fn is_ours(whence: Whence<'_>, others: &[Box<str>]) -> Result<(), &'static str> {
    let listed = |origin: &[u8]| others.iter().any(|other| other.as_bytes() == origin);
    match whence {
        Whence {
            origin: Some(origin),
            ..
        } if listed(origin) => Ok(()),
        Whence {
            site: Some(b"same-origin" | b"none"),
            ..
        } => Ok(()),
        Whence { site: Some(_), .. } => Err("cross_site_request"),
        Whence {
            origin: Some(origin),
            host,
            ..
        } => match origin.strip_prefix(b"https://") {
            Some(from) if host.is_some_and(|host| host.eq_ignore_ascii_case(from)) => Ok(()),
            _ => Err("foreign_origin"),
        },
        Whence { origin: None, .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_ours_may_send_the_cookie() {
        let others: Box<[Box<str>]> = Box::new(["https://app.example".into()]);
        let (cross, foreign) = (Err("cross_site_request"), Err("foreign_origin"));
        for (site, origin, verdict) in [
            (None, None, Ok(())),
            (Some("same-origin"), None, Ok(())),
            (Some("same-origin"), Some("https://api.example"), Ok(())),
            (Some("none"), None, Ok(())),
            (Some("cross-site"), None, cross),
            (Some("same-site"), None, cross),
            (Some(""), None, cross),
            (Some("Same-Origin"), None, cross),
            (Some("cross-site"), Some("https://evil.example"), cross),
            (Some("same-site"), Some("https://app.example"), Ok(())),
            (Some("same-site"), Some("https://app.example.evil"), cross),
            (None, Some("https://api.example"), Ok(())),
            (None, Some("https://API.example"), Ok(())),
            (None, Some("http://api.example"), foreign),
            (None, Some("https://app.example"), Ok(())),
            (None, Some("https://api.example:8443"), foreign),
            (None, Some("https://evil.example"), foreign),
            (None, Some("null"), foreign),
            (None, Some(""), foreign),
        ] {
            let whence = Whence {
                site: site.map(str::as_bytes),
                origin: origin.map(str::as_bytes),
                host: Some(b"api.example"),
            };
            assert_eq!(is_ours(whence, &others), verdict, "{site:?} {origin:?}");
        }
        let nowhere = Whence {
            origin: Some(b"https://"),
            ..Whence::default()
        };
        assert_eq!(is_ours(nowhere, &others), foreign);
    }
}
