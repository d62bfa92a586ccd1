//! Quotas that refuse nobody, and only tell.

use http::request::Parts;

use super::counting::Taken;
use super::decide::{Owing, to_settle};
use super::guard::RateLimit;
use super::rule::Rule;
use crate::clock::Moment;
use crate::event::{self, Outcome};
use crate::store::Decision;

impl RateLimit {
    /// Takes from the quotas that only report, each by itself, and tells of those that are used up.
    pub(super) async fn report(&self, head: &Parts, now: Moment<'_>, owing: &mut Owing) {
        for rule in self.rules.iter().filter(|rule| rule.is_reporting) {
            match self.look(rule, head, now).await {
                Ok(Some(taken)) => owing.push(taken),
                Ok(None) => {}
                Err(fault) => {
                    event::quota(head, Outcome::WouldLimit, fault, rule.name(), 1);
                }
            }
        }
    }

    async fn look(
        &self,
        rule: &Rule,
        head: &Parts,
        now: Moment<'_>,
    ) -> Result<Option<Taken>, &'static str> {
        let Some(asked) = rule.asked(head)? else {
            return Ok(None);
        };
        let found = self.till.store.take(asked.charge(now)).await;
        let decision = found.map_err(|_| "quota_store_failed")?;
        if decision.admitted {
            self.warn(head, &asked, &decision, now);
            return Ok(to_settle(asked, &decision, now));
        }
        let times = self
            .tally
            .would_refuse(&asked, now.coarse(), self.event_interval);
        if times > 0 {
            let (outcome, reason) = (Outcome::WouldLimit, reason(&decision));
            event::quota(head, outcome, reason, rule.name(), times);
        }
        Ok(None)
    }
}

fn reason(decision: &Decision) -> &'static str {
    match decision.retry_after {
        Some(_) => "quota_used_up",
        None => "cost_above_quota",
    }
}
