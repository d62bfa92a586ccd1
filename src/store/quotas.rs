//! The store shape *count*: what is asked of it, and what it promises.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::answer::Answer;
use super::error::StoreError;
use super::key::Key;
use super::quota::Limit;
use crate::clock::Moment;
use crate::config::ConfigError;

/// Counts what callers use of their quotas.
///
/// What an engine promises:
/// - **Atomic.** However many ask at once, for one key no more is admitted than its limit allows. An
///   engine that runs out of room may refuse too much; it never admits too much.
/// - **Refusals are free.** What is refused changes nothing, and neither does a cost of 0, which is
///   a look.
/// - **State belongs to policy and key**, never to the limit: who asks under another limit (a
///   changed plan) finds the units that were used, not a fresh quota.
/// - **It forgets by itself.** A key that has its whole quota again takes no room.
/// - **No personal data.** Of policy and key only a keyed hash is kept.
/// - An error means that nothing is known; whoever asked must not take it for a yes.
pub trait Quotas: fmt::Debug + Send + Sync + 'static {
    /// Takes the units of `charge`, if they are there.
    fn take<'a>(&'a self, charge: Charge<'a>) -> Answer<'a, Decision>;

    /// Takes the units of each of `charges`, whose keys and policies differ, or those of none.
    /// Tells whether they were taken, and writes to the same place of `decisions`, which is as
    /// long, where each quota stands: a quota that would have admitted its charge by itself says
    /// so, although another refused.
    ///
    /// An engine that cannot do this answers with an error if there is more than one charge, as the
    /// provided method does.
    fn take_all<'a>(
        &'a self,
        charges: &'a [Charge<'a>],
        decisions: &'a mut [Decision],
    ) -> Answer<'a, bool> {
        match (charges, decisions) {
            ([], []) => Answer::ready(true),
            ([charge], [decision]) => match self.take(*charge) {
                Answer::Ready(Some(Ok(taken))) => {
                    *decision = taken;
                    Answer::ready(taken.admitted)
                }
                Answer::Ready(Some(Err(error))) => error.into(),
                later => Answer::later(async move {
                    *decision = later.await?;
                    Ok(decision.admitted)
                }),
            },
            _ => StoreError::new("quotas", "this engine takes from one quota at a time").into(),
        }
    }

    /// Gives the units of `charge` back, which were taken and still count: whoever asks next finds
    /// them. `charge` is that of [`take`](Self::take), moment and all, though it may cost less, and
    /// it is given back once, with the `receipt` of the decision that admitted it. It never leaves a
    /// caller with more than a whole quota, and takes no units from others.
    ///
    /// An engine that has lost sight of the units may keep them: it then refuses too much.
    ///
    /// An engine that cannot do this answers with an error, as the provided method does; controls
    /// that count failures alone, such as [`brute_force`](crate::brute_force), cannot use it.
    fn give_back<'a>(&'a self, charge: Charge<'a>, receipt: Receipt) -> Answer<'a, ()> {
        let _ = (charge, receipt);
        StoreError::new("quotas", "this engine gives nothing back").into()
    }
}

/// Units to take from the quota of a key.
#[derive(Clone, Copy, Debug)]
pub struct Charge<'a> {
    /// The policy: the same key has a quota under each of them.
    pub policy: &'a Policy,
    /// Whose quota it is.
    pub key: &'a Key<'a>,
    /// The quota.
    pub limit: &'a Limit,
    /// How many units to take; 0 is a look.
    pub cost: u32,
    /// The moment, by the ticks of a clock that never goes back; the same clock for all that is
    /// asked of one store. An engine that several processes share reads its own clock instead.
    pub now: Moment<'a>,
}

/// What became of a [`Charge`]. The default is a refusal for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Whether the units were taken.
    pub admitted: bool,
    /// How many units a rested caller can use at once.
    pub limit: u64,
    /// How many units are left.
    pub remaining: u64,
    /// Nanoseconds until there is at least one unit more than `remaining`; 0 if none is in use.
    pub reset_after: u64,
    /// Nanoseconds until the same charge would be admitted, if nobody else takes from the key.
    /// None if it was admitted, and if it never can be, since it costs more than the limit.
    pub retry_after: Option<u64>,
    /// What the engine asks for when the units are given back.
    pub receipt: Receipt,
}

/// What an engine needs to know to find the units of an admitted [`Charge`] again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Receipt {
    /// The charge itself says enough.
    #[default]
    None,
    /// They were taken at this moment, by the engine's own clock and in its own units.
    At(u64),
    /// They were not taken from the engine, but where its plan for failures has them counted.
    Elsewhere,
}

impl Decision {
    /// Nanoseconds until it does not matter any more what was taken, if nobody takes anything.
    pub(crate) fn rests_after(&self, limit: &Limit) -> u64 {
        let bucket = match limit {
            Limit::Bucket(bucket) => bucket,
            Limit::Window(window) => return window.span(),
            Limit::Counter(counter) if counter.slides() => return counter.span(),
            Limit::Counter(_) => return self.reset_after,
        };
        let used = self.limit.saturating_sub(self.remaining);
        let behind = used.saturating_sub(1).saturating_mul(bucket.interval());
        behind.saturating_add(self.reset_after)
    }

    /// What a charge of `cost` units would be told at the moment of this look. The wait of who is
    /// refused is told no longer than it is, since a look knows only of the next unit.
    #[cfg(feature = "redis")]
    pub(super) fn as_if_asked(self, cost: u32) -> Self {
        match self.remaining.checked_sub(cost.into()) {
            Some(remaining) => Self { remaining, ..self },
            None => Self {
                admitted: false,
                retry_after: (u64::from(cost) <= self.limit).then_some(self.reset_after),
                ..self
            },
        }
    }
}

/// A policy under which quotas are given, known by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    name: Box<str>,
    id: u64,
}

impl Policy {
    /// The policy called `name`: 1 to 64 printable ASCII characters, so that it can be an item of a
    /// structured field (RFC 9651, section 3.3.3).
    ///
    /// # Errors
    /// [`ConfigError`] if it is something else.
    pub fn new(name: &str) -> Result<Self, ConfigError> {
        let fits = name.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !(1..=64).contains(&name.len()) || !fits {
            return Err(ConfigError::new(format!(
                "{name:?} cannot name a policy: use 1 to 64 printable ASCII characters"
            )));
        }
        let mut id = DefaultHasher::new();
        name.hash(&mut id);
        Ok(Self {
            name: name.into(),
            id: id.finish(),
        })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A number that stands for the name within this process.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_structured_field_can_bear_is_refused() {
        let longest = "n".repeat(64);
        for (name, good) in [
            ("", false),
            ("login", true),
            ("a\nb", false),
            ("a\u{7f}", false),
            ("\u{e9}", false),
            (&longest, true),
            (&format!("{longest}n"), false),
        ] {
            assert_eq!(Policy::new(name).is_ok(), good, "{name:?}");
        }
    }
}
