//! A demand, sorted by what it is about.

use crate::guard::{CredentialDemand, Demand, OriginDemand, QuotaDemand, VersionDemand};

/// All that a policy demands. Whatever stands in different fields holds together.
#[derive(Clone, Debug, Default)]
pub(super) struct Facets {
    /// Credentials: one of each list.
    pub(super) credentials: Vec<Vec<CredentialDemand>>,
    /// Credentials that may be missing.
    pub(super) optional: Vec<CredentialDemand>,
    pub(super) scopes: Vec<String>,
    pub(super) max_login_age: Option<u64>,
    pub(super) quotas: Vec<QuotaDemand>,
    pub(super) origins: Option<OriginDemand>,
    pub(super) version: Option<VersionDemand>,
    /// How it is to be asked, in words.
    pub(super) manners: Vec<String>,
    /// Everything else, in words.
    pub(super) others: Vec<String>,
}

impl Facets {
    pub(super) fn of(demand: &Demand) -> Self {
        let mut facets = Self::default();
        facets.add(demand);
        facets
    }

    /// Whether a request needs nothing to be let in but to stay within quotas.
    pub(super) fn ask_nothing(&self) -> bool {
        let personal = self.max_login_age.is_none() && self.scopes.is_empty();
        self.credentials.is_empty() && self.others.is_empty() && personal
    }

    /// Whether nobody has to show who they are.
    pub(super) fn admit_strangers(&self) -> bool {
        self.credentials.is_empty() && self.scopes.is_empty() && self.max_login_age.is_none()
    }

    /// Whether a credential is looked at, be it one that may be missing.
    pub(super) fn know_callers(&self) -> bool {
        !self.credentials.is_empty() || !self.optional.is_empty()
    }

    fn add(&mut self, demand: &Demand) {
        match demand {
            Demand::Nothing => {}
            Demand::All(all) => all.iter().for_each(|one| self.add(one)),
            Demand::Any(ways) => self.add_ways(ways, demand),
            Demand::Optional(inner) => self.optional.extend(credentials(inner)),
            Demand::Credential(one) => self.credentials.push(vec![one.clone()]),
            Demand::Scopes(scopes) => {
                let new = scopes.iter().map(str::to_owned);
                self.scopes.extend(new);
                self.scopes.sort();
                self.scopes.dedup();
            }
            Demand::FreshLogin { max_age } => {
                let least = self.max_login_age.map_or(*max_age, |age| age.min(*max_age));
                self.max_login_age = Some(least);
            }
            Demand::Quota(quota) => self.quotas.push(quota.clone()),
            Demand::Origins(origins) => self.origins = Some(origins.clone()),
            Demand::Version(version) => self.version = Some(version.clone()),
            Demand::Manner(words) => self.manners.push(words.to_string()),
            Demand::Other(words) => self.others.push(words.to_string()),
        }
    }

    fn add_ways(&mut self, ways: &[Demand], whole: &Demand) {
        let each: Vec<_> = ways.iter().map(credentials).collect();
        if each.iter().any(Vec::is_empty) {
            self.others.push(whole.to_string());
            return;
        }
        self.credentials.push(each.into_iter().flatten().collect());
        // What else one of the ways demands is told beside it.
        for way in ways {
            if let Demand::All(parts) = way {
                let own = parts.iter().filter(|part| credentials(part).is_empty());
                for part in own {
                    match part {
                        Demand::Quota(quota) => self.quotas.push(quota.clone()),
                        part => self.others.push(format!("{part} of {way}")),
                    }
                }
            }
        }
    }
}

/// The credentials that a demand speaks of.
fn credentials(demand: &Demand) -> Vec<CredentialDemand> {
    match demand {
        Demand::Credential(one) => vec![one.clone()],
        Demand::All(parts) | Demand::Any(parts) => parts.iter().flat_map(credentials).collect(),
        Demand::Optional(inner) => credentials(inner),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Scopes;

    #[test]
    fn demands_are_sorted_by_what_they_are_about() {
        let jwt = || Demand::Credential("JWT".into());
        let key = Demand::Credential("API key".into()).and(Demand::Scopes(Scopes::parse("k")));
        let facets = Facets::of(
            &Demand::Any(vec![jwt(), key])
                .and(Demand::Scopes(Scopes::parse("b a")))
                .and(Demand::FreshLogin { max_age: 9 })
                .and(Demand::FreshLogin { max_age: 5 })
                .and(Demand::Quota("9 a day".into()))
                .and(Demand::Other("office hours".into())),
        );
        let names = |list: &[CredentialDemand]| {
            list.iter()
                .map(|one| one.name.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&facets.credentials[0]), ["JWT", "API key"]);
        assert_eq!(facets.scopes, ["a", "b"]);
        assert_eq!(facets.max_login_age, Some(5));
        assert_eq!(facets.others[1], "office hours");
        assert!(!facets.ask_nothing() && !facets.admit_strangers());
        let optional = Facets::of(&Demand::Optional(Box::new(jwt())));
        assert!(optional.admit_strangers() && optional.know_callers() && optional.ask_nothing());
        let manner = Facets::of(&Demand::Manner("from no other site".into()));
        assert!(manner.ask_nothing() && manner.manners.len() == 1);
        let scopes = Demand::Any(vec![Demand::Scopes(Scopes::parse("a"))]);
        assert_eq!(Facets::of(&scopes).others, ["scopes a"]);
    }
}
