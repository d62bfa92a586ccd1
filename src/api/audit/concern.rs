//! What an audit finds fault with.

use std::fmt;

use serde::{Serialize, Serializer};

/// A kind of weakness that an audit looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Concern {
    /// Strangers may change something.
    PublicWrite,
    /// Strangers may call a route, and nobody has said why.
    PublicWithoutReason,
    /// Whoever has a credential may change something, whatever the credential is for.
    WriteWithoutPermission,
    /// No quota is enforced.
    NoRateLimit,
    /// Credentials are judged, and nothing limits how many can be tried.
    GuessableCredentials,
    /// A handler asks who is calling where nobody finds out.
    CallerNeverKnown,
    /// A credential may stand in the query, and so in logs.
    CredentialInQuery,
    /// A body is read that nobody checks.
    UncheckedBody,
    /// A schema is checked that the policy does not name, so that no document tells of it.
    UnnamedSchema,
    /// A policy names a schema that the handler does not take.
    UntakenSchema,
    /// A schema leaves something without a bound.
    UnboundedSchema,
    /// There is no schema where one is named: each body is answered with 500.
    BrokenSchema,
    /// Pages of any origin may read the answers.
    AnyOrigin,
    /// A version has a successor, and no end.
    VersionWithoutSunset,
    /// A whole router, of which it is not known what it serves.
    UnknownRoutes,
}

/// A weakness of one route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What is the matter.
    pub concern: Concern,
    /// The method and the path.
    pub place: String,
    /// What is the matter with this very route, in words.
    pub detail: String,
}

impl Concern {
    /// Every concern, in the order in which they are declared.
    pub const ALL: [Self; 15] = [
        Self::PublicWrite,
        Self::PublicWithoutReason,
        Self::WriteWithoutPermission,
        Self::NoRateLimit,
        Self::GuessableCredentials,
        Self::CallerNeverKnown,
        Self::CredentialInQuery,
        Self::UncheckedBody,
        Self::UnnamedSchema,
        Self::UntakenSchema,
        Self::UnboundedSchema,
        Self::BrokenSchema,
        Self::AnyOrigin,
        Self::VersionWithoutSunset,
        Self::UnknownRoutes,
    ];

    /// The stable name, for lists of what is accepted.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The entry of the OWASP API Security Top 10 of 2023 that it belongs to.
    #[must_use]
    pub const fn owasp(self) -> &'static str {
        self.row().1
    }

    /// What is the matter, in one sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        self.row().2
    }

    /// The table of concerns, and the only one.
    const fn row(self) -> (&'static str, &'static str, &'static str) {
        const AUTHENTICATION: &str = "API2:2023 Broken Authentication";
        const PROPERTY: &str = "API3:2023 Broken Object Property Level Authorization";
        const CONSUMPTION: &str = "API4:2023 Unrestricted Resource Consumption";
        const FUNCTION: &str = "API5:2023 Broken Function Level Authorization";
        const MISCONFIGURATION: &str = "API8:2023 Security Misconfiguration";
        const INVENTORY: &str = "API9:2023 Improper Inventory Management";
        match self {
            Self::PublicWrite => ("public-write", FUNCTION, "Anybody may change something"),
            Self::PublicWithoutReason => (
                "public-without-reason",
                AUTHENTICATION,
                "Anybody may call this, and nobody has said why",
            ),
            Self::WriteWithoutPermission => (
                "write-without-permission",
                FUNCTION,
                "Any good credential may change something",
            ),
            Self::NoRateLimit => ("no-rate-limit", CONSUMPTION, "No quota is enforced"),
            Self::GuessableCredentials => (
                "guessable-credentials",
                AUTHENTICATION,
                "Nothing limits how many credentials can be tried",
            ),
            Self::CallerNeverKnown => (
                "caller-never-known",
                AUTHENTICATION,
                "The handler asks who is calling, and no guard finds out",
            ),
            Self::CredentialInQuery => (
                "credential-in-query",
                AUTHENTICATION,
                "A credential may stand in the query, which ends up in logs",
            ),
            Self::UncheckedBody => ("unchecked-body", PROPERTY, "Nobody checks the body"),
            Self::UnnamedSchema => (
                "unnamed-schema",
                INVENTORY,
                "The body is checked by a schema that the policy does not name",
            ),
            Self::UntakenSchema => (
                "untaken-schema",
                PROPERTY,
                "The policy names a schema that the handler does not take",
            ),
            Self::UnboundedSchema => (
                "unbounded-schema",
                CONSUMPTION,
                "The schema leaves something without a bound",
            ),
            Self::BrokenSchema => (
                "broken-schema",
                MISCONFIGURATION,
                "The schema does not compile, so that each body is answered with 500",
            ),
            Self::AnyOrigin => (
                "any-origin",
                MISCONFIGURATION,
                "Pages of any origin may read the answers",
            ),
            Self::VersionWithoutSunset => (
                "version-without-sunset",
                INVENTORY,
                "The version has a successor, and no end",
            ),
            Self::UnknownRoutes => (
                "unknown-routes",
                INVENTORY,
                "It is not known which routes there are",
            ),
        }
    }
}

impl Finding {
    /// By what it is accepted: `public-write@POST /token`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}@{}", self.concern.name(), self.place)
    }
}

impl Serialize for Concern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl fmt::Display for Concern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.id(), self.concern.sentence())?;
        if !self.detail.is_empty() {
            write!(f, " ({})", self.detail)?;
        }
        write!(f, " [{}]", self.concern.owasp())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_concern_has_a_name_of_its_own_and_an_entry() {
        let names: BTreeSet<_> = Concern::ALL.map(Concern::name).into();
        assert_eq!(names.len(), Concern::ALL.len());
        for (place, concern) in Concern::ALL.into_iter().enumerate() {
            assert_eq!(concern as usize, place);
            assert!(concern.owasp().starts_with("API"));
        }
    }
}
