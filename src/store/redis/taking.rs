//! How quotas are taken from: what is known here is not asked, and what is taken ahead neither.

use std::sync::atomic::Ordering::Relaxed;

use smallvec::SmallVec;
use tokio::time::timeout;

use super::asked::{Asked, Group};
use super::fault::Fault;
use super::in_turn::give_back;
use super::leasing;
use super::quotas::RedisQuotas;
use super::store::{RedisConnection, error};
use crate::store::{Charge, Decision, Receipt, StoreError};

impl<C: RedisConnection> RedisQuotas<C> {
    /// Takes what one group asks for at these moments, or nothing.
    async fn ask(
        &self,
        group: &Group,
        now: impl Iterator<Item = u64>,
        decisions: &mut [Decision],
    ) -> Result<bool, Fault> {
        let reply = if self.is_cluster.load(Relaxed) {
            self.line.ask_alone(group).await
        } else {
            match self.line.ask(group).await {
                Err(fault) if fault.is_of_slots() => {
                    self.is_cluster.store(true, Relaxed);
                    self.line.ask_alone(group).await
                }
                reply => reply,
            }
        };
        let mut reply = reply?.into_iter();
        let mut debts: SmallVec<[Option<u64>; 4]> = SmallVec::new();
        let mut admitted = true;
        for (asked, decision) in group.iter().zip(&mut *decisions) {
            debts.push(asked.terms.debt(reply.as_slice()));
            *decision = asked.terms.decided(&mut reply)?;
            admitted &= decision.admitted;
        }
        // Buckets alone are told without it.
        if admitted && let Some(Ok(moment)) = reply.next().map(u64::try_from) {
            for decision in &mut *decisions {
                decision.receipt = Receipt::At(moment);
            }
        }
        for (((asked, now), decision), debt) in group.iter().zip(now).zip(decisions).zip(debts) {
            if !admitted {
                self.refusals.note(asked, now, decision, debt);
            } else if !self.refusals.is_empty(now) {
                // More is owed than was known.
                self.refusals.forget(&asked.name);
            }
        }
        Ok(admitted)
    }

    pub(super) async fn take_one(&self, charge: Charge<'_>) -> Result<Decision, StoreError> {
        let asked = self.asked(&charge);
        if let Some(refused) = self.refusals.known(&asked, charge.now.coarse()) {
            return Ok(refused);
        }
        match &self.leases {
            Some(leases) if asked.is_leasable => {
                let deadline = self.line.store.deadline();
                let work = async {
                    match leasing::take(leases, &self.line, &charge, &asked).await {
                        Some(decision) => Ok(decision),
                        None => self.ask_one(asked, charge.now.coarse()).await,
                    }
                };
                let late = |_| Err(error(Fault::Late(deadline)));
                timeout(deadline, work).await.unwrap_or_else(late)
            }
            _ => self.ask_one(asked, charge.now.coarse()).await,
        }
    }

    /// What the server answers, unless it would refuse for certain.
    pub(super) async fn decide(&self, asked: Asked, now: u64) -> Result<Decision, StoreError> {
        match self.refusals.known(&asked, now) {
            Some(refused) => Ok(refused),
            None => self.ask_one(asked, now).await,
        }
    }

    async fn ask_one(&self, asked: Asked, now: u64) -> Result<Decision, StoreError> {
        let mut decision = Decision::default();
        let (group, now) = (Group::from_buf([asked]), std::iter::once(now));
        let decisions = std::slice::from_mut(&mut decision);
        self.ask(&group, now, decisions).await.map_err(error)?;
        Ok(decision)
    }

    pub(super) async fn take_group(
        &self,
        charges: &[Charge<'_>],
        decisions: &mut [Decision],
    ) -> Result<bool, StoreError> {
        if charges.len() != decisions.len() {
            return Err(error(Fault::Field("decisions")));
        }
        if charges.is_empty() {
            return Ok(true);
        }
        if let ([charge], [decision]) = (charges, &mut *decisions) {
            *decision = self.take_one(*charge).await?;
            return Ok(decision.admitted);
        }
        let group: Group = charges.iter().map(|charge| self.asked(charge)).collect();
        let now = charges.iter().map(|charge| charge.now.coarse());
        if self.refusals.know(&group, now.clone(), decisions) {
            return Ok(false);
        }
        if !self.is_cluster.load(Relaxed) {
            match self.ask(&group, now, decisions).await {
                Err(fault) if fault.is_of_slots() => {}
                answer => return answer.map_err(error),
            }
        }
        self.take_in_turn(charges, decisions).await
    }

    pub(super) async fn return_one(
        &self,
        charge: Charge<'_>,
        receipt: Receipt,
    ) -> Result<(), StoreError> {
        if charge.cost == 0 {
            return Ok(());
        }
        let asked = self.asked(&charge);
        give_back(&self.line, &self.refusals, &asked, receipt).await
    }
}
