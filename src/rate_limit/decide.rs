//! The way of one request through the quotas of a limit.

use std::slice::from_ref;
use std::sync::Arc;

use http::request::Parts;
use smallvec::{SmallVec, smallvec};

use super::counting::{Counting, Taken};
use super::guard::RateLimit;
use super::label::seconds;
use super::rule::{Asked, Rule};
use super::spent::Spent;
use crate::clock::Moment;
use crate::event::{self, Outcome};
use crate::guard::{Pass, Stop};
use crate::problem::{Kind, Problem};
use crate::store::{Answer, Charge, Decision, StoreError};

/// When to come back if the store cannot answer, in seconds.
const STORE_RETRY: u64 = 5;

type Each<T> = SmallVec<[T; 2]>;
pub(super) type Owing = SmallVec<[Taken; 1]>;

impl RateLimit {
    /// Takes from each quota that concerns the request, or from none.
    pub(super) async fn decide(&self, head: &mut Parts) -> Result<Pass, Stop> {
        let now = self.now();
        let mut owing = Owing::new();
        let asked = self.asked(head)?;
        let mut decisions = undecided(&asked);
        let is_in = self.take_all(&asked, &mut decisions, now).await;
        let pass = self.told(head, &asked, &decisions, is_in.map_err(unavailable)?, now)?;
        if self.only_reports() {
            self.report(head, now, &mut owing).await;
        }
        owing.extend(owed(asked, &decisions, now));
        Ok(self.watched(head, pass, owing))
    }

    /// The same, if the store answers at once.
    pub(super) fn decide_now(&self, head: &mut Parts) -> Result<Option<Pass>, Stop> {
        if self.only_reports() {
            return Ok(None);
        }
        let now = self.now();
        if let [rule] = self.rules.as_slice() {
            return self.decide_one(rule, head, now);
        }
        let asked = self.asked(head)?;
        let mut decisions = undecided(&asked);
        let Some(is_in) = self.take_now(&asked, &mut decisions, now) else {
            return Ok(None);
        };
        let pass = self.told(head, &asked, &decisions, is_in.map_err(unavailable)?, now)?;
        let owing = owed(asked, &decisions, now);
        Ok(Some(self.watched(head, pass, owing)))
    }

    /// The same for the only quota of a limit.
    fn decide_one(
        &self,
        rule: &Rule,
        head: &mut Parts,
        now: Moment<'_>,
    ) -> Result<Option<Pass>, Stop> {
        let Some(asked) = rule.asked(head).map_err(misconfigured)? else {
            return Ok(Some(Pass::default()));
        };
        let Answer::Ready(Some(answer)) = self.till.store.take(asked.charge(now)) else {
            return Ok(None);
        };
        let decision = answer.map_err(unavailable)?;
        let (all, decisions) = (from_ref(&asked), from_ref(&decision));
        let pass = self.told(head, all, decisions, decision.admitted, now)?;
        if matches!(rule.counting, Counting::Everything) {
            return Ok(Some(pass)); // nothing has to be settled
        }
        let owing = to_settle(asked, &decision, now).into_iter().collect();
        Ok(Some(self.watched(head, pass, owing)))
    }

    /// What may have to be given back is taken at a moment that can be named.
    fn now(&self) -> Moment<'_> {
        let counts_all = |rule: &Rule| matches!(rule.counting, Counting::Everything);
        if self.rules.iter().all(counts_all) {
            Moment::of(&*self.till.clock)
        } else {
            Moment::at(self.till.clock.ticks())
        }
    }

    fn only_reports(&self) -> bool {
        self.rules.iter().any(|rule| rule.is_reporting)
    }

    fn asked<'h>(&'h self, head: &'h Parts) -> Result<Each<Asked<'h>>, Stop> {
        let mut asked = Each::new();
        for rule in self.rules.iter().filter(|rule| !rule.is_reporting) {
            asked.extend(rule.asked(head).map_err(misconfigured)?);
        }
        Ok(asked)
    }

    /// Takes what is asked for, if the store answers at once; else it has taken nothing.
    fn take_now(
        &self,
        asked: &[Asked<'_>],
        decisions: &mut [Decision],
        now: Moment<'_>,
    ) -> Option<Result<bool, StoreError>> {
        if asked.is_empty() {
            return Some(Ok(true));
        }
        let charges: Each<Charge<'_>> = asked.iter().map(|asked| asked.charge(now)).collect();
        match self.till.store.take_all(&charges, decisions) {
            Answer::Ready(answer) => answer,
            Answer::Later(_) => None,
        }
    }

    async fn take_all(
        &self,
        asked: &[Asked<'_>],
        decisions: &mut [Decision],
        now: Moment<'_>,
    ) -> Result<bool, StoreError> {
        if let ([asked], [decision]) = (asked, &mut *decisions) {
            *decision = self.till.store.take(asked.charge(now)).await?;
            return Ok(decision.admitted);
        }
        let charges: Each<Charge<'_>> = asked.iter().map(|asked| asked.charge(now)).collect();
        self.till.store.take_all(&charges, decisions).await
    }

    /// The answer to the caller, and the events.
    fn told(
        &self,
        head: &Parts,
        asked: &[Asked<'_>],
        decisions: &[Decision],
        is_in: bool,
        now: Moment<'_>,
    ) -> Result<Pass, Stop> {
        let wall = || self.till.clock.now();
        let mut pass = Pass::default();
        self.headers.stamp(&mut pass, asked, decisions, wall);
        if !is_in {
            let problem = self.refusal(head, asked, decisions, now);
            return Err(Stop::from(problem).after(pass));
        }
        for (asked, decision) in asked.iter().zip(decisions) {
            self.warn(head, asked, decision, now);
        }
        Ok(pass)
    }

    /// Whoever is told to come back finds the door open, unless somebody else was quicker.
    #[cold]
    fn refusal(
        &self,
        head: &Parts,
        asked: &[Asked<'_>],
        decisions: &[Decision],
        now: Moment<'_>,
    ) -> Problem {
        let mut refused = asked
            .iter()
            .zip(decisions)
            .filter(|(_, decision)| !decision.admitted)
            .peekable();
        let name = || self.offender.as_ref().and_then(|name| name(head));
        let times = refused.peek().map_or(1, |(asked, _)| {
            self.tally
                .refused(asked, now.coarse(), self.event_interval, name)
        });
        let mut problem = Problem::new(Kind::QuotaExceeded).told(times);
        // The longest wait counts, and none will help if one quota can never bear the cost.
        let mut wait = Some(0);
        for (asked, decision) in refused {
            problem = problem.violating(asked.rule.label.name());
            wait = wait.zip(decision.retry_after).map(|(a, b)| a.max(b));
        }
        if self.headers == super::HeaderDraft::Draft11 {
            problem = problem.naming_policies();
        }
        match wait {
            Some(wait) => problem
                .because("quota_used_up")
                .with_retry_after(seconds(wait).max(1)),
            None => problem.because("cost_above_quota"),
        }
    }

    /// Tells that a quota is nearly used up, when it comes to be.
    pub(super) fn warn(
        &self,
        head: &Parts,
        asked: &Asked<'_>,
        decision: &Decision,
        now: Moment<'_>,
    ) {
        let near = decision.limit.saturating_mul(self.near.into());
        let used = decision.limit.saturating_sub(decision.remaining);
        let before = used.saturating_sub(asked.cost.into());
        if used.saturating_mul(100) < near || before.saturating_mul(100) >= near {
            return;
        }
        let times = self.tally.warned(asked, now.coarse(), self.event_interval);
        if times > 0 {
            let (outcome, name) = (Outcome::NearLimit, asked.rule.name());
            event::quota(head, outcome, "quota_nearly_used_up", name, times);
        }
    }

    /// Has what was taken settled once it is known what became of the request.
    fn watched(&self, head: &mut Parts, pass: Pass, owing: Owing) -> Pass {
        if owing.is_empty() {
            return pass;
        }
        let (spent, judged): (SmallVec<[Taken; 1]>, SmallVec<[Taken; 1]>) = owing
            .into_iter()
            .partition(|taken| matches!(taken.counting, Counting::AsSpent));
        let till = self.till.clone();
        let spent = (!spent.is_empty()).then(|| {
            let outer = head.extensions.remove::<Spent>();
            let spent = Spent::new(till.clone(), spent, outer);
            head.extensions.insert(spent.clone());
            spent
        });
        pass.watching(move |response| {
            till.judge(judged, response);
            if let Some(spent) = spent {
                spent.answered();
            }
        })
    }
}

fn undecided(asked: &[Asked<'_>]) -> Each<Decision> {
    smallvec![Decision::default(); asked.len()]
}

fn owed(asked: Each<Asked<'_>>, decisions: &[Decision], now: Moment<'_>) -> Owing {
    let all = asked.into_iter().zip(decisions);
    all.filter_map(|(asked, decision)| to_settle(asked, decision, now))
        .collect()
}

/// What has to be looked at again once there is a response.
pub(super) fn to_settle(asked: Asked<'_>, decision: &Decision, now: Moment<'_>) -> Option<Taken> {
    if matches!(asked.rule.counting, Counting::Everything) {
        return None;
    }
    let at = now.ticks();
    Some(Taken {
        rests: at.saturating_add(decision.rests_after(asked.limit())),
        policy: Arc::clone(asked.rule.label.policy()),
        counting: asked.rule.counting.clone(),
        limit: *asked.limit(),
        key: asked.key.into_owned(),
        cost: asked.cost,
        at,
        receipt: decision.receipt,
    })
}

#[cold]
fn misconfigured(reason: &'static str) -> Problem {
    Problem::new(Kind::Misconfigured).because(reason)
}

#[cold]
fn unavailable(error: StoreError) -> Problem {
    Problem::new(Kind::Unavailable)
        .because("quota_store_failed")
        .caused_by(error)
        .with_retry_after(STORE_RETRY)
}
