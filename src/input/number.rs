//! Numbers as JSON has them, compared without rounding.

use std::cmp::Ordering;
use std::fmt;

use serde_json::{Number as Json, Value};

/// A number of a document or of a rule.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    /// Written without fraction and exponent, and within 64 bits.
    Whole(i128),
    /// Everything else; finite.
    Real(f64),
}

/// 2^127, the first float beyond `i128`.
const BEYOND: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;

impl Number {
    pub(super) fn of(value: &Value) -> Option<Self> {
        Self::of_json(value.as_number()?)
    }

    pub(super) fn of_json(number: &Json) -> Option<Self> {
        let whole = number
            .as_u64()
            .map(i128::from)
            .or_else(|| number.as_i64().map(i128::from));
        whole
            .map(Self::Whole)
            .or_else(|| number.as_f64().map(Self::Real))
    }

    /// The number as JSON has it.
    pub(super) fn to_json(self) -> Value {
        let number = match self {
            Self::Whole(whole) => Json::from_i128(whole),
            Self::Real(real) => Json::from_f64(real),
        };
        number.map_or(Value::Null, Value::Number)
    }

    /// Whether it is a whole number, however it is written.
    pub(super) fn is_integral(self) -> bool {
        match self {
            Self::Whole(_) => true,
            Self::Real(real) => real.fract() == 0.0,
        }
    }

    /// The whole number that this is, if it is one and not beyond 127 bits.
    pub(super) fn as_whole(self) -> Result<i128, f64> {
        match self {
            Self::Whole(whole) => Ok(whole),
            #[expect(clippy::cast_possible_truncation, reason = "only if it is exact")]
            Self::Real(real) if real.fract() == 0.0 && real.abs() < BEYOND => Ok(real as i128),
            Self::Real(real) => Err(real),
        }
    }

    /// Whether it is `divisor` times a whole number.
    pub(super) fn is_multiple_of(self, divisor: u64) -> bool {
        match self {
            Self::Whole(whole) => whole.checked_rem(i128::from(divisor)) == Some(0),
            // A float from 2^53 on is a whole number, and so is the remainder of two of them.
            #[expect(clippy::cast_precision_loss, reason = "the rule is at most 2^53")]
            Self::Real(real) => real % (divisor as f64) == 0.0,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(whole) => write!(f, "{whole}"),
            Self::Real(real) => write!(f, "{real:?}"),
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (*self, *other) {
            (Self::Whole(one), Self::Whole(two)) => Some(one.cmp(&two)),
            (Self::Real(one), Self::Real(two)) => one.partial_cmp(&two),
            (Self::Whole(one), Self::Real(two)) => whole_to_real(one, two),
            (Self::Real(one), Self::Whole(two)) => whole_to_real(two, one).map(Ordering::reverse),
        }
    }
}

fn whole_to_real(whole: i128, real: f64) -> Option<Ordering> {
    if real >= BEYOND {
        return Some(Ordering::Less);
    }
    if real < -BEYOND {
        return Some(Ordering::Greater);
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "within i128, and the rest is compared"
    )]
    let floor = real.trunc() as i128;
    match whole.cmp(&floor) {
        Ordering::Equal => 0.0.partial_cmp(&real.fract()),
        order => Some(order),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn number(value: &Value) -> Number {
        Number::of(value).unwrap()
    }

    #[test]
    fn numbers_are_compared_exactly_across_their_forms() {
        for (one, two, order) in [
            (json!(1), json!(1.0), Ordering::Equal),
            (json!(1), json!(1.5), Ordering::Less),
            (json!(-1), json!(-1.5), Ordering::Greater),
            (
                json!(u64::MAX),
                json!(18_446_744_073_709_551_616.0),
                Ordering::Less,
            ),
            (
                json!(i64::MIN),
                json!(-9_223_372_036_854_775_808.0),
                Ordering::Equal,
            ),
            (
                json!(9_007_199_254_740_993_u64),
                json!(9_007_199_254_740_992.0),
                Ordering::Greater,
            ),
            (json!(1e300), json!(u64::MAX), Ordering::Greater),
            (json!(-1e300), json!(i64::MIN), Ordering::Less),
            (json!(-0.0), json!(0), Ordering::Equal),
        ] {
            assert_eq!(
                number(&one).partial_cmp(&number(&two)),
                Some(order),
                "{one} {two}"
            );
            assert_eq!(
                number(&two).partial_cmp(&number(&one)),
                Some(order.reverse())
            );
        }
    }

    #[test]
    fn multiples_are_whole_multiples() {
        for (value, divisor, multiple) in [
            (json!(9), 3, true),
            (json!(10), 3, false),
            (json!(-9), 3, true),
            (json!(9.0), 3, true),
            (json!(9.5), 3, false),
            (json!(u64::MAX), 5, true),
        ] {
            assert_eq!(number(&value).is_multiple_of(divisor), multiple, "{value}");
        }
        assert!(number(&json!(2.0)).is_integral() && !number(&json!(2.5)).is_integral());
    }
}
