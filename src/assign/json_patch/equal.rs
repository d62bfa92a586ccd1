//! When two values are one (RFC 6902, section 4.6).

use serde_json::{Number, Value};

/// Whether `one` and `other` are equal: numbers by what they mean, objects in any order.
pub(super) fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => same_number(one, other),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let has = |(name, value)| other.get(name).is_some_and(|other| equal(value, other));
            one.len() == other.len() && one.iter().all(has)
        }
        (one, other) => one == other,
    }
}

fn same_number(one: &Number, other: &Number) -> bool {
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one.as_f64() == other.as_f64(),
        _ => false,
    }
}

/// The number, if it is a whole one that is written without loss.
fn whole(number: &Number) -> Option<i128> {
    let by_integer = number.as_i64().map(i128::from);
    by_integer
        .or_else(|| number.as_u64().map(i128::from))
        .or_else(|| {
            // Beyond this a float may stand for many numbers, and none equals an integer.
            let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
            #[allow(clippy::cast_possible_truncation)] // bounded
            (float.abs() < 1e30).then_some(float as i128)
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_equal_by_what_they_mean() {
        for (one, other, same) in [
            (json!(1), json!(1.0), true),
            (json!(-0.0), json!(0), true),
            (json!(1e300), json!(1e300), true),
            (json!(1.5), json!(1.5), true),
            (json!(1), json!(1.5), false),
            (
                json!(9_007_199_254_740_993_u64),
                json!(9_007_199_254_740_992.0),
                false,
            ),
            (json!(u64::MAX), json!(18_446_744_073_709_551_616.0), false),
            (json!(-1), json!(u64::MAX), false),
            (
                json!({ "a": 1, "b": [2] }),
                json!({ "b": [2.0], "a": 1 }),
                true,
            ),
            (json!({ "a": 1 }), json!({ "a": 1, "b": null }), false),
            (
                json!({ "a": 1, "b": null }),
                json!({ "a": 1, "c": null }),
                false,
            ),
            (json!([1, 2]), json!([2, 1]), false),
            (json!([1]), json!([1, 1]), false),
            (json!("1"), json!(1), false),
            (json!(null), json!(false), false),
            (json!("\u{e9}"), json!("e\u{301}"), false),
        ] {
            assert_eq!(equal(&one, &other), same, "{one} {other}");
            assert_eq!(equal(&other, &one), same, "{one} {other}");
        }
    }
}
