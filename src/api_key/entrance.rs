//! Where a key is looked for in the head of a request.

use http::Uri;
use http::header::{AUTHORIZATION, Entry, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;

use crate::config::ConfigError;
use crate::field::exactly_one;
use crate::guard::Carried;

/// The longest key that is looked at, in bytes.
const MAX_LEN: usize = 256;

/// Where keys are looked for: always in a header of their own.
#[derive(Clone, Debug)]
pub(super) struct Entrance {
    pub(super) header: HeaderName,
    pub(super) bearer: Option<Bearer>,
    pub(super) query: Option<Query>,
}

/// `Authorization: Bearer <key>` (RFC 6750, section 2.1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Bearer;

/// A parameter of the query.
#[derive(Clone, Debug)]
pub(super) struct Query(Box<str>);

/// A key, and by which way it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown<'h> {
    pub(super) key: &'h str,
    pub(super) way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Header,
    Bearer,
    Query,
}

impl Query {
    pub(super) fn named(name: &str) -> Result<Self, ConfigError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if name.is_empty() || !name.chars().all(plain) {
            return Err(ConfigError::new(format!(
                "{name:?} cannot name a query parameter: use letters, digits, `_` and `-`"
            )));
        }
        Ok(Self(name.into()))
    }
}

impl Entrance {
    /// The ways by which a key may come, for audits.
    pub(super) fn ways(&self) -> Vec<Carried> {
        let header = Carried::Header(self.header.as_str().to_owned());
        let bearer = self.bearer.map(|Bearer| Carried::Bearer);
        let query = self.query.as_ref();
        let query = query.map(|Query(name)| Carried::Query(name.to_string()));
        [Some(header), bearer, query]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The key that a request shows, if it shows one. Its header is marked, so that whoever logs
    /// the headers further in does not log the key.
    ///
    /// # Errors
    /// A reason, if it is not clear which key is meant, or it can be none whatever its format.
    pub(super) fn shown<'h>(
        &self,
        headers: &'h mut HeaderMap,
        uri: &'h Uri,
    ) -> Result<Option<Shown<'h>>, &'static str> {
        if self.bearer.is_none() && self.query.is_none() {
            return hushed(headers, &self.header)?
                .map(|line| Shown::read(line.as_bytes(), Way::Header))
                .transpose();
        }
        // Found once more below, where they are only read.
        let _ = hushed(headers, &self.header);
        let _ = self.bearer.map(|Bearer| hushed(headers, &AUTHORIZATION));
        self.shown_anywhere(headers, uri)
    }

    fn shown_anywhere<'h>(
        &self,
        headers: &'h HeaderMap,
        uri: &'h Uri,
    ) -> Result<Option<Shown<'h>>, &'static str> {
        let mut shown = line(headers, &self.header)?
            .map(|line| Shown::read(line.as_bytes(), Way::Header))
            .transpose()?;
        if self.bearer.is_some()
            && let Some(line) = line(headers, &AUTHORIZATION)?
            && let Some(key) = bearer(line)
        {
            alone(&mut shown, Shown::read(key, Way::Bearer)?)?;
        }
        for key in self.in_query(uri) {
            alone(&mut shown, Shown::read(key.as_bytes(), Way::Query)?)?;
        }
        Ok(shown)
    }

    /// Whether a request shows something that may be meant as a key.
    pub(super) fn is_used(&self, head: &Parts) -> bool {
        head.headers.contains_key(&self.header)
            || self.bearer.is_some() && {
                let lines = head.headers.get_all(AUTHORIZATION);
                lines.into_iter().any(|line| bearer(line).is_some())
            }
            || self.in_query(&head.uri).next().is_some()
    }

    fn in_query<'h>(&self, uri: &'h Uri) -> impl Iterator<Item = &'h str> {
        let name = self.query.as_ref().map(|Query(name)| name.as_ref());
        name.and_then(|_| uri.query())
            .into_iter()
            .flat_map(|query| query.split('&'))
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .filter(move |(own, _)| Some(*own) == name)
            .map(|(_, key)| key)
    }
}

impl<'h> Shown<'h> {
    fn read(bytes: &'h [u8], way: Way) -> Result<Self, &'static str> {
        if bytes.len() > MAX_LEN {
            return Err("key_too_long");
        }
        let key = str::from_utf8(bytes).map_err(|_| "key_not_ascii")?;
        if !key.is_ascii() {
            return Err("key_not_ascii");
        }
        Ok(Self { key, way })
    }
}

fn alone<'h>(shown: &mut Option<Shown<'h>>, next: Shown<'h>) -> Result<(), &'static str> {
    match shown.replace(next) {
        None => Ok(()),
        Some(_) => Err("key_repeated"),
    }
}

fn line<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'h HeaderValue>, &'static str> {
    exactly_one(headers, name).map_err(|_| "key_repeated")
}

/// The only line of the field `name`, which is marked as one that is not to be logged.
fn hushed<'h>(
    headers: &'h mut HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'h HeaderValue>, &'static str> {
    if headers.len() == headers.keys_len() {
        // No field is repeated, which is the rule.
        let line = headers.get_mut(name);
        return Ok(line.map(|line| {
            line.set_sensitive(true);
            &*line
        }));
    }
    // A map that is too full to tell has no key.
    let Ok(Entry::Occupied(mut lines)) = headers.try_entry(name) else {
        return Ok(None);
    };
    let mut count = 0;
    for line in lines.iter_mut() {
        line.set_sensitive(true);
        count += 1;
    }
    if count > 1 {
        return Err("key_repeated");
    }
    Ok(Some(lines.into_mut()))
}

/// What stands after the scheme `Bearer`, if that is the scheme (RFC 9110, section 11.1).
fn bearer(line: &HeaderValue) -> Option<&[u8]> {
    let (scheme, rest) = line.as_bytes().split_at_checked(6)?;
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    let is_bearer = scheme.eq_ignore_ascii_case(b"Bearer") && (spaces > 0 || rest.is_empty());
    is_bearer.then(|| rest.get(spaces..).unwrap_or_default())
}

#[cfg(test)]
mod tests;
