//! No neighbour of a good token is good.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::Request;
use http::header::{AUTHORIZATION, HeaderValue};
use portcullis::guard::Guard;
use portcullis::jwt::{Algorithm, RequireJwt, SigningKey};
use proptest::prelude::*;
use proptest::sample::Index;

use super::door::{claims, forge, good, guard, guard_with, header, set};
use super::keys::{issuer, pem};

/// Asks the guard itself; it never waits.
fn admits(guard: &RequireJwt, line: &[u8]) -> bool {
    let Ok(line) = HeaderValue::from_bytes(line) else {
        return false;
    };
    let (mut head, ()) = Request::new(()).into_parts();
    head.headers.insert(AUTHORIZATION, line);
    match pin!(guard.check(&mut head)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(verdict) => verdict.is_ok(),
        Poll::Pending => panic!("the guard waits"),
    }
}

#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Replace(Index, u8),
    Insert(Index, u8),
    Delete(Index),
    Truncate(Index),
    Double(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let byte = prop_oneof![b'!'..=b'~', any::<u8>(), Just(b'.'), Just(b'=')];
    prop_oneof![
        (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (any::<Index>(), byte.clone()).prop_map(|(at, byte)| Change::Replace(at, byte)),
        (any::<Index>(), byte).prop_map(|(at, byte)| Change::Insert(at, byte)),
        any::<Index>().prop_map(Change::Delete),
        any::<Index>().prop_map(Change::Truncate),
        any::<Index>().prop_map(Change::Double),
    ]
}

fn apply(token: &[u8], change: &Change) -> Vec<u8> {
    let mut out = token.to_vec();
    match change {
        Change::Flip(at, bit) => out[at.index(token.len())] ^= 1 << bit,
        Change::Replace(at, byte) => out[at.index(token.len())] = *byte,
        Change::Insert(at, byte) => out.insert(at.index(token.len() + 1), *byte),
        Change::Delete(at) => drop(out.remove(at.index(token.len()))),
        Change::Truncate(at) => out.truncate(at.index(token.len())),
        Change::Double(at) => out.extend_from_slice(&token[at.index(token.len())..]),
    }
    out
}

fn check(guard: &RequireJwt, token: &str, changes: &[Change]) -> Result<(), TestCaseError> {
    let mutant = changes
        .iter()
        .fold(token.as_bytes().to_vec(), |token, change| {
            if token.is_empty() {
                token
            } else {
                apply(&token, change)
            }
        });
    // A space before the token is part of the field, not of the token.
    let trimmed = mutant
        .iter()
        .position(|byte| *byte != b' ')
        .unwrap_or(mutant.len());
    prop_assume!(&mutant[trimmed..] != token.as_bytes());
    let line = [b"Bearer ", &mutant[..]].concat();
    prop_assert!(!admits(guard, &line), "{}", mutant.escape_ascii());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_change_of_a_secretly_signed_token_is_accepted(
        changes in prop::collection::vec(change(), 1..4),
    ) {
        let (guard, token) = (guard(), good());
        prop_assert!(admits(&guard, &[b"Bearer ", token.as_bytes()].concat()));
        check(&guard, &token, &changes)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_change_of_a_publicly_signed_token_is_accepted(
        changes in prop::collection::vec(change(), 1..4),
    ) {
        for algorithm in [Algorithm::Es256, Algorithm::Ed25519, Algorithm::Rs256] {
            let key = SigningKey::from_pem(algorithm, pem(algorithm)).unwrap();
            let guard = guard_with(key.verifying_key());
            let token = issuer(key).issue(&portcullis::jwt::Grant::to("alice")).unwrap();
            check(&guard, token.expose(), &changes)?;
        }
    }

    #[test]
    fn nothing_that_is_sent_makes_the_guard_panic(line in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = admits(&guard(), &line);
        let _ = admits(&guard(), &[b"Bearer ", &line[..]].concat());
    }

    #[test]
    fn nothing_that_is_signed_makes_the_guard_panic(head in ".*", body in ".*", junk in ".{0,40}") {
        let _ = admits(&guard(), format!("Bearer {}", forge(&head, &body)).as_bytes());
        let odd = set(set(claims(), "aud", junk.clone().into()), &junk, body.into());
        let token = forge(header(), odd);
        prop_assert!(!admits(&guard(), &[b"Bearer ", token.as_bytes()].concat()));
    }
}
