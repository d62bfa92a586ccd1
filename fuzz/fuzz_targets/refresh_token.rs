//! No text panics the parser of refresh tokens or is taken for one, nor does one ask the store; one
//! that was given out is known again, and with one character changed it is not.

#![no_main]

use std::future::Future;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use libfuzzer_sys::fuzz_target;
use portcullis::clock::ManualClock;
use portcullis::session::{NewFamily, Presented, RefreshKeys, RefreshTokens};
use portcullis::store::FamilyOwner;
use portcullis::store::memory::MemoryRefreshFamilies;

static TOKENS: LazyLock<RefreshTokens> = LazyLock::new(|| {
    let families = MemoryRefreshFamilies::with_capacity(1);
    let keys = RefreshKeys::new([[7; 32], [8; 32]]).unwrap();
    RefreshTokens::new(families, keys).with_clock(ManualClock::at(1_000))
});

static GIVEN: LazyLock<String> = LazyLock::new(|| {
    let alice = FamilyOwner::new("https://id.example", "alice");
    let given = now(TOKENS.begin(NewFamily::of(alice, "web"))).unwrap();
    given.token.expose().clone()
});

/// A store in memory answers at once.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a store in memory has kept somebody waiting"),
    }
}

fuzz_target!(|input: (&str, u8, char)| {
    let (text, at, to) = input;
    let reason = |text: &str| {
        // Another application: a good token is known again, and nothing changes.
        let refused = now(TOKENS.rotate(text, Presented::by("other"))).unwrap_err();
        refused.reason()
    };
    let known = "refresh_token_of_another_client";
    assert!(text == *GIVEN || reason(text) != known);

    let at = usize::from(at) % GIVEN.len();
    let changed = format!("{}{to}{}", &GIVEN[..at], &GIVEN[at + 1..]);
    assert_eq!(reason(&changed) == known, changed == *GIVEN);
});
