//! Whether a request comes from another site.

use http::header::{HeaderName, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Method};

use crate::field::{Repeated, exactly_one};
use crate::origin::{Origins, changes_nothing, is_own, only_origin};

pub(super) const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
pub(super) const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
pub(super) const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// What is refused.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub(super) trusted: Origins,
    pub(super) allows_same_site: bool,
    pub(super) isolates: bool,
}

impl Rules {
    /// Lets the request on, or says why not.
    pub(super) fn judge(&self, head: &Parts) -> Result<(), &'static str> {
        if changes_nothing(head) && !self.isolates {
            return Ok(());
        }
        let origin = only_origin(head);
        if matches!(origin, Ok(Some(origin)) if self.trusted.contains(origin)) {
            return Ok(());
        }
        match (text(&head.headers, SITE), origin) {
            (Ok(Some(site)), _) => self.judge_site(site, head),
            (Err(Repeated), _) => Err("cross_site_request"),
            (Ok(None), Ok(None)) => Ok(()),
            (Ok(None), Ok(Some(origin))) if is_own(origin, head) => Ok(()),
            (Ok(None), _) => Err("foreign_origin"),
        }
    }

    fn judge_site(&self, site: &[u8], head: &Parts) -> Result<(), &'static str> {
        match site {
            b"same-origin" | b"none" => Ok(()),
            b"same-site" if self.allows_same_site => Ok(()),
            _ if self.isolates && is_navigation(head) => Ok(()),
            _ => Err("cross_site_request"),
        }
    }
}

/// Whether somebody follows a link: the document comes to stand by itself, not within a page.
fn is_navigation(head: &Parts) -> bool {
    let is = |name, words: &[&[u8]]| matches!(text(&head.headers, name), Ok(Some(word)) if words.contains(&word));
    matches!(head.method, Method::GET | Method::HEAD)
        && is(MODE, &[b"navigate"])
        && is(DEST, &[b"document"])
}

fn text(headers: &HeaderMap, name: HeaderName) -> Result<Option<&[u8]>, Repeated> {
    Ok(exactly_one(headers, name)?.map(HeaderValue::as_bytes))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    const CROSS: Result<(), &str> = Err("cross_site_request");
    const FOREIGN: Result<(), &str> = Err("foreign_origin");

    fn head(method: &str, lines: &[(&str, &str)]) -> Parts {
        let request = Request::builder()
            .method(method)
            .header("host", "api.example");
        let add = |request: http::request::Builder, (name, line): &(&str, &str)| {
            request.header(*name, *line)
        };
        let request = lines.iter().fold(request, add);
        request.body(()).unwrap().into_parts().0
    }

    fn rules() -> Rules {
        Rules {
            trusted: Origins::named(["https://app.example", "https://*.team.example"]).unwrap(),
            ..Rules::default()
        }
    }

    #[test]
    fn a_channel_is_no_mere_look() {
        let upgrade = ("upgrade", "websocket");
        for (site, verdict) in [("cross-site", CROSS), ("same-origin", Ok(()))] {
            let site = ("sec-fetch-site", site);
            assert_eq!(rules().judge(&head("GET", &[site, upgrade])), verdict);
            assert_eq!(rules().judge(&head("GET", &[site])), Ok(()));
        }
    }

    #[test]
    fn what_another_site_sends_changes_nothing() {
        let site = |site| ("sec-fetch-site", site);
        let origin = |origin| ("origin", origin);
        for (lines, verdict) in [
            (&[][..], Ok(())),
            (&[site("same-origin")], Ok(())),
            (&[site("none")], Ok(())),
            (&[site("same-site")], CROSS),
            (&[site("cross-site")], CROSS),
            (&[site("")], CROSS),
            (&[site("Same-Origin")], CROSS),
            (&[site("same-origin, none")], CROSS),
            (&[site("same-origin"), site("same-origin")], CROSS),
            (&[site("cross-site"), origin("https://api.example")], CROSS),
            (
                &[site("same-origin"), origin("https://evil.example")],
                Ok(()),
            ),
            (&[site("cross-site"), origin("https://app.example")], Ok(())),
            (
                &[site("cross-site"), origin("https://a.team.example")],
                Ok(()),
            ),
            (&[site("cross-site"), origin("https://team.example")], CROSS),
            (&[site("cross-site"), origin("null")], CROSS),
            (&[origin("https://api.example")], Ok(())),
            (&[origin("http://api.example")], Ok(())),
            (&[origin("https://app.example")], Ok(())),
            (&[origin("https://evil.example")], FOREIGN),
            (&[origin("https://api.example:8443")], FOREIGN),
            (&[origin("https://api.example.evil.example")], FOREIGN),
            (&[origin("null")], FOREIGN),
            (&[origin("")], FOREIGN),
            (
                &[origin("https://app.example"), origin("https://app.example")],
                FOREIGN,
            ),
        ] {
            for method in ["POST", "PUT", "PATCH", "DELETE", "QUERY", "TRACE", "get"] {
                assert_eq!(
                    rules().judge(&head(method, lines)),
                    verdict,
                    "{method} {lines:?}"
                );
            }
            for method in ["GET", "HEAD", "OPTIONS"] {
                assert_eq!(
                    rules().judge(&head(method, lines)),
                    Ok(()),
                    "{method} {lines:?}"
                );
            }
        }
    }

    #[test]
    fn the_same_site_may_be_let_in() {
        let rules = Rules {
            allows_same_site: true,
            ..rules()
        };
        for (site, verdict) in [("same-site", Ok(())), ("cross-site", CROSS)] {
            assert_eq!(
                rules.judge(&head("POST", &[("sec-fetch-site", site)])),
                verdict
            );
        }
    }

    #[test]
    fn isolated_resources_are_reached_by_links_alone() {
        let rules = Rules {
            isolates: true,
            ..rules()
        };
        for (method, site, mode, dest, verdict) in [
            ("GET", "cross-site", "navigate", "document", Ok(())),
            ("HEAD", "cross-site", "navigate", "document", Ok(())),
            ("POST", "cross-site", "navigate", "document", CROSS),
            ("GET", "cross-site", "navigate", "iframe", CROSS),
            ("GET", "cross-site", "navigate", "object", CROSS),
            ("GET", "cross-site", "navigate", "embed", CROSS),
            ("GET", "cross-site", "no-cors", "image", CROSS),
            ("GET", "cross-site", "cors", "empty", CROSS),
            ("OPTIONS", "cross-site", "cors", "empty", CROSS),
            ("GET", "same-site", "no-cors", "script", CROSS),
            ("GET", "same-origin", "cors", "empty", Ok(())),
            ("GET", "none", "navigate", "document", Ok(())),
        ] {
            let lines = [
                ("sec-fetch-site", site),
                ("sec-fetch-mode", mode),
                ("sec-fetch-dest", dest),
            ];
            assert_eq!(
                rules.judge(&head(method, &lines)),
                verdict,
                "{method} {lines:?}"
            );
        }
        assert_eq!(rules.judge(&head("GET", &[])), Ok(()));
        let trusted = [
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://app.example"),
        ];
        assert_eq!(rules.judge(&head("GET", &trusted)), Ok(()));
    }
}
