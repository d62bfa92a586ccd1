//! A thief and their victim, in any order of actions, against a model that fits on a page.

use std::collections::HashMap;
use std::time::Duration;

use portcullis::clock::ManualClock;
use portcullis::session::{NewFamily, Presented, RefreshTokens};
use portcullis::store::memory::MemoryRefreshFamilies;
use proptest::prelude::*;

use super::house::{START, alice, keys, reason};

const VICTIM: usize = 0;
const IDLE: u64 = 100;
const WHOLE: u64 = 250;

#[derive(Clone, Debug)]
enum Act {
    /// One of the two uses the token that they got so many tokens ago.
    Use { who: usize, back: usize },
    /// The thief copies all that the victim has.
    Steal,
    /// Time goes by.
    Wait(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        5 => (0..2_usize, 0..3_usize).prop_map(|(who, back)| Act::Use { who, back }),
        1 => Just(Act::Steal),
        3 => (0..45_u64).prop_map(Act::Wait),
    ];
    prop::collection::vec(act, 1..40)
}

/// What should become of a family.
struct Model {
    grace: u64,
    generation: u32,
    rotated_at: u64,
    idle_end: u64,
    revoked: bool,
}

impl Model {
    /// The generation that whoever shows `shown` gets, or why they get none.
    fn shown(&mut self, shown: u32, now: u64) -> Result<u32, &'static str> {
        if self.revoked {
            return Err("refresh_token_revoked");
        }
        if now >= START + WHOLE {
            return Err("refresh_token_expired");
        }
        if now >= self.idle_end {
            return Err("refresh_token_idle");
        }
        if shown == self.generation {
            self.generation += 1;
            self.rotated_at = now;
            self.idle_end = (now + IDLE).min(START + WHOLE);
            return Ok(self.generation);
        }
        if shown + 1 == self.generation && now < self.rotated_at + self.grace {
            return Ok(self.generation);
        }
        self.revoked = true;
        Err("refresh_token_reused")
    }
}

fn run(grace: u64, acts: &[Act]) -> Result<(), TestCaseError> {
    let clock = ManualClock::at(START);
    let tokens = RefreshTokens::new(MemoryRefreshFamilies::default(), keys())
        .with_clock(clock.clone())
        .with_grace(Duration::from_secs(grace))
        .and_then(|tokens| tokens.with_idle_life(Duration::from_secs(IDLE)))
        .and_then(|tokens| tokens.with_life(Duration::from_secs(WHOLE)))
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let first = runtime.block_on(tokens.begin(NewFamily::of(alice(), "web")));
    let mut texts = HashMap::from([(1, first.unwrap().token.expose().clone())]);
    let mut model = Model {
        grace,
        generation: 1,
        rotated_at: START,
        idle_end: START + IDLE,
        revoked: false,
    };
    // The generations that each has.
    let mut held = [vec![1], vec![]];
    let mut now = START;
    for act in acts {
        match act {
            Act::Wait(seconds) => {
                clock.advance(Duration::from_secs(*seconds));
                now += seconds;
            }
            Act::Steal => {
                let copied = held[VICTIM].clone();
                held[1].extend(copied);
                held[1].sort_unstable();
                held[1].dedup();
            }
            Act::Use { who, back } => {
                let Some(shown) = held[*who].iter().rev().nth(*back).copied() else {
                    continue;
                };
                let expected = model.shown(shown, now);
                let found = runtime.block_on(tokens.rotate(&texts[&shown], Presented::by("web")));
                let accepted = expected.is_ok();
                match (&expected, found) {
                    (Ok(next), Ok(given)) => {
                        prop_assert_eq!(given.family.generation(), *next);
                        // One generation is one token, whoever gets it: chains never fork.
                        let text = texts
                            .entry(*next)
                            .or_insert_with(|| given.token.expose().clone());
                        prop_assert_eq!(&*text, given.token.expose());
                        if held[*who].last() != Some(next) {
                            held[*who].push(*next);
                        }
                    }
                    (Err(refusal), found) => prop_assert_eq!(&reason(found), refusal),
                    (Ok(_), found) => prop_assert_eq!(reason(found), "accepted"),
                }
                if accepted {
                    // Both have the newest token only within the grace, and it is the same one.
                    let shared = held[1 - *who].contains(&model.generation);
                    prop_assert!(!shared || now < model.rotated_at + grace);
                }
                if model.revoked {
                    for generation in held.iter().flatten() {
                        let dead = tokens.rotate(&texts[generation], Presented::by("web"));
                        prop_assert_eq!(reason(runtime.block_on(dead)), "refresh_token_revoked");
                    }
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn thief_and_victim_never_hold_two_chains(grace in prop_oneof![Just(0_u64), Just(30_u64)], acts in acts()) {
        run(grace, &acts)?;
    }
}
