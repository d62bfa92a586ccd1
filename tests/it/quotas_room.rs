//! How much room quotas take in memory, to the byte.

use allocation_counter::measure;
use portcullis::store::memory::MemoryQuotas;
use portcullis::store::{Answer, Charge, Key, Limit, Policy, Quota, Quotas};

const MILLION: u64 = 1_000_000;

/// How many of `keys` are admitted, each once.
fn admitted(
    store: &MemoryQuotas,
    policy: &Policy,
    limit: &Limit,
    keys: impl Iterator<Item = u64>,
) -> u64 {
    let mut admitted = 0;
    for key in keys {
        let key = Key::from(key);
        let charge = Charge {
            policy,
            key: &key,
            limit,
            cost: 1,
            now: 7.into(),
        };
        let Answer::Ready(Some(Ok(decision))) = store.take(charge) else {
            panic!("an engine in memory answers at once");
        };
        admitted += u64::from(decision.admitted);
    }
    admitted
}

#[test]
fn a_million_buckets_take_24_bytes_each_and_a_flood_takes_no_more() {
    let store = MemoryQuotas::with_capacity(1_000_000).unwrap();
    let policy = Policy::new("p").unwrap();
    let limit = Quota::per_hour(1).checked().unwrap();
    let all = |keys| admitted(&store, &policy, &limit, keys);
    let mut found = [0; 3];
    let first = measure(|| found[0] = all(0..MILLION));
    assert!(first.bytes_current <= 24 * 1_000_000, "{first:?}");
    assert!(first.bytes_max <= 24 * 1_000_000, "{first:?}");
    assert!(found[0] > MILLION - MILLION / 1_000, "{found:?}");
    let flood = measure(|| found[1] = all(MILLION..2 * MILLION));
    assert_eq!(flood.bytes_total, 0, "{flood:?}");
    // Nobody who was admitted is admitted again.
    let again = measure(|| found[2] = all(0..MILLION));
    assert_eq!(again.bytes_total, 0, "{again:?}");
    assert!(found[0] + found[2] <= MILLION, "{found:?}");
    println!("{} bytes for a million keys", first.bytes_current);
}
