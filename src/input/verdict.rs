//! Whether single values keep their rules, without a word on which they break: for the one pass.
//! [`scalar`](super::scalar) says it in words.

use super::kinds::Kinds;
use super::number::Number;
use super::program::{NumberRules, Rules, TextRules};
use super::scalar::Scalar;

impl Rules {
    /// Whether a value that holds no others keeps the rules.
    #[inline]
    pub(super) fn allow(&self, value: Scalar<'_>) -> bool {
        let at_once = match value {
            Scalar::Text(text) if self.is_plain_text => self.text.is_surely_within(text),
            Scalar::Bool(_) if self.is_plain_bool => true,
            _ => false,
        };
        at_once || self.allow_all(value)
    }

    fn allow_all(&self, value: Scalar<'_>) -> bool {
        let kind = match value {
            Scalar::Null => Kinds::NULL,
            Scalar::Bool(_) => Kinds::BOOLEAN,
            Scalar::Number(Number::Whole(_)) => Kinds::INTEGER,
            Scalar::Number(Number::Real(_)) => Kinds::NUMBER,
            Scalar::Text(_) => Kinds::STRING,
        };
        if !self.kinds.has(kind) {
            return false;
        }
        if let Some(list) = &self.one_of
            && !list.iter().any(|one| value.is(one))
        {
            return false;
        }
        match value {
            Scalar::Text(text) => self.text.allow(text),
            Scalar::Number(number) => self.number.allow(number),
            Scalar::Null | Scalar::Bool(_) => true,
        }
    }
}

impl TextRules {
    /// A character has 1 to 4 bytes: mostly they need not be counted.
    #[inline]
    fn is_surely_within(&self, text: &str) -> bool {
        let bytes = text.len();
        bytes.div_ceil(4) >= self.min.unwrap_or(0) && bytes <= self.max.unwrap_or(usize::MAX)
    }

    fn allow(&self, text: &str) -> bool {
        if !self.is_surely_within(text) {
            let (min, max) = (self.min.unwrap_or(0), self.max.unwrap_or(usize::MAX));
            let count = text.chars().count();
            if count < min || count > max {
                return false;
            }
        }
        self.pattern.is_none() && self.format.is_none() || self.is_formed(text)
    }

    fn is_formed(&self, text: &str) -> bool {
        let pattern = self.pattern.as_ref();
        let format = self.format.as_ref();
        pattern.is_none_or(|pattern| pattern.admits_text(text))
            && format.is_none_or(|(_, format)| format.admits_text(text))
    }
}

impl NumberRules {
    #[inline]
    fn allow(&self, number: Number) -> bool {
        self.min.is_none_or(|min| at_least(number, min))
            && self.max.is_none_or(|max| at_least(max, number))
            && self.over.is_none_or(|over| number > over)
            && self.under.is_none_or(|under| number < under)
            && self
                .multiple_of
                .is_none_or(|divisor| number.is_multiple_of(divisor))
    }
}

#[inline]
fn at_least(one: Number, two: Number) -> bool {
    match (one, two) {
        (Number::Whole(one), Number::Whole(two)) => one >= two,
        (Number::Real(one), Number::Real(two)) => one >= two,
        (one, two) => one >= two,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use crate::input::Schema;

    fn any_rules() -> impl Strategy<Value = Value> {
        let size = || proptest::option::of(0..5_u64);
        let number = || {
            proptest::option::of(prop_oneof![
                (-5..5_i64).prop_map(Value::from),
                (-5..5_i32).prop_map(|n| json!(f64::from(n) / 2.0))
            ])
        };
        (
            size(),
            size(),
            number(),
            number(),
            number(),
            number(),
            proptest::option::of(1..4_u64),
        )
            .prop_map(|(min, max, least, most, over, under, multiple)| {
                let mut rules = json!({ "type": ["string", "number", "boolean"] });
                for (word, rule) in [
                    ("minLength", json!(min)),
                    ("maxLength", json!(max)),
                    ("minimum", json!(least)),
                    ("maximum", json!(most)),
                    ("exclusiveMinimum", json!(over)),
                    ("exclusiveMaximum", json!(under)),
                    ("multipleOf", json!(multiple)),
                ] {
                    if !rule.is_null() {
                        rules[word] = rule;
                    }
                }
                rules
            })
    }

    proptest! {
        #[test]
        fn what_is_allowed_breaks_no_rule(rules in any_rules(), text in "[a\u{e9}\u{20ac}\u{1f600}]{0,6}", whole: i64, small in -6..6_i32) {
            let schema = Schema::from_value(rules).unwrap();
            let values = [
                json!(text), json!(whole), json!(small), json!(f64::from(small) / 2.0), json!(f64::from(small) / 3.0), json!(u64::MAX),
            ];
            for value in values {
                let body = value.to_string();
                let told = schema.check(body.as_bytes());
                prop_assert_eq!(schema.read::<Value>(body.as_bytes()).is_ok(), told.is_ok(), "{} {:?}", body, schema);
            }
        }
    }
}
