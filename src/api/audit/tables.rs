//! An audit as text and as Markdown.

use std::fmt::Write;

use super::report::Audit;
use super::row::Row;

pub(super) const TITLES: [&str; 6] = ["Route", "Who", "Needs", "Limits", "Body", "Policy"];

/// What stands in each column, piece by piece.
pub(super) fn cells(row: &Row) -> [Vec<String>; 6] {
    let head = if row.serves_head { " (HEAD)" } else { "" };
    let route = match (row.method.as_str(), row.path.as_str()) {
        ("*", "*") => "whatever is unknown".to_owned(),
        ("*", path) => format!("every method {path}"),
        (method, path) => format!("{method}{head} {path}"),
    };
    let version = row.version.as_ref().map(|version| match version.sunset {
        Some(sunset) => format!("version {}, until {sunset}", version.name),
        None => format!("version {}", version.name),
    });
    let mut needs = row.needs();
    needs.extend(version);
    let body = Some(row.body.words()).filter(|words| !words.is_empty());
    [
        vec![route],
        vec![row.who()],
        needs,
        row.limits(),
        body.into_iter().collect(),
        row.policy.iter().cloned().collect(),
    ]
}

impl Audit {
    /// A table for a terminal, and the findings below it.
    #[must_use]
    pub fn to_text(&self) -> String {
        let titles = TITLES.map(str::to_uppercase);
        let mut lines = vec![titles];
        for row in &self.routes {
            lines.push(cells(row).map(|pieces| pieces.join(", ")));
        }
        let width = |column: usize| {
            let lengths = lines.iter().filter_map(|cells| cells.get(column));
            lengths.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..TITLES.len()).map(width).collect();
        let mut text = String::new();
        for cells in &lines {
            let padded = cells.iter().zip(&widths);
            let line: Vec<_> = padded
                .filter(|(_, width)| **width > 0)
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            let _ = writeln!(text, "{}", line.join("  ").trim_end());
        }
        self.append_findings(&mut text, "", "");
        text
    }

    /// A table and a list in Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = format!(
            "| {} |\n|{}\n",
            TITLES.join(" | "),
            "---|".repeat(TITLES.len())
        );
        for row in &self.routes {
            let cells = cells(row).map(|pieces| escaped(&pieces.join(", ")));
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        self.append_findings(&mut text, "- ", "\n## Findings\n");
        text
    }

    fn append_findings(&self, text: &mut String, bullet: &str, title: &str) {
        if self.findings.is_empty() {
            text.push_str("\nNothing is the matter.\n");
            return;
        }
        let _ = writeln!(text, "{title}");
        for finding in &self.findings {
            let line = finding.to_string();
            let line = if bullet.is_empty() {
                line
            } else {
                escaped(&line)
            };
            let _ = writeln!(text, "{bullet}{line}");
        }
    }
}

/// Text that stays text in a cell of a table.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut all, c| {
        match c {
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' => all.extend(['\\', c]),
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '&' => all.push_str("&amp;"),
            c if c.is_control() => all.push(' '),
            c => all.push(c),
        }
        all
    })
}
