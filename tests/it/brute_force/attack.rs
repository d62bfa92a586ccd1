//! Somebody with ten thousand networks against one account and its owner.

use std::sync::Arc;
use std::time::Duration;

use portcullis::brute_force::LoginThrottle;
use portcullis::clock::ManualClock;
use portcullis::store::memory::MemoryQuotas;

use super::{DAY, from, guess, log_in, network, throttle};

const HOME: &str = "192.0.2.1";

#[tokio::test]
async fn a_botnet_has_a_hundred_guesses_a_day_and_the_owner_logs_in_all_the_while() {
    let clock = ManualClock::default();
    besiege(throttle(&clock), &clock).await;
    // Likewise if one engine serves for all.
    let one = Arc::new(MemoryQuotas::new());
    let shared = throttle(&clock).with_stores(one.clone(), one);
    besiege(shared, &clock).await;
}

async fn besiege(throttle: LoginThrottle, clock: &ManualClock) {
    assert!(log_in(&throttle, &from(HOME), "alice").await);
    let mut guesses = Vec::new();
    // Three days, in each half-hour of which every hundredth network has a try.
    let steps = 3 * 48;
    for step in 0..steps {
        for n in 0..100 {
            let bot = network(n * 100 + step % 100);
            if guess(&throttle, &bot, "alice").await {
                guesses.push(step);
            }
        }
        assert!(log_in(&throttle, &from(HOME), "alice").await, "{step}");
        clock.advance(DAY / 48);
    }
    assert_eq!(guesses.len(), 300);
    for start in 0..steps {
        let day = start..start + 48;
        let inside = guesses.iter().filter(|step| day.contains(step)).count();
        assert!(inside <= 100, "{inside} from {start} on");
    }
}

#[tokio::test]
async fn ten_thousand_networks_at_once_have_no_more() {
    let clock = ManualClock::default();
    let throttle = throttle(&clock);
    assert!(log_in(&throttle, &from(HOME), "alice").await);
    let mut through = 0;
    for n in 0..10_000 {
        through += u32::from(guess(&throttle, &network(n), "alice").await);
        if n % 100 == 0 {
            assert!(log_in(&throttle, &from(HOME), "alice").await, "{n}");
        }
    }
    assert_eq!(through, 100);
}

#[tokio::test]
async fn a_neighbour_in_the_same_network_delays_the_owner_and_no_longer_than_said() {
    let clock = ManualClock::default();
    let throttle = throttle(&clock);
    assert!(log_in(&throttle, &from(HOME), "alice").await);
    let mut guesses = 0;
    let mut longest = Duration::ZERO;
    while guesses < 49 {
        // The neighbour tries each second; the owner comes each time before them, but only now and
        // then.
        let mut waited = Duration::ZERO;
        if guesses % 7 == 6 {
            while !log_in(&throttle, &from(HOME), "alice").await {
                clock.advance(Duration::from_secs(1));
                waited += Duration::from_secs(1);
                assert!(waited <= Duration::from_mins(15), "after {guesses}");
            }
            longest = longest.max(waited);
        }
        guesses += u32::from(guess(&throttle, &from(HOME), "alice").await);
        clock.advance(Duration::from_secs(1));
    }
    assert!(longest > Duration::from_mins(10), "{longest:?}");
}

#[tokio::test]
async fn a_flood_that_fills_the_store_neither_loosens_a_count_nor_touches_the_known() {
    let clock = ManualClock::default();
    let small = Arc::new(MemoryQuotas::with_capacity(64).unwrap());
    let known = Arc::new(MemoryQuotas::with_capacity(64).unwrap());
    let throttle = throttle(&clock).with_stores(small, known);
    assert!(log_in(&throttle, &from(HOME), "alice").await);
    for n in 0..5_000 {
        guess(&throttle, &network(n), &format!("account {n}")).await;
    }
    let mut through = 0;
    for n in 0..2_000 {
        through += u32::from(guess(&throttle, &network(n), "alice").await);
    }
    assert!(through <= 100, "{through}");
    for _ in 0..100 {
        assert!(log_in(&throttle, &from(HOME), "alice").await);
    }
}
