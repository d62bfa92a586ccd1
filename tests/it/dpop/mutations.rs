//! No change to a good proof makes another good one.

use proptest::prelude::*;
use serde_json::json;

use super::world::{World, dpop};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_proof_that_was_changed_anywhere_is_refused(
        at in any::<prop::sample::Index>(),
        how in 0_u8..4,
        to in prop::char::range('!', '~'),
    ) {
        let world = World::new(dpop());
        let good = world.proof(json!({}));
        let at = at.index(good.len());
        let mut changed = good.clone();
        match how {
            0 => changed.replace_range(at..=at, &to.to_string()),
            1 => changed.insert(at, to),
            2 => drop(changed.remove(at)),
            _ => changed.truncate(at),
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let status = runtime.block_on(world.show(&changed)).status;
        prop_assert_eq!(status, if changed == good { 200 } else { 401 });
        prop_assert_eq!(runtime.block_on(world.show(&good)).status == 200, changed != good);
    }
}
