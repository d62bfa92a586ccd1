//! One line of an audit.

use serde::{Deserialize, Serialize};

use super::body::BodyRow;
use crate::api::facets::Facets;
use crate::api::policy::Policy;
use crate::api::takes::Takes;
use crate::guard::{Carried, Charged, CredentialDemand, QuotaDemand, VersionDemand};

/// One method of one path, and what protects it. Fields are only ever added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Row {
    /// The method; `*` for a whole router of which nothing is known.
    pub method: String,
    /// The path, as it is written in the router; `*` for whatever no route is for.
    pub path: String,
    /// Whether `HEAD` is served as well, without having been named.
    #[serde(default)]
    pub serves_head: bool,
    /// What the policy is called.
    #[serde(default)]
    pub policy: Option<String>,
    /// Why anybody may call it, if anybody may.
    #[serde(default)]
    pub public: Option<String>,
    /// The credentials that are asked for: one of each list.
    #[serde(default)]
    pub credentials: Vec<Vec<String>>,
    /// The credentials that may be shown and may be missing.
    #[serde(default)]
    pub optional_credentials: Vec<String>,
    /// The credentials that may be shown in the query.
    #[serde(default)]
    pub query_credentials: Vec<String>,
    /// The scopes, all of which are needed.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The greatest age of the login, in seconds.
    #[serde(default)]
    pub max_login_age: Option<u64>,
    /// How it is to be asked, in words, whoever asks.
    #[serde(default)]
    pub manners: Vec<String>,
    /// Whatever else is demanded, in words.
    #[serde(default)]
    pub demands: Vec<String>,
    /// The quotas.
    #[serde(default)]
    pub quotas: Vec<QuotaRow>,
    /// The origins whose pages may read the answer; none if nothing is said of them.
    #[serde(default)]
    pub origins: Option<Vec<String>>,
    /// The version.
    #[serde(default)]
    pub version: Option<VersionRow>,
    /// What is read of the body.
    pub body: BodyRow,
}

/// A quota.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QuotaRow {
    /// The quota in words.
    pub words: String,
    /// What tells callers apart; empty if that is not told.
    #[serde(default)]
    pub by: String,
    /// How many units one caller may use, if that is told.
    pub units: Option<u32>,
    /// In how many seconds, if that is told.
    pub seconds: Option<u64>,
    /// Whether a request beyond it is refused.
    pub is_enforced: bool,
    /// Whether it counts wrong credentials, and not requests.
    pub counts_guesses: bool,
}

/// A version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VersionRow {
    /// Its name.
    pub name: String,
    /// Since when it is deprecated, in seconds since the epoch.
    pub deprecation: Option<u64>,
    /// When it ends, in seconds since the epoch.
    pub sunset: Option<u64>,
}

impl Row {
    /// What `policy` has to say of `method` at `path`, whose handler takes `takes`.
    pub(super) fn new(method: &str, path: &str, policy: &Policy, takes: Takes) -> Self {
        let facets = Facets::of(&policy.describe());
        let body = BodyRow::new(policy, takes);
        let public = policy.reason().filter(|_| facets.admit_strangers());
        let every = || facets.credentials.iter().flatten().chain(&facets.optional);
        let name = |one: &CredentialDemand| one.name.to_string();
        let in_query = |one: &&CredentialDemand| {
            let is_query = |way: &Carried| matches!(way, Carried::Query(_));
            one.carried.iter().any(is_query)
        };
        let names = |list: &Vec<CredentialDemand>| list.iter().map(name).collect();
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            serves_head: method == "GET",
            policy: policy.name().map(str::to_owned),
            public: public.map(str::to_owned),
            credentials: facets.credentials.iter().map(names).collect(),
            optional_credentials: facets.optional.iter().map(name).collect(),
            query_credentials: every().filter(in_query).map(name).collect(),
            scopes: facets.scopes,
            max_login_age: facets.max_login_age,
            manners: facets.manners,
            demands: facets.others,
            quotas: facets.quotas.iter().map(QuotaRow::from).collect(),
            origins: facets.origins.map(|origins| origins.allowed),
            version: facets.version.map(VersionRow::from),
            body,
        }
    }

    /// The method and the path: `GET /articles`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether somebody may call it who has not shown who they are.
    #[must_use]
    pub fn admits_strangers(&self) -> bool {
        self.credentials.is_empty() && self.scopes.is_empty() && self.max_login_age.is_none()
    }

    /// Whether a request may change something (RFC 9110, section 9.2.1).
    #[must_use]
    pub fn is_write(&self) -> bool {
        !matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE")
    }

    /// Who may call it, in words.
    pub(super) fn who(&self) -> String {
        let clauses = self.credentials.iter().map(|any| any.join(" or "));
        let all: Vec<_> = clauses.collect();
        match (&self.public, all.as_slice()) {
            (_, [_, ..]) => all.join(" and "),
            (Some(why), []) => format!("anybody: {why}"),
            (None, []) => "anybody".to_owned(),
        }
    }

    /// What else a caller needs, in words.
    pub(super) fn needs(&self) -> Vec<String> {
        let scopes = (!self.scopes.is_empty()).then(|| format!("scopes {}", self.scopes.join(" ")));
        let login = self.max_login_age;
        let login = login.map(|age| format!("a login at most {age} s old"));
        let optional = (!self.optional_credentials.is_empty())
            .then(|| format!("optionally {}", self.optional_credentials.join(" or ")));
        let origins = self.origins.as_ref();
        let origins = origins.map(|origins| format!("origins {}", origins.join(" ")));
        let others = self.demands.iter().cloned();
        [optional, scopes, login]
            .into_iter()
            .flatten()
            .chain(others)
            .chain(self.manners.iter().cloned())
            .chain(origins)
            .collect()
    }

    /// The quotas, in words.
    pub(super) fn limits(&self) -> Vec<String> {
        let words = |quota: &QuotaRow| {
            if quota.is_enforced {
                quota.words.clone()
            } else {
                format!("{} (reported only)", quota.words)
            }
        };
        self.quotas.iter().map(words).collect()
    }
}

impl From<&QuotaDemand> for QuotaRow {
    fn from(quota: &QuotaDemand) -> Self {
        Self {
            words: quota.words.to_string(),
            by: quota.by.to_string(),
            units: quota.rate.map(|(units, _)| units),
            seconds: quota.rate.map(|(_, period)| period.as_secs()),
            is_enforced: quota.is_enforced,
            counts_guesses: quota.charged == Charged::WrongCredentials,
        }
    }
}

impl From<VersionDemand> for VersionRow {
    fn from(version: VersionDemand) -> Self {
        Self {
            name: version.name,
            deprecation: version.deprecation,
            sunset: version.sunset,
        }
    }
}
