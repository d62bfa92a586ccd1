//! No bytes panic the parser of tickets and confirmations, or are taken for one; one that was made
//! is known again, and with one byte changed it is not.

#![no_main]

use std::sync::LazyLock;

use http::Method;
use libfuzzer_sys::fuzz_target;
use portcullis::clock::ManualClock;
use portcullis::confirm::{Action, Confirmations};
use portcullis::identity::Principal;
use portcullis::store::memory::MemorySeen;

static CONFIRMATIONS: LazyLock<Confirmations> = LazyLock::new(|| {
    Confirmations::new([7; 32], MemorySeen::with_capacity(1))
        .unwrap()
        .with_clock(ManualClock::at(1_000))
});

fuzz_target!(|input: (&[u8], &str, &[u8], u8, u8)| {
    let (text, path, body, at, to) = input;
    let alice = Principal::new("alice");
    assert!(CONFIRMATIONS.ticket(text, &alice).is_err());

    let action = Action::new(&Method::POST, path, body);
    let confirmation = CONFIRMATIONS.confirm(&alice, &action).unwrap();
    let mut sent = confirmation.expose().as_bytes().to_vec();
    let made = CONFIRMATIONS.ticket(&sent, &alice).unwrap_err();
    assert_eq!(made.reason(), "confirmation_of_another_kind");

    let at = usize::from(at) % sent.len();
    let same = sent[at] == to;
    sent[at] = to;
    let changed = CONFIRMATIONS.ticket(&sent, &alice).unwrap_err();
    assert_eq!(changed.reason() == "confirmation_of_another_kind", same);
});
