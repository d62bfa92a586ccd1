//! The pure decision over a login.

use super::order::AcrOrder;
use crate::identity::Principal;

/// What a login must be.
#[derive(Clone, Debug, Default)]
pub(super) struct Policy {
    /// The greatest age of the login, in seconds.
    pub(super) max_age: Option<u64>,
    /// How far the clock of whoever wrote the login time may be off, in seconds.
    pub(super) leeway: u64,
    /// Classes of which one is demanded, the most wanted first; empty for no demand.
    pub(super) acr_values: Box<[Box<str>]>,
    pub(super) order: AcrOrder,
    /// Methods of which each is demanded.
    pub(super) amr: Box<[Box<str>]>,
}

impl Policy {
    /// Whether the caller's login is good enough at `now`.
    ///
    /// # Errors
    /// The reason why it is not.
    pub(super) fn judge(&self, caller: &Principal, now: u64) -> Result<(), &'static str> {
        self.judge_class(caller.acr())?;
        if !self
            .amr
            .iter()
            .all(|wanted| caller.amr().any(|used| used == &**wanted))
        {
            return Err("login_method_missing");
        }
        match self.max_age {
            Some(max_age) => judge_age(caller.auth_time(), max_age, self.leeway, now),
            None => Ok(()),
        }
    }

    fn judge_class(&self, held: Option<&str>) -> Result<(), &'static str> {
        if self.acr_values.is_empty() {
            return Ok(());
        }
        let held = held.ok_or("login_class_unknown")?;
        self.acr_values
            .iter()
            .any(|wanted| self.order.serves(held, wanted))
            .then_some(())
            .ok_or("login_class_too_low")
    }
}

/// A login from the future is a broken or a forged one, so it is never fresh.
fn judge_age(
    auth_time: Option<u64>,
    max_age: u64,
    leeway: u64,
    now: u64,
) -> Result<(), &'static str> {
    let then = auth_time.ok_or("login_time_unknown")?;
    if then > now.saturating_add(leeway) {
        return Err("login_in_future");
    }
    if now.saturating_sub(then) > max_age.saturating_add(leeway) {
        return Err("login_too_old");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::order::words;
    use super::*;

    #[test]
    fn a_login_is_fresh_up_to_and_including_its_last_second() {
        let (old, future) = (Err("login_too_old"), Err("login_in_future"));
        for (auth_time, max_age, leeway, now, verdict) in [
            (Some(1_000), 300, 0, 1_000, Ok(())),
            (Some(1_000), 300, 0, 1_300, Ok(())),
            (Some(1_000), 300, 0, 1_301, old),
            (Some(1_001), 300, 0, 1_000, future),
            (None, 300, 0, 1_000, Err("login_time_unknown")),
            // Right now, and not a second ago.
            (Some(1_000), 0, 0, 1_000, Ok(())),
            (Some(1_000), 0, 0, 1_001, old),
            // Clocks that are apart.
            (Some(1_000), 300, 10, 1_310, Ok(())),
            (Some(1_000), 300, 10, 1_311, old),
            (Some(1_010), 300, 10, 1_000, Ok(())),
            (Some(1_011), 300, 10, 1_000, future),
            // The ends of time.
            (Some(0), u64::MAX, 60, u64::MAX, Ok(())),
            (Some(u64::MAX), 300, 60, 0, future),
        ] {
            let found = judge_age(auth_time, max_age, leeway, now);
            assert_eq!(found, verdict, "login at {auth_time:?}, asked at {now}");
        }
    }

    #[test]
    fn each_demand_must_be_met_and_what_is_not_known_meets_none() {
        let policy = Policy {
            max_age: Some(300),
            acr_values: words(["loa2", "phr"]).unwrap(),
            order: AcrOrder::new(["loa1", "loa2", "loa3"]).unwrap(),
            amr: words(["hwk", "pin"]).unwrap(),
            ..Policy::default()
        };
        let login = |acr: &str, amr: &[&str], auth_time| {
            Principal::new("alice")
                .with_acr(acr)
                .with_amr(amr.iter().copied())
                .with_auth_time(auth_time)
        };
        for (caller, verdict) in [
            (login("loa2", &["hwk", "pin"], 900), Ok(())),
            (login("loa3", &["pin", "x", "hwk"], 900), Ok(())),
            (login("phr", &["hwk", "pin"], 900), Ok(())),
            (
                login("loa1", &["hwk", "pin"], 900),
                Err("login_class_too_low"),
            ),
            (
                login("loa2 phr", &["hwk", "pin"], 900),
                Err("login_class_too_low"),
            ),
            (login("", &["hwk", "pin"], 900), Err("login_class_too_low")),
            (login("loa2", &["hwk"], 900), Err("login_method_missing")),
            (login("loa2", &[], 900), Err("login_method_missing")),
            (login("loa2", &["hwk", "pin"], 699), Err("login_too_old")),
            (Principal::new("alice"), Err("login_class_unknown")),
        ] {
            assert_eq!(policy.judge(&caller, 1_000), verdict, "{caller:?}");
        }
    }
}
