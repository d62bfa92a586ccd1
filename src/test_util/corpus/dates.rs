//! Attacks by dates, rightly signed (RFC 7519, sections 2 and 4.1.4 to 4.1.6).

use serde_json::{Value, json};

use crate::test_util::attack::Attack;
use crate::test_util::draft::Draft;

/// A little more than clocks may ever differ by, in seconds.
const FAR: u64 = 330;

pub(super) fn attacks(good: &Draft) -> Vec<Attack> {
    let now = good.issuer().now();
    let mut all = vec![
        Attack::token("expired", &good.clone().expired().sign()),
        Attack::token("not_yet_valid", &good.clone().not_yet_valid().sign()),
    ];
    let past = json!(now.saturating_sub(FAR));
    let future = json!(now.saturating_add(FAR));
    for (name, value) in [
        ("exp_past", past.clone()),
        ("exp_zero", json!(0)),
        ("exp_in_1970", json!(1.5)),
        ("nbf_future", future.clone()),
        ("nbf_in_the_year_9000", json!(222_000_000_000_u64)),
        ("iat_future", future),
        ("iat_in_the_year_9000", json!(222_000_000_000_u64)),
    ] {
        let (claim, _) = name.split_once('_').unwrap_or_default();
        let draft = good.clone().with_claim(claim, value);
        all.push(Attack::token(name, &draft.sign()));
    }
    for claim in ["exp", "nbf", "iat"] {
        for (variant, value) in odd() {
            let draft = good.clone().with_claim(claim, value);
            all.push(Attack::token(format!("{claim}_{variant}"), &draft.sign()));
        }
    }
    all
}

/// What is no date at all.
fn odd() -> [(&'static str, Value); 11] {
    [
        ("text", json!("9999999999")),
        ("date_as_text", json!("2099-01-01T00:00:00Z")),
        ("not_a_number_as_text", json!("NaN")),
        ("null", Value::Null),
        ("boolean", json!(true)),
        ("array", json!([9_999_999_999_u64])),
        ("object", json!({ "seconds": 9_999_999_999_u64 })),
        ("negative", json!(-1)),
        ("enormous", json!(1e300)),
        ("enormously_negative", json!(-1e300)),
        ("greatest_integer", json!(u64::MAX)),
    ]
}
