//! Findings that somebody has looked at and accepted.

use std::fmt;

use super::concern::Finding;
use super::report::Audit;

/// What stands between an audit and the list of what is accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unaccepted {
    /// Findings that nobody has accepted.
    pub findings: Vec<Finding>,
    /// What was accepted and is not found any more, so that it must not be accepted any longer.
    pub outdated: Vec<String>,
}

impl Audit {
    /// The findings beyond `accepted`, which are named by their [`id`](Finding::id).
    #[must_use]
    pub fn unaccepted(&self, accepted: &[&str]) -> Unaccepted {
        let ids: Vec<_> = self.findings.iter().map(Finding::id).collect();
        let is_new = |finding: &&Finding| !accepted.contains(&finding.id().as_str());
        let is_gone = |name: &&&str| !ids.iter().any(|id| id == **name);
        Unaccepted {
            findings: self.findings.iter().filter(is_new).cloned().collect(),
            outdated: accepted
                .iter()
                .filter(is_gone)
                .map(|&name| name.to_owned())
                .collect(),
        }
    }

    /// For a test of the application: nothing is the matter with it but what is accepted.
    ///
    /// ```
    /// use portcullis::api::{Api, public};
    ///
    /// let api: Api = Api::new(public("all of it is"))
    ///     .get("/health", async || "well", public("liveness; tells nothing of data"));
    /// api.audit().assert_accepted(&["no-rate-limit@GET /health"]);
    /// ```
    ///
    /// # Panics
    /// If there is a finding that is not accepted, or something is accepted that is not found.
    #[track_caller]
    pub fn assert_accepted(&self, accepted: &[&str]) {
        let beyond = self.unaccepted(accepted);
        assert!(
            beyond.findings.is_empty() && beyond.outdated.is_empty(),
            "{beyond}"
        );
    }
}

impl fmt::Display for Unaccepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "not accepted: {finding}")?;
        }
        for name in &self.outdated {
            writeln!(f, "accepted, but not found any more: {name}")?;
        }
        Ok(())
    }
}
