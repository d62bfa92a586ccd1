//! Whether a key is accepted.

use std::sync::Arc;

use super::hasher::Proof;
use crate::identity::ClientAddr;
use crate::store::KeyRecord;

/// Why a key is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is no good. The reason is for the event alone.
    Bad(&'static str),
    /// It may be used from some networks only, and nobody knows where the request comes from.
    NowhereKnown,
}

/// The record of the presented key, if it is good at the moment `now` from where `client` is.
///
/// Only who has the whole key gets as far as the question what is the matter with it.
///
/// # Errors
/// [`Fault`], if it is not.
pub(super) fn admitted(
    found: Option<Arc<KeyRecord>>,
    proof: Proof,
    now: u64,
    client: impl FnOnce() -> Option<ClientAddr>,
) -> Result<Arc<KeyRecord>, Fault> {
    let record = found.ok_or(Fault::Bad("key_unknown"))?;
    let reason = match proof {
        Proof::Different => "key_mismatch",
        Proof::UnknownRule => "key_pepper_unknown",
        Proof::Same if record.is_revoked() => "key_revoked",
        Proof::Same if record.is_expired(now) => "key_expired",
        Proof::Same if record.is_premature(now) => "key_not_yet_valid",
        Proof::Same if record.networks().are_all() => return Ok(record),
        Proof::Same => match client() {
            None => return Err(Fault::NowhereKnown),
            Some(client) if record.networks().admit(client) => return Ok(record),
            Some(_) => "key_other_network",
        },
    };
    Err(Fault::Bad(reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Networks;
    use crate::store::{KeyHash, KeyId};

    #[test]
    fn a_key_is_good_from_its_first_second_to_its_last_unless_it_was_withdrawn() {
        use Proof::{Different, Same, UnknownRule};
        let record = |expires_at| {
            let id = KeyId::parse("0123456789abcXYZ").unwrap();
            KeyRecord::new(id, KeyHash::of("good"), "alice", 1_000, expires_at)
        };
        let expiring = Some(record(Some(2_000)));
        let later = Some(record(Some(2_000)).with_not_before(1_500));
        let revoked = Some(record(Some(2_000)).with_revocation(1_500));
        for (found, proof, now, expected) in [
            (expiring.clone(), Same, 1_999, Ok(())),
            (expiring.clone(), Same, 2_000, Err("key_expired")),
            (expiring.clone(), Same, u64::MAX, Err("key_expired")),
            (expiring.clone(), Different, 1_999, Err("key_mismatch")),
            (
                expiring.clone(),
                UnknownRule,
                1_999,
                Err("key_pepper_unknown"),
            ),
            (expiring, Different, 2_000, Err("key_mismatch")),
            (later.clone(), Same, 1_500, Ok(())),
            (later.clone(), Same, 1_499, Err("key_not_yet_valid")),
            (later.clone(), Same, 2_000, Err("key_expired")),
            (later, Different, 1_499, Err("key_mismatch")),
            (Some(record(None)), Same, u64::MAX, Ok(())),
            (Some(record(None)), Different, 0, Err("key_mismatch")),
            (revoked.clone(), Same, 1_499, Err("key_revoked")), // a clock that lags opens nothing
            (revoked.clone(), Same, 2_000, Err("key_revoked")),
            (revoked, Different, 1_500, Err("key_mismatch")),
            (None, Different, 0, Err("key_unknown")),
            (None, Same, 0, Err("key_unknown")),
        ] {
            let verdict = admitted(found.map(Arc::new), proof, now, || panic!("not asked"));
            let expected = expected.map_err(Fault::Bad);
            assert_eq!(verdict.map(|_| ()), expected, "{proof:?} at {now}");
        }
    }

    #[test]
    fn a_key_of_some_networks_is_good_in_these_alone() {
        let id = KeyId::parse("0123456789abcXYZ").unwrap();
        let networks = Networks::of(["192.0.2.0/25", "2001:db8::/32"]).unwrap();
        let record = KeyRecord::new(id, KeyHash::of("good"), "alice", 0, None);
        let record = Arc::new(record.with_networks(networks));
        for (client, expected) in [
            (Some("192.0.2.127"), Ok(())),
            (Some("::ffff:192.0.2.127"), Ok(())),
            (Some("192.0.2.128"), Err(Fault::Bad("key_other_network"))),
            (Some("2001:db8:ffff::"), Ok(())),
            (Some("2001:db9::"), Err(Fault::Bad("key_other_network"))),
            (None, Err(Fault::NowhereKnown)),
        ] {
            let client = client.map(|text| ClientAddr::new(text.parse().unwrap()));
            let verdict = admitted(Some(Arc::clone(&record)), Proof::Same, 0, || client);
            assert_eq!(verdict.map(|_| ()), expected, "{client:?}");
            let guess = admitted(Some(Arc::clone(&record)), Proof::Different, 0, || client);
            assert_eq!(guess.map(|_| ()), Err(Fault::Bad("key_mismatch")));
        }
    }
}
