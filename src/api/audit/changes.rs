//! What has changed between two audits.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::compare::differences;
use super::report::Audit;
use super::row::Row;

/// Whereto a route has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Tendency {
    /// Something that protected it does so no more, or less; whatever else has changed.
    Weakened,
    /// It was not there.
    Added,
    /// It is there no more.
    Removed,
    /// It has changed, and it cannot be said whether for the better.
    Changed,
    /// It is protected by more than it was.
    Strengthened,
}

/// One route that has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The method and the path.
    pub place: String,
    /// Whereto it has changed.
    pub tendency: Tendency,
    /// What has changed, in words, each with its own tendency.
    pub details: Vec<(Tendency, String)>,
}

/// All that has changed between two audits, the weakened routes first. Its `Display` is a list for
/// a review.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Changes {
    /// The routes that have changed.
    pub routes: Vec<Change>,
}

impl Audit {
    /// What has changed since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Changes {
        let by_place = |audit: &Self| -> BTreeMap<String, Row> {
            let rows = audit.routes.iter();
            rows.map(|row| (row.place(), row.clone())).collect()
        };
        let (before, now) = (by_place(earlier), by_place(self));
        let mut routes = Vec::new();
        for (place, row) in &now {
            match before.get(place) {
                None => routes.push(Change::of(place, Tendency::Added, row.who())),
                Some(old) => routes.extend(Change::between(place, old, row)),
            }
        }
        let gone = before.iter().filter(|(place, _)| !now.contains_key(*place));
        routes.extend(gone.map(|(place, row)| Change::of(place, Tendency::Removed, row.who())));
        routes
            .sort_by(|one, other| (one.tendency, &one.place).cmp(&(other.tendency, &other.place)));
        Changes { routes }
    }
}

impl Change {
    fn of(place: &str, tendency: Tendency, who: String) -> Self {
        Self {
            place: place.to_owned(),
            tendency,
            details: vec![(tendency, who)],
        }
    }

    fn between(place: &str, old: &Row, new: &Row) -> Option<Self> {
        let details = differences(old, new);
        let has = |wanted| details.iter().any(|(tendency, _)| *tendency == wanted);
        let tendency = if has(Tendency::Weakened) {
            Tendency::Weakened
        } else if has(Tendency::Changed) {
            Tendency::Changed
        } else {
            Tendency::Strengthened
        };
        (!details.is_empty()).then(|| Self {
            place: place.to_owned(),
            tendency,
            details,
        })
    }
}

impl Changes {
    /// Whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty()
    }

    /// The routes that are protected by less than they were.
    pub fn weakened(&self) -> impl Iterator<Item = &Change> {
        let is_weaker = |change: &&Change| change.tendency == Tendency::Weakened;
        self.routes.iter().filter(is_weaker)
    }

    /// The changes as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl Tendency {
    const fn word(self) -> &'static str {
        match self {
            Self::Weakened => "weakened",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Strengthened => "strengthened",
        }
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.routes {
            writeln!(f, "{} {}", change.tendency.word(), change.place)?;
            for (tendency, words) in &change.details {
                match tendency {
                    Tendency::Added | Tendency::Removed => writeln!(f, "  {words}")?,
                    tendency => writeln!(f, "  {}: {words}", tendency.word())?,
                }
            }
        }
        Ok(())
    }
}
