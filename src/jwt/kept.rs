//! Tokens that were verified before, so that the next request with one costs no signature.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};

use super::guard::RequireJwt;
use super::verifier::Verified;

/// The room for tokens unless the author says otherwise, in bytes.
const USUAL: usize = 8 * 1024 * 1024;

/// What a token takes beyond its text and its claims, about.
const OVERHEAD: usize = 512;

/// How many tokens are watched for their second sight, a power of two.
const WATCHED: usize = 4096;

/// How much of a token is hashed: the end of its signature, which nobody chooses.
const TAIL: usize = 32;

/// How full the cache of verified tokens is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenCacheStatus {
    /// How many tokens are kept.
    pub tokens: usize,
    /// The room that they take, in bytes, about.
    pub bytes: u64,
    /// The room that they may take at most, in bytes.
    pub capacity: u64,
}

impl RequireJwt {
    /// Keeps tokens that were verified in at most about `bytes` (default: 8 MiB, some 5000 tokens;
    /// 0 keeps none), so that a token that comes again costs no signature check. A token is kept
    /// from the second time on that it is verified, until it expires or an issuer's keys change,
    /// and is found by its whole text. Whatever can change from one request to the next is asked
    /// each time: the hour, revocation, proofs of possession, scopes and the author's checks.
    ///
    /// A clone shares the cache until one of the two is changed by a `with_` step.
    #[must_use]
    pub fn with_token_cache(mut self, bytes: usize) -> Self {
        self.issuers.keep_in(Kept::with_room(bytes));
        self
    }

    /// How full the cache of verified tokens is.
    #[must_use]
    pub fn token_cache(&self) -> TokenCacheStatus {
        self.issuers.kept().status()
    }
}

/// The tokens of one guard, by its rules alone.
pub(super) struct Kept {
    /// None if there is no room at all.
    tokens: Option<Cache<Text, Arc<Verified>, BySize>>,
    room: usize,
    /// The last token seen in each place, by a few bytes of its signature.
    sighted: Box<[AtomicU64]>,
}

impl Kept {
    pub(super) fn with_room(bytes: usize) -> Self {
        let typical = 1024 + OVERHEAD;
        let cache = || Cache::with_weighter(bytes / typical, bytes as u64, BySize);
        let watched = if bytes == 0 { 0 } else { WATCHED };
        Self {
            tokens: (bytes > 0).then(cache),
            room: bytes,
            sighted: (0..watched).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// As much room, and nothing in it.
    pub(super) fn emptied(&self) -> Self {
        Self::with_room(self.room)
    }

    pub(super) fn get(&self, token: &[u8]) -> Option<Arc<Verified>> {
        self.tokens.as_ref()?.get(&Sought(token))
    }

    pub(super) fn forget(&self, token: &[u8]) {
        if let Some(tokens) = &self.tokens {
            tokens.remove(&Sought(token));
        }
    }

    /// Keeps a token that has just been verified, if it is not the first time: one that comes once
    /// only would take the room of one that comes again.
    pub(super) fn keep(&self, token: &[u8], verified: &Arc<Verified>) {
        if let Some(tokens) = &self.tokens
            && self.was_sighted(token)
        {
            tokens.insert(Text(token.into()), Arc::clone(verified));
        }
    }

    fn was_sighted(&self, token: &[u8]) -> bool {
        // The last characters of a signature are as good as random. Should two tokens fall into one
        // place, they are verified once more than they had to be.
        let Some(mark) = token.last_chunk() else {
            return false; // there is no such signature
        };
        let mark = u64::from_ne_bytes(*mark);
        let place = mark.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - WATCHED.trailing_zeros());
        let place = usize::try_from(place).ok();
        place
            .and_then(|place| self.sighted.get(place))
            .is_some_and(|seen| seen.swap(mark, Ordering::Relaxed) == mark)
    }

    fn status(&self) -> TokenCacheStatus {
        let of = |look: fn(&Cache<_, _, _>) -> u64| self.tokens.as_ref().map_or(0, look);
        TokenCacheStatus {
            tokens: self.tokens.as_ref().map_or(0, Cache::len),
            bytes: of(Cache::weight),
            capacity: of(Cache::capacity),
        }
    }
}

impl Default for Kept {
    fn default() -> Self {
        Self::with_room(USUAL)
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({:?})", self.status())
    }
}

/// A whole token.
#[derive(PartialEq, Eq)]
struct Text(Box<[u8]>);

/// A token that is looked for.
struct Sought<'t>(&'t [u8]);

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Sought(&self.0).hash(state);
    }
}

impl Hash for Sought<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.0.last_chunk::<TAIL>().map_or(self.0, |tail| tail));
    }
}

impl Equivalent<Text> for Sought<'_> {
    fn equivalent(&self, key: &Text) -> bool {
        *self.0 == *key.0
    }
}

#[derive(Clone)]
struct BySize;

impl Weighter<Text, Arc<Verified>> for BySize {
    fn weight(&self, token: &Text, verified: &Arc<Verified>) -> u64 {
        // The claims stand in the payload and once more in the principal.
        (token.0.len() + 2 * verified.payload.len() + OVERHEAD) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Principal;

    fn verified(subject: &str) -> Arc<Verified> {
        Arc::new(Verified::of_test(Principal::new(subject)))
    }

    fn subject(kept: &Kept, token: &str) -> Option<String> {
        let found = kept.get(token.as_bytes())?;
        Some(found.principal.subject().to_owned())
    }

    /// A token of the usual length that ends in `tail`.
    fn token(head: &str, tail: usize) -> String {
        format!("{head}{:.>400}{tail:0>40}", "")
    }

    #[test]
    fn a_token_is_kept_from_its_second_sight_on_and_found_by_all_of_its_text() {
        let kept = Kept::default();
        let (one, twin) = (token("a", 7), token("b", 7));
        kept.keep(one.as_bytes(), &verified("alice"));
        assert_eq!(subject(&kept, &one), None);
        kept.keep(one.as_bytes(), &verified("alice"));
        assert_eq!(subject(&kept, &one).as_deref(), Some("alice"));
        // Its twin has the same end, so it has the same hash and looks as if it had been seen.
        assert_eq!(subject(&kept, &twin), None);
        kept.keep(twin.as_bytes(), &verified("bob"));
        assert_eq!(subject(&kept, &one).as_deref(), Some("alice"));
        assert_eq!(subject(&kept, &twin).as_deref(), Some("bob"));
        kept.forget(one.as_bytes());
        assert_eq!(subject(&kept, &one), None);
        assert_eq!(subject(&kept, &twin).as_deref(), Some("bob"));
        assert_eq!(kept.emptied().status().tokens, 0);
    }

    #[test]
    fn the_room_is_bounded_and_reported() {
        let kept = Kept::with_room(100_000);
        for tail in 0..10_000 {
            for _ in 0..2 {
                kept.keep(token("a", tail).as_bytes(), &verified("alice"));
            }
        }
        let status = kept.status();
        assert!(status.tokens > 20, "{status:?}");
        assert!(status.bytes <= status.capacity, "{status:?}");
        assert!(status.capacity <= 100_000, "{status:?}");

        let once = Kept::with_room(100_000);
        for tail in 0..10_000 {
            once.keep(token("a", tail).as_bytes(), &verified("alice"));
        }
        assert_eq!(once.status().tokens, 0);

        let none = Kept::with_room(0);
        for _ in 0..3 {
            none.keep(token("a", 1).as_bytes(), &verified("alice"));
        }
        assert_eq!(none.status().tokens + none.sighted.len(), 0);
    }
}
