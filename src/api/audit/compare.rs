//! What has changed in one route.

use std::cmp::Ordering;

use super::body::{BodyRow, SchemaRow};
use super::changes::Tendency;
use super::row::{QuotaRow, Row};

type Differences = Vec<(Tendency, String)>;

/// All that makes a difference between two rows of one route.
pub(super) fn differences(old: &Row, new: &Row) -> Differences {
    let mut all = Differences::new();
    credentials(old, new, &mut all);
    demanded(&old.scopes, &new.scopes, "scope ", &mut all);
    demanded(&old.demands, &new.demands, "", &mut all);
    demanded(&old.manners, &new.manners, "", &mut all);
    granted(
        &old.query_credentials,
        &new.query_credentials,
        "in the query",
        &mut all,
    );
    login(old, new, &mut all);
    quotas(old, new, &mut all);
    let origins = |row: &Row| row.origins.clone().unwrap_or_default();
    granted(&origins(old), &origins(new), "may read answers", &mut all);
    body(&old.body, &new.body, &mut all);
    if old.public != new.public && old.admits_strangers() == new.admits_strangers() {
        all.push((Tendency::Changed, format!("who: {}", new.who())));
    }
    if old.version != new.version {
        all.push((Tendency::Changed, "its version".to_owned()));
    }
    if old.optional_credentials != new.optional_credentials {
        all.push((
            Tendency::Changed,
            "the credentials that may be shown".to_owned(),
        ));
    }
    all
}

/// Each list of alternatives must be held by one that is as narrow.
fn credentials(old: &Row, new: &Row, all: &mut Differences) {
    let holds = |lists: &[Vec<String>], wanted: &[String]| {
        let is_as_narrow = |list: &Vec<String>| list.iter().all(|one| wanted.contains(one));
        lists.iter().any(is_as_narrow)
    };
    for list in &old.credentials {
        if !holds(&new.credentials, list) {
            let words = format!("needed {}; now: {}", list.join(" or "), new.who());
            all.push((Tendency::Weakened, words));
        }
    }
    for list in &new.credentials {
        if !holds(&old.credentials, list) {
            all.push((
                Tendency::Strengthened,
                format!("needs {}", list.join(" or ")),
            ));
        }
    }
}

/// Of what is demanded, less is weaker.
fn demanded(old: &[String], new: &[String], what: &str, all: &mut Differences) {
    for gone in old.iter().filter(|one| !new.contains(one)) {
        all.push((Tendency::Weakened, format!("no longer needs {what}{gone}")));
    }
    for more in new.iter().filter(|one| !old.contains(one)) {
        all.push((Tendency::Strengthened, format!("needs {what}{more}")));
    }
}

/// Of what is granted, more is weaker.
fn granted(old: &[String], new: &[String], what: &str, all: &mut Differences) {
    for more in new.iter().filter(|one| !old.contains(one)) {
        all.push((Tendency::Weakened, format!("{more} {what}")));
    }
    for gone in old.iter().filter(|one| !new.contains(one)) {
        all.push((Tendency::Strengthened, format!("{gone} no longer {what}")));
    }
}

fn login(old: &Row, new: &Row, all: &mut Differences) {
    // Without a bound a login may be as old as can be.
    let age = |row: &Row| row.max_login_age.unwrap_or(u64::MAX);
    let words = match new.max_login_age {
        Some(age) => format!("a login may be {age} s old"),
        None => "a login may be of any age".to_owned(),
    };
    match age(new).cmp(&age(old)) {
        Ordering::Greater => all.push((Tendency::Weakened, words)),
        Ordering::Less => all.push((Tendency::Strengthened, words)),
        Ordering::Equal => {}
    }
}

fn quotas(old: &Row, new: &Row, all: &mut Differences) {
    let held = |quota: &QuotaRow, row: &Row| row.quotas.iter().any(|own| is_within(own, quota));
    let enforced = |row: &Row| {
        let quotas = row.quotas.iter().filter(|quota| quota.is_enforced);
        quotas.cloned().collect::<Vec<_>>()
    };
    for quota in enforced(old).iter().filter(|quota| !held(quota, new)) {
        all.push((
            Tendency::Weakened,
            format!("no longer within {}", quota.words),
        ));
    }
    for quota in enforced(new).iter().filter(|quota| !held(quota, old)) {
        all.push((Tendency::Strengthened, format!("within {}", quota.words)));
    }
}

/// Whether who stays within `own` stays within `quota`.
fn is_within(own: &QuotaRow, quota: &QuotaRow) -> bool {
    let same = own.by == quota.by && own.counts_guesses == quota.counts_guesses;
    let rates = (own.units, own.seconds, quota.units, quota.seconds);
    let is_less = match rates {
        (Some(own_units), Some(own_seconds), Some(units), Some(seconds)) => {
            let scaled = |units: u32, seconds: u64| u128::from(units) * u128::from(seconds);
            own_units <= units && scaled(own_units, seconds) <= scaled(units, own_seconds)
        }
        _ => own.words == quota.words,
    };
    own.is_enforced && same && is_less
}

fn body(old: &BodyRow, new: &BodyRow, all: &mut Differences) {
    let mut change = |tendency, words: String| all.push((tendency, format!("body: {words}")));
    match (old, new) {
        (old, new) if old == new => {}
        (BodyRow::Schema(old), BodyRow::Schema(new)) => schema(old, new, &mut change),
        (_, BodyRow::Unchecked) => change(Tendency::Weakened, "unchecked".to_owned()),
        (BodyRow::Unchecked, new) => change(Tendency::Strengthened, new.words()),
        (_, new) => change(Tendency::Changed, new.words()),
    }
}

fn schema(old: &SchemaRow, new: &SchemaRow, change: &mut impl FnMut(Tendency, String)) {
    if old.hash != new.hash {
        let words = format!("schema {} is now {}", old.hash, new.hash);
        change(Tendency::Changed, words);
    }
    let words = format!("{} bytes instead of {}", new.max_bytes, old.max_bytes);
    match new.max_bytes.cmp(&old.max_bytes) {
        Ordering::Greater => change(Tendency::Weakened, words),
        Ordering::Less => change(Tendency::Strengthened, words),
        Ordering::Equal => {}
    }
    for place in new
        .unbounded
        .iter()
        .filter(|place| !old.unbounded.contains(place))
    {
        change(Tendency::Weakened, place.clone());
    }
    match (old.is_taken, new.is_taken) {
        (true, false) => change(
            Tendency::Weakened,
            "the handler does not take it".to_owned(),
        ),
        (false, true) => change(Tendency::Strengthened, "the handler takes it".to_owned()),
        _ => {}
    }
}
