//! What a guard demands, told to people and documents.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::identity::Scopes;

/// What a guard demands of a request. Its `Display` is the line that an audit prints.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Demand {
    /// Nothing.
    Nothing,
    /// Each of these.
    All(Vec<Demand>),
    /// One of these.
    Any(Vec<Demand>),
    /// This, or no credential at all.
    Optional(Box<Demand>),
    /// A credential.
    Credential(CredentialDemand),
    /// Each of these scopes.
    Scopes(Scopes),
    /// A login that is at most this many seconds old.
    FreshLogin {
        /// The greatest age of the login, in seconds.
        max_age: u64,
    },
    /// To stay within this quota.
    Quota(QuotaDemand),
    /// That pages which read the answer are of these origins.
    Origins(OriginDemand),
    /// That the caller speaks this version.
    Version(VersionDemand),
    /// How it is to be asked, in words, whoever asks: nothing that tells callers apart.
    Manner(Cow<'static, str>),
    /// Something else, in words, by which some are let in and others are not.
    Other(Cow<'static, str>),
}

/// A credential of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CredentialDemand {
    /// What it is: `JWT`, `API key`.
    pub name: Cow<'static, str>,
    /// The ways by which it may be shown, any one of which will do; none if that is not told.
    pub carried: Vec<Carried>,
}

/// By which way a credential is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Carried {
    /// `Authorization: Bearer` (RFC 6750, section 2.1).
    Bearer,
    /// `Authorization: DPoP`, with a proof (RFC 9449, section 7.1).
    Dpop,
    /// With the certificate of the client, to which it is bound (RFC 8705).
    MutualTls,
    /// A header of this name.
    Header(String),
    /// A parameter of the query, of this name.
    Query(String),
}

/// A quota.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuotaDemand {
    /// The quota in words: `100 per 60s by client`.
    pub words: Cow<'static, str>,
    /// What tells callers apart, of whom each has a quota of their own: `client`; empty if that is
    /// not told.
    pub by: Cow<'static, str>,
    /// How many units one caller may use in how much time, if that is told.
    pub rate: Option<(u32, Duration)>,
    /// For what it is charged.
    pub charged: Charged,
    /// Whether a request beyond it is refused; otherwise it is only reported.
    pub is_enforced: bool,
}

/// For what a quota is charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Charged {
    /// Requests.
    #[default]
    Requests,
    /// Credentials that are wrong, so that nobody can guess for long.
    WrongCredentials,
}

/// The origins whose pages may read what is answered (CORS).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OriginDemand {
    /// The origins, as they were named; `*` for any.
    pub allowed: Vec<String>,
    /// Whether credentials may be sent along.
    pub with_credentials: bool,
}

/// A version of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VersionDemand {
    /// Its name: `v1`.
    pub name: String,
    /// Since when it is deprecated, in seconds since the epoch (RFC 9745).
    pub deprecation: Option<u64>,
    /// When it ends, in seconds since the epoch (RFC 8594).
    pub sunset: Option<u64>,
}

impl Demand {
    /// Both of two demands, as flat a list as can be.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, demand) | (demand, Self::Nothing) => demand,
            (Self::All(mut all), Self::All(more)) => {
                all.extend(more);
                Self::All(all)
            }
            (Self::All(mut all), demand) => {
                all.push(demand);
                Self::All(all)
            }
            (demand, Self::All(more)) => Self::All(std::iter::once(demand).chain(more).collect()),
            (one, two) => Self::All(vec![one, two]),
        }
    }

    /// A credential called `name` that is shown by one of the ways `carried`.
    #[must_use]
    pub fn credential(name: impl Into<Cow<'static, str>>, carried: Vec<Carried>) -> Self {
        let name = name.into();
        Self::Credential(CredentialDemand { name, carried })
    }
}

impl CredentialDemand {
    /// A credential called `name`, of which it is not told how it is shown.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            carried: Vec::new(),
        }
    }
}

impl From<&'static str> for CredentialDemand {
    fn from(name: &'static str) -> Self {
        Self::new(name)
    }
}

impl QuotaDemand {
    /// A quota in words alone.
    #[must_use]
    pub fn new(words: impl Into<Cow<'static, str>>) -> Self {
        Self {
            words: words.into(),
            by: Cow::Borrowed(""),
            rate: None,
            charged: Charged::default(),
            is_enforced: true,
        }
    }

    /// Tells that it is `units` in each `period` for each of those whom `by` tells apart.
    #[must_use]
    pub fn of_each(
        mut self,
        by: impl Into<Cow<'static, str>>,
        units: u32,
        period: Duration,
    ) -> Self {
        (self.by, self.rate) = (by.into(), Some((units, period)));
        self
    }

    /// Tells for what it is charged (default: requests).
    #[must_use]
    pub fn charging(mut self, charged: Charged) -> Self {
        self.charged = charged;
        self
    }

    /// Tells that a request beyond it is let on and reported.
    #[must_use]
    pub fn reported_only(mut self) -> Self {
        self.is_enforced = false;
        self
    }
}

impl From<&'static str> for QuotaDemand {
    fn from(words: &'static str) -> Self {
        Self::new(words)
    }
}

impl OriginDemand {
    /// Pages of the origins `allowed` (`*` for any), with credentials or without.
    #[must_use]
    pub fn new(allowed: Vec<String>, with_credentials: bool) -> Self {
        Self {
            allowed,
            with_credentials,
        }
    }
}

impl VersionDemand {
    /// The version called `name`, which has no end in sight.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            deprecation: None,
            sunset: None,
        }
    }

    /// The moments from which it is deprecated and at which it ends, in seconds since the epoch.
    #[must_use]
    pub fn ending(mut self, deprecation: Option<u64>, sunset: Option<u64>) -> Self {
        (self.deprecation, self.sunset) = (deprecation, sunset);
        self
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, demands: &[Self], word: &str| {
            for (i, demand) in demands.iter().enumerate() {
                if i > 0 {
                    f.write_str(word)?;
                }
                match demand {
                    Self::All(_) | Self::Any(_) => write!(f, "({demand})")?,
                    plain => write!(f, "{plain}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::All(demands) => list(f, demands, ", "),
            Self::Any(demands) => list(f, demands, " or "),
            Self::Optional(demand) => write!(f, "optionally {demand}"),
            Self::Credential(credential) => f.write_str(&credential.name),
            Self::Scopes(scopes) => write!(f, "scopes {scopes}"),
            Self::FreshLogin { max_age } => write!(f, "a login at most {max_age} s old"),
            Self::Quota(quota) if quota.is_enforced => f.write_str(&quota.words),
            Self::Quota(quota) => write!(f, "{} (reported only)", quota.words),
            Self::Origins(origins) => {
                let with = if origins.with_credentials {
                    " with credentials"
                } else {
                    ""
                };
                write!(f, "origins {}{with}", origins.allowed.join(" "))
            }
            Self::Version(version) => write!(f, "version {}", version.name),
            Self::Manner(words) | Self::Other(words) => f.write_str(words),
        }
    }
}

#[cfg(test)]
mod tests;
