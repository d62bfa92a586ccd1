//! How fast a body must come in.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::clock::nanoseconds;

const NANOSECONDS: u64 = 1_000_000_000;

/// A lowest speed, and how long a caller may fall behind it.
///
/// A body begins with the whole patience. Waiting for it uses patience up, second by second; what
/// comes in earns it back, a second for each `bytes_a_second`, and never more than the whole. So
/// neither a stall nor a drip outlasts it, however much came in before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) bytes_a_second: NonZeroU32,
    pub(super) patience: Duration,
}

impl Pace {
    /// The patience that is left after `waited`, of which there was `left`, for so many `bytes`.
    pub(super) fn after(self, left: Duration, waited: Duration, bytes: usize) -> Duration {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let rate = u64::from(self.bytes_a_second.get());
        let earned = bytes.saturating_mul(NANOSECONDS) / rate;
        let left = nanoseconds(left.saturating_sub(waited));
        Duration::from_nanos(left.saturating_add(earned)).min(self.patience)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PACE: Pace = Pace {
        bytes_a_second: NonZeroU32::new(500).unwrap(),
        patience: Duration::from_secs(20),
    };

    #[test]
    fn waiting_uses_patience_up_and_bytes_earn_it_back() {
        for (left, waited, bytes, after) in [
            (20_000, 0, 0, 20_000),
            (20_000, 5_000, 0, 15_000),
            (20_000, 20_000, 0, 0),
            (20_000, 25_000, 500, 1_000),
            (10_000, 4_000, 1_000, 8_000),
            (10_000, 0, 1, 10_002),
            (19_999, 0, 1, 20_000),
            (1, 0, usize::MAX, 20_000),
        ] {
            let [left, waited, expected] = [left, waited, after].map(Duration::from_millis);
            assert_eq!(PACE.after(left, waited, bytes), expected);
        }
    }

    proptest! {
        #[test]
        fn whoever_is_borne_with_was_never_far_behind(
            steps in prop::collection::vec((0_u64..30_000, 0_usize..20_000), 1..50),
        ) {
            let mut left = PACE.patience;
            let (mut waited_all, mut bytes_all) = (0, 0);
            for (waited, bytes) in steps {
                let wait = Duration::from_millis(waited);
                if wait >= left {
                    break; // this is where the body is cut off
                }
                waited_all += waited;
                bytes_all += bytes as u64;
                prop_assert!(waited_all < 20_000 + bytes_all * 1_000 / 500 + waited);
                left = PACE.after(left, wait, bytes);
                prop_assert!(left <= PACE.patience);
            }
        }
    }
}
