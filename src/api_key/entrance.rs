//! Where a key is looked for in the head of a request.

use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;

use crate::config::ConfigError;
use crate::field::exactly_one;

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
    /// The key that a request shows, if it shows one.
    ///
    /// # Errors
    /// A reason, if it is not clear which key is meant, or it can be none whatever its format.
    pub(super) fn shown<'h>(&self, head: &'h Parts) -> Result<Option<Shown<'h>>, &'static str> {
        let mut shown = line(&head.headers, &self.header)?
            .map(|line| {
                text(line).map(|key| Shown {
                    key,
                    way: Way::Header,
                })
            })
            .transpose()?;
        if self.bearer.is_some()
            && let Some(line) = line(&head.headers, &AUTHORIZATION)?
            && let Some(key) = bearer(line)
        {
            let key = text_of(key)?;
            alone(
                &mut shown,
                Shown {
                    key,
                    way: Way::Bearer,
                },
            )?;
        }
        for key in self.in_query(head) {
            let key = text_of(key.as_bytes())?;
            alone(
                &mut shown,
                Shown {
                    key,
                    way: Way::Query,
                },
            )?;
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
            || self.in_query(head).next().is_some()
    }

    /// Whoever logs the headers further in does not log the key.
    pub(super) fn hush(&self, headers: &mut HeaderMap) {
        if let Some(line) = headers.get_mut(&self.header) {
            line.set_sensitive(true);
        }
        if self.bearer.is_some()
            && let Some(line) = headers.get_mut(AUTHORIZATION)
        {
            line.set_sensitive(true);
        }
    }

    fn in_query<'h>(&self, head: &'h Parts) -> impl Iterator<Item = &'h str> {
        let name = self.query.as_ref().map(|Query(name)| name.as_ref());
        let query = head.uri.query().filter(|_| name.is_some());
        query
            .unwrap_or_default()
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .filter(move |(own, _)| Some(*own) == name)
            .map(|(_, key)| key)
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

fn text(line: &HeaderValue) -> Result<&str, &'static str> {
    text_of(line.as_bytes())
}

fn text_of(bytes: &[u8]) -> Result<&str, &'static str> {
    if bytes.len() > MAX_LEN {
        return Err("key_too_long");
    }
    str::from_utf8(bytes)
        .ok()
        .filter(|text| text.is_ascii())
        .ok_or("key_not_ascii")
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
