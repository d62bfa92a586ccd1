//! Whether a key is accepted.

use std::sync::Arc;

use http::header::{HeaderMap, HeaderName};

use crate::field::exactly_one;
use crate::store::{KeyHash, KeyRecord};

/// The longest header value that is looked at.
const MAX_HEADER_LEN: usize = 256;

/// What the one line of the field `name` says, if there is one.
///
/// # Errors
/// A reason, if it is not clear which key is meant, or it can be none whatever its format.
pub(super) fn presented<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'h str>, &'static str> {
    let Some(line) = exactly_one(headers, name).map_err(|_| "key_repeated")? else {
        return Ok(None);
    };
    if line.len() > MAX_HEADER_LEN {
        return Err("key_too_long");
    }
    line.to_str().map(Some).map_err(|_| "key_not_ascii")
}

/// The record of the presented key, if it is good at the moment `now`.
///
/// Which hashes are compared does not depend on whether there is a record, and only who has the
/// whole key gets as far as the question whether it has been withdrawn.
///
/// # Errors
/// The reason, for the event alone.
pub(super) fn admitted(
    found: Option<Arc<KeyRecord>>,
    presented: &KeyHash,
    now: u64,
) -> Result<Arc<KeyRecord>, &'static str> {
    let none = KeyHash::from([0; 32]);
    let kept = found.as_ref().map_or(&none, |record| record.hash());
    let same = kept.matches(presented);
    match found {
        None => Err("key_unknown"),
        Some(_) if !same => Err("key_mismatch"),
        Some(record) if record.is_revoked() => Err("key_revoked"),
        Some(record) if record.is_expired(now) => Err("key_expired"),
        Some(record) => Ok(record),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::store::KeyId;

    #[test]
    fn a_key_is_good_up_to_its_last_second_unless_it_was_withdrawn() {
        let record = |expires_at| {
            let id = KeyId::parse("0123456789abcXYZ").unwrap();
            KeyRecord::new(id, KeyHash::of("good"), "alice", 1_000, expires_at)
        };
        let expiring = Some(record(Some(2_000)));
        let revoked = Some(record(Some(2_000)).with_revocation(1_500));
        for (found, presented, now, expected) in [
            (expiring.clone(), "good", 1_999, Ok(())),
            (expiring.clone(), "good", 2_000, Err("key_expired")),
            (expiring.clone(), "good", u64::MAX, Err("key_expired")),
            (expiring.clone(), "guess", 1_999, Err("key_mismatch")),
            (expiring, "guess", 2_000, Err("key_mismatch")),
            (Some(record(None)), "good", u64::MAX, Ok(())),
            (Some(record(None)), "guess", 0, Err("key_mismatch")),
            (revoked.clone(), "good", 1_499, Err("key_revoked")), // a clock that lags opens nothing
            (revoked.clone(), "good", 2_000, Err("key_revoked")),
            (revoked, "guess", 1_500, Err("key_mismatch")),
            (None, "good", 0, Err("key_unknown")),
        ] {
            let verdict = admitted(found.map(Arc::new), &KeyHash::of(presented), now);
            assert_eq!(verdict.map(|_| ()), expected, "{presented} at {now}");
        }
    }

    #[test]
    fn a_hash_of_zeros_is_the_hash_of_no_key() {
        let verdict = admitted(None, &KeyHash::from([0; 32]), 0);
        assert_eq!(verdict.map(|_| ()), Err("key_unknown"));
    }

    #[test]
    fn one_short_ascii_line_is_looked_at() {
        let name = HeaderName::from_static("x-api-key");
        let (longest, longer) = ("k".repeat(256), "k".repeat(257));
        for (lines, expected) in [
            (&[][..], Ok(None)),
            (&[""], Ok(Some(""))),
            (&["abc"], Ok(Some("abc"))),
            (&[&longest], Ok(Some(longest.as_str()))),
            (&[&longer], Err("key_too_long")),
            (&["abc", "abc"], Err("key_repeated")),
            (&["abc", ""], Err("key_repeated")),
            (&["\u{e9}"], Err("key_not_ascii")),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                let value = HeaderValue::from_bytes(line.as_bytes()).unwrap();
                headers.append(&name, value);
            }
            assert_eq!(presented(&headers, &name), expected, "{lines:?}");
        }
    }
}
