//! An audit as a page that needs nothing but itself.

use std::fmt::Write;

use super::concern::Finding;
use super::report::Audit;
use super::row::Row;
use super::tables::{TITLES, cells};

/// The policy under which the page works (Content Security Policy Level 3): nothing but its own
/// style, by its hash.
pub(crate) const PAGE_POLICY: &str = "default-src 'none'; \
    style-src 'sha256-M03VS2f1h7GiJEuUkz4PWzVAU/gMyoPobG0wg7qutR4='; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE: &str = include_str!("page.css");

impl Audit {
    /// A page without scripts or anything that is fetched. Everything from the application is text
    /// in it.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut page = String::with_capacity(4096 + 512 * self.routes.len());
        // Writing to a String cannot fail.
        let _ = write!(
            page,
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <meta name=\"robots\" content=\"noindex\">\n\
             <title>What protects each route</title>\n<style>{STYLE}</style>\n\
             <main>\n<h1>What protects each route</h1>\n"
        );
        self.write_summary(&mut page);
        self.write_routes(&mut page);
        self.write_findings(&mut page);
        page.push_str("</main>\n</html>\n");
        page
    }

    fn write_summary(&self, page: &mut String) {
        let known = self.routes.iter().filter(|row| row.path != "*");
        let public = known.clone().filter(|row| row.admits_strangers());
        let _ = writeln!(
            page,
            "<p>{} routes, {} of them open to anybody. <a href=\"#findings\">{} findings</a>.</p>",
            known.count(),
            public.count(),
            self.findings.len(),
        );
    }

    fn write_routes(&self, page: &mut String) {
        page.push_str("<div class=\"wide\"><table>\n<thead><tr>");
        for title in TITLES {
            let _ = write!(page, "<th scope=\"col\">{title}</th>");
        }
        page.push_str("</tr></thead>\n<tbody>\n");
        for row in &self.routes {
            let _ = write!(page, "<tr{}>", class(row));
            for (column, pieces) in cells(row).iter().enumerate() {
                let (open, close) = match column {
                    0 => ("<th scope=\"row\"><code>", "</code></th>"),
                    _ => ("<td>", "</td>"),
                };
                let text: Vec<_> = pieces.iter().map(|piece| escaped(piece)).collect();
                let _ = write!(page, "{open}{}{close}", text.join("<br>"));
            }
            page.push_str("</tr>\n");
        }
        page.push_str("</tbody>\n</table></div>\n");
    }

    fn write_findings(&self, page: &mut String) {
        page.push_str("<h2 id=\"findings\">Findings</h2>\n");
        if self.findings.is_empty() {
            page.push_str("<p>Nothing is the matter.</p>\n");
            return;
        }
        page.push_str("<ul>\n");
        for finding in &self.findings {
            write_finding(page, finding);
        }
        page.push_str("</ul>\n");
    }
}

fn write_finding(page: &mut String, finding: &Finding) {
    let Finding {
        concern,
        place,
        detail,
    } = finding;
    let _ = write!(
        page,
        "<li><code>{}</code> {}",
        escaped(place),
        concern.sentence()
    );
    if !detail.is_empty() {
        let _ = write!(page, ": {}", escaped(detail));
    }
    let (name, owasp) = (concern.name(), concern.owasp());
    let _ = writeln!(page, " <small>{name}, {owasp}</small></li>");
}

fn class(row: &Row) -> &'static str {
    if row.admits_strangers() {
        " class=\"open\""
    } else {
        ""
    }
}

/// Text that stays text.
fn escaped(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut all, c| {
            match c {
                '&' => all.push_str("&amp;"),
                '<' => all.push_str("&lt;"),
                '>' => all.push_str("&gt;"),
                '"' => all.push_str("&quot;"),
                '\'' => all.push_str("&#39;"),
                c => all.push(c),
            }
            all
        })
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, Engine};
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_policy_of_the_page_names_the_hash_of_its_style() {
        let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
        assert!(
            PAGE_POLICY.contains(&format!("'sha256-{hash}'")),
            "it is {hash}"
        );
    }

    #[test]
    fn no_text_becomes_markup() {
        let text = escaped("<script>\"'&</script>");
        assert_eq!(text, "&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;");
    }
}
