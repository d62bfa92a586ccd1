//! One quota of a limit: whose it is, how much it is, and what counts.

use std::fmt;
use std::sync::Arc;

use http::header::HeaderValue;
use http::request::Parts;

use super::counting::Counting;
use super::label::Label;
use crate::clock::Moment;
use crate::config::ConfigError;
use crate::guard::QuotaDemand;
use crate::identity::{ClientAddr, Facts, Networks, Principal};
use crate::partition::{By, Unknown};
use crate::store::{Charge, Key, Limit, Quota};

/// One quota of a limit; its clones share what is in it.
#[derive(Clone)]
pub(super) struct Rule {
    pub(super) by: By,
    pub(super) quota: Quota,
    pub(super) limit: Limit,
    /// How many times its quota a wider network is given.
    pub(super) multiple: u32,
    pub(super) label: Label,
    pub(super) plan: Plan,
    pub(super) cost: Cost,
    pub(super) counting: Counting,
    pub(super) networks: Option<Networks>,
    pub(super) exemption: Option<Arc<Exemption>>,
    pub(super) is_reporting: bool,
}

type Exemption = dyn Fn(&Parts) -> bool + Send + Sync;
type Plans = dyn Fn(&Parts) -> Option<Quota> + Send + Sync;

/// Which quota a caller is given.
#[derive(Clone)]
pub(super) enum Plan {
    /// That of the limit.
    Same,
    /// What their credential brings along, if it does.
    Allowances,
    /// What the author says, if they do.
    Own(Arc<Plans>),
}

/// What a request costs.
#[derive(Clone)]
pub(super) enum Cost {
    Units(u32),
    Of(Arc<dyn Fn(&Parts) -> u32 + Send + Sync>),
}

/// What one request is charged under one rule.
pub(super) struct Asked<'a> {
    pub(super) rule: &'a Rule,
    pub(super) key: Key<'a>,
    pub(super) cost: u32,
    /// The quota, if it is not that of the rule; in a box, since it seldom is and this is moved.
    planned: Option<Box<(Quota, Limit)>>,
}

fn reason(unknown: Unknown) -> &'static str {
    match unknown {
        Unknown::ClientAddress => "rate_limit_without_client_address",
        Unknown::Caller => "rate_limit_without_authentication",
    }
}

impl Rule {
    pub(super) fn new(by: By, name: &str, quota: Quota) -> Result<Self, ConfigError> {
        let limit = quota.checked()?;
        Ok(Self {
            by,
            quota,
            limit,
            multiple: 1,
            label: Label::new(name, quota, &limit)?,
            plan: Plan::Same,
            cost: Cost::Units(1),
            counting: Counting::Everything,
            networks: None,
            exemption: None,
            is_reporting: false,
        })
    }

    /// What an audit prints.
    pub(super) fn describe(&self) -> QuotaDemand {
        let (units, period) = self.quota.rate();
        let words = format!("{} by {}", self.quota, self.by);
        let quota = QuotaDemand::new(words).of_each(self.by.to_string(), units, period);
        if self.is_reporting {
            quota.reported_only()
        } else {
            quota
        }
    }

    pub(super) fn name(&self) -> &str {
        self.label.policy().name()
    }

    /// This rule under another name.
    pub(super) fn named(self, name: &str) -> Result<Self, ConfigError> {
        let label = Label::new(name, self.quota, &self.limit)?;
        Ok(Self { label, ..self })
    }

    /// The same for the networks of IPv6 clients with this length of prefix.
    pub(super) fn wider(&self, length: u8, multiple: u32) -> Result<Self, ConfigError> {
        let quota = self.quota.times(multiple);
        let limit = quota.checked()?;
        let name = format!("{}/{length}", self.name());
        Ok(Self {
            by: By::network(length),
            quota,
            limit,
            multiple,
            label: Label::new(&name, quota, &limit)?,
            ..self.clone()
        })
    }

    /// What the request with this head is charged; nothing if the rule does not concern it.
    ///
    /// # Errors
    /// The reason, if the application is put together so that nobody can know.
    #[inline]
    pub(super) fn asked<'a>(&'a self, head: &'a Parts) -> Result<Option<Asked<'a>>, &'static str> {
        if self.exempts(head) {
            return Ok(None);
        }
        let Some(key) = self.by.find(head).map_err(reason)? else {
            return Ok(None);
        };
        Ok(Some(Asked {
            rule: self,
            key,
            cost: match &self.cost {
                Cost::Units(units) => *units,
                Cost::Of(cost) => cost(head),
            },
            planned: match &self.plan {
                Plan::Same => None,
                plan => self.planned(plan, head)?.map(Box::new),
            },
        }))
    }

    fn exempts(&self, head: &Parts) -> bool {
        let client = || ClientAddr::of(&head.extensions);
        let network = |networks: &Networks| client().is_some_and(|client| networks.admit(client));
        self.networks.as_ref().is_some_and(network)
            || self.exemption.as_ref().is_some_and(|exempt| exempt(head))
    }

    /// The quota of the caller's own.
    fn planned(&self, plan: &Plan, head: &Parts) -> Result<Option<(Quota, Limit)>, &'static str> {
        let quota = match plan {
            Plan::Same => return Ok(None),
            Plan::Allowances => {
                let caller = Facts::caller(&head.extensions).principal();
                let allowance = caller.and_then(Principal::allowance);
                allowance.map(|allowance| self.quota.sized(allowance.units(), allowance.period()))
            }
            Plan::Own(plan) => plan(head),
        };
        let Some(quota) = quota.map(|quota| quota.times(self.multiple)) else {
            return Ok(None);
        };
        let limit = quota.checked().map_err(|_| "rate_limit_plan_cannot_be")?;
        // What was used is kept with quotas of its kind, so another kind would be a fresh quota.
        let is_same_kind = std::mem::discriminant(&limit) == std::mem::discriminant(&self.limit);
        if !is_same_kind {
            return Err("rate_limit_plan_of_another_kind");
        }
        Ok(Some((quota, limit)))
    }
}

impl<'a> Asked<'a> {
    /// The charge at the moment `now`.
    pub(super) fn charge(&'a self, now: Moment<'a>) -> Charge<'a> {
        Charge {
            policy: self.rule.label.policy(),
            key: &self.key,
            limit: self.limit(),
            cost: self.cost,
            now,
        }
    }

    pub(super) fn limit(&self) -> &Limit {
        match &self.planned {
            Some(planned) => &planned.1,
            None => &self.rule.limit,
        }
    }

    /// The item that tells the quota.
    pub(super) fn policy_item(&self) -> HeaderValue {
        self.rule.label.policy_item(self.planned.as_deref())
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule")
            .field("name", &self.name())
            .field("by", &self.by)
            .field("quota", &self.quota)
            .field("is_reporting", &self.is_reporting)
            .finish_non_exhaustive()
    }
}
