//! What is looked for.

use std::collections::BTreeMap;

use super::body::{BodyRow, SchemaRow};
use super::concern::{Concern, Finding};
use super::row::{QuotaRow, Row};
use crate::api::takes::Takes;

/// A quota that is at most so fast, in requests a minute, keeps guesses at bay too.
const GUESSES_A_MINUTE: f64 = 10.0;

/// Where credentials are given out or changed: the last part of a path.
const CREDENTIAL_ROUTES: [&str; 14] = [
    "token",
    "tokens",
    "refresh",
    "login",
    "log-in",
    "signin",
    "sign-in",
    "session",
    "sessions",
    "password",
    "reset-password",
    "forgot-password",
    "otp",
    "mfa",
];

/// All that is the matter with these routes, in their order. The last one is for what is unknown.
pub(super) fn findings(rows: &[(Row, Takes)]) -> Vec<Finding> {
    let newest = newest(rows);
    let mut found = Vec::new();
    for (row, takes) in rows {
        let mut find = |concern, detail: String| {
            found.push(Finding {
                concern,
                place: row.place(),
                detail,
            });
        };
        if row.path == "*" {
            continue; // no handler stands there
        }
        access(row, *takes, &mut find);
        quotas(row, &mut find);
        body(row, &mut find);
        if row.origins.iter().flatten().any(|origin| origin == "*") {
            find(Concern::AnyOrigin, String::new());
        }
        if let Some(successor) = successor(row, &newest) {
            find(
                Concern::VersionWithoutSunset,
                format!("there is {successor}"),
            );
        }
        if row.method == "*" {
            find(Concern::UnknownRoutes, String::new());
        }
    }
    found
}

fn access(row: &Row, takes: Takes, find: &mut impl FnMut(Concern, String)) {
    let strangers = row.admits_strangers();
    if strangers && row.is_write() {
        find(Concern::PublicWrite, row.public.clone().unwrap_or_default());
    }
    if strangers && row.public.is_none() {
        find(Concern::PublicWithoutReason, row.demands.join(", "));
    }
    let is_anybodys = row.scopes.is_empty() && row.demands.is_empty();
    if !strangers && row.is_write() && is_anybodys {
        find(Concern::WriteWithoutPermission, row.who());
    }
    let nobody_asks = row.credentials.is_empty() && row.optional_credentials.is_empty();
    // What else is demanded may find out who is calling.
    if nobody_asks && row.demands.is_empty() && takes.needs_caller() {
        find(Concern::CallerNeverKnown, String::new());
    }
    if !row.query_credentials.is_empty() {
        find(Concern::CredentialInQuery, row.query_credentials.join(", "));
    }
}

fn quotas(row: &Row, find: &mut impl FnMut(Concern, String)) {
    let is_limit = |quota: &&QuotaRow| quota.is_enforced && !quota.counts_guesses;
    if row.quotas.iter().find(is_limit).is_none() {
        let reported = row.quotas.iter().filter(|quota| !quota.is_enforced);
        let words: Vec<_> = reported.map(|quota| quota.words.clone()).collect();
        let detail = match words.as_slice() {
            [] => String::new(),
            words => format!("only reported: {}", words.join(", ")),
        };
        find(Concern::NoRateLimit, detail);
    }
    if gives_credentials(row) && !row.quotas.iter().any(stops_guesses) {
        find(Concern::GuessableCredentials, String::new());
    }
}

fn gives_credentials(row: &Row) -> bool {
    let last = row.path.rsplit('/').next().unwrap_or_default();
    let is_one = CREDENTIAL_ROUTES
        .iter()
        .any(|name| last.eq_ignore_ascii_case(name));
    row.is_write() && row.admits_strangers() && is_one
}

fn stops_guesses(quota: &QuotaRow) -> bool {
    let is_slow = match (quota.units, quota.seconds) {
        (Some(units), Some(seconds)) if seconds > 0 => {
            // Both are small: a rate is all that is asked for.
            #[allow(clippy::cast_precision_loss)]
            let minutes = seconds as f64 / 60.0;
            f64::from(units) / minutes <= GUESSES_A_MINUTE
        }
        _ => false,
    };
    quota.is_enforced && (quota.counts_guesses || is_slow)
}

fn body(row: &Row, find: &mut impl FnMut(Concern, String)) {
    if row.method == "*" {
        return; // of which nothing is known
    }
    match &row.body {
        BodyRow::Unchecked if row.is_write() => find(Concern::UncheckedBody, String::new()),
        BodyRow::None | BodyRow::Fields | BodyRow::Unchecked => {}
        BodyRow::UnnamedSchema => find(Concern::UnnamedSchema, String::new()),
        BodyRow::Schema(schema) => of_schema(schema, find),
    }
}

fn of_schema(schema: &SchemaRow, find: &mut impl FnMut(Concern, String)) {
    if !schema.is_taken {
        find(Concern::UntakenSchema, schema.name.clone());
    }
    if let Some(fault) = &schema.fault {
        find(Concern::BrokenSchema, fault.clone());
    }
    if let [first, more @ ..] = schema.unbounded.as_slice() {
        let rest = match more.len() {
            0 => String::new(),
            many => format!(", and {many} more"),
        };
        find(Concern::UnboundedSchema, format!("{first}{rest}"));
    }
}

/// The newest version behind each beginning of a path.
fn newest(rows: &[(Row, Takes)]) -> BTreeMap<&str, u32> {
    let versions = rows.iter().filter_map(|(row, _)| version(&row.path));
    versions.fold(BTreeMap::new(), |mut newest, (before, number)| {
        let most = newest.entry(before).or_insert(number);
        *most = number.max(*most);
        newest
    })
}

/// The newer version beside the one of this row, if there is one and the row's has no end.
fn successor(row: &Row, newest: &BTreeMap<&str, u32>) -> Option<String> {
    if let Some(version) = &row.version {
        if version.sunset.is_some() {
            return None;
        }
        if version.deprecation.is_some() {
            return Some("a deprecation".to_owned());
        }
    }
    let (before, own) = version(&row.path)?;
    let newer = newest.get(before).filter(|number| **number > own);
    newer.map(|number| format!("v{number}"))
}

/// What stands before the first `v1` of a path, and its number.
fn version(path: &str) -> Option<(&str, u32)> {
    let mut at = 0;
    for segment in path.split('/') {
        let number = segment
            .strip_prefix('v')
            .and_then(|digits| digits.parse().ok());
        if let Some(number) = number {
            return Some((path.get(..at)?, number));
        }
        at += segment.len() + 1;
    }
    None
}
