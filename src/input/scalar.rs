//! The rules of single values, and of sizes.

use serde_json::Value;

use super::kinds::Kinds;
use super::number::Number;
use super::program::{NumberRules, Rules, TextRules};
use crate::body::Wording;

/// A value that holds no others.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scalar<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(&'a str),
}

impl Scalar<'_> {
    pub(super) fn whole(number: impl Into<i128>) -> Self {
        Self::Number(Number::Whole(number.into()))
    }

    pub(super) fn real(number: f64) -> Self {
        Self::Number(Number::Real(number))
    }

    pub(super) fn is_null(self) -> bool {
        matches!(self, Self::Null)
    }

    /// Checks the value against `rules` and tells each that it breaks.
    pub(super) fn check(self, rules: &Rules, mut fault: impl FnMut(&'static str, Wording)) {
        if !rules.kinds.has(self.kind()) {
            if !self.is_whole_beyond(rules, &mut fault) {
                fault("type", rules.kinds.demand().into());
            }
            return;
        }
        if rules
            .one_of
            .as_ref()
            .is_some_and(|list| !list.iter().any(|value| self.is(value)))
        {
            fault(
                "enum",
                "must be one of the values that this field takes".into(),
            );
            return;
        }
        match self {
            Self::Text(text) => rules.text.check(text, fault),
            Self::Number(number) => rules.number.check(number, fault),
            Self::Null | Self::Bool(_) => {}
        }
    }

    /// `1.0` is no integer here: the number types of Rust do not take it, so one verdict is given
    /// for all.
    fn kind(self) -> Kinds {
        match self {
            Self::Null => Kinds::NULL,
            Self::Bool(_) => Kinds::BOOLEAN,
            Self::Number(Number::Whole(_)) => Kinds::INTEGER,
            Self::Number(Number::Real(_)) => Kinds::NUMBER,
            Self::Text(_) => Kinds::STRING,
        }
    }

    /// The parser gives whole numbers beyond 64 bits as floats. Where an integer is wanted, it is
    /// the bound that they break.
    fn is_whole_beyond(self, rules: &Rules, mut fault: impl FnMut(&'static str, Wording)) -> bool {
        let mut told = false;
        if let Self::Number(number) = self
            && rules.kinds.has(Kinds::INTEGER)
            && number.is_integral()
        {
            rules.number.check(number, |code, detail| {
                told = true;
                fault(code, detail);
            });
        }
        told
    }

    pub(super) fn is(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Null, Value::Null) => true,
            (Self::Bool(one), Value::Bool(two)) => one == *two,
            (Self::Text(one), Value::String(two)) => one == two,
            (Self::Number(one), two) => Number::of(two).is_some_and(|two| one == two),
            _ => false,
        }
    }
}

impl TextRules {
    fn check(&self, text: &str, mut fault: impl FnMut(&'static str, Wording)) {
        // Counting is needed only if the bytes alone do not settle it: a character has 1 to 4.
        let bytes = text.len();
        let short = self.min.is_some_and(|min| bytes < min.saturating_mul(4));
        let long = self.max.is_some_and(|max| bytes > max);
        if short || long {
            check_size(
                text.chars().count(),
                self.min,
                self.max,
                &CHARACTERS,
                &mut fault,
            );
        }
        // A string that is too long is not looked at further.
        if long && self.max.is_some_and(|max| text.chars().count() > max) {
            return;
        }
        if self
            .pattern
            .as_ref()
            .is_some_and(|pattern| !pattern.admits_text(text))
        {
            fault("pattern", "must follow the pattern of this field".into());
        }
        if let Some((name, format)) = &self.format
            && !format.admits_text(text)
        {
            fault("format", format!("must be of the format {name}").into());
        }
    }
}

impl NumberRules {
    fn check(&self, number: Number, mut fault: impl FnMut(&'static str, Wording)) {
        let mut broken = |code, keyword, words, bound: Number| {
            let detail = format!("must be {words} {bound}");
            fault(code, Wording::with_number(detail, keyword, bound.to_json()));
        };
        if let Some(min) = self.min.filter(|min| number < *min) {
            broken("minimum", "minimum", "at least", min);
        }
        if let Some(max) = self.max.filter(|max| number > *max) {
            broken("maximum", "maximum", "at most", max);
        }
        if let Some(over) = self.over.filter(|over| number <= *over) {
            broken("exclusive-minimum", "exclusiveMinimum", "more than", over);
        }
        if let Some(under) = self.under.filter(|under| number >= *under) {
            broken("exclusive-maximum", "exclusiveMaximum", "less than", under);
        }
        if let Some(divisor) = self
            .multiple_of
            .filter(|divisor| !number.is_multiple_of(*divisor))
        {
            let divisor = Number::Whole(divisor.into());
            broken("multiple-of", "multipleOf", "a multiple of", divisor);
        }
    }
}

/// The code and the keyword for too few, those for too many, and what is counted.
pub(super) struct Counted([&'static str; 2], [&'static str; 2], &'static str);

const CHARACTERS: Counted = Counted(
    ["min-length", "minLength"],
    ["max-length", "maxLength"],
    "characters",
);
pub(super) const ITEMS: Counted = Counted(
    ["min-items", "minItems"],
    ["max-items", "maxItems"],
    "items",
);
pub(super) const MEMBERS: Counted = Counted(
    ["min-properties", "minProperties"],
    ["max-properties", "maxProperties"],
    "fields",
);

pub(super) fn check_size(
    size: usize,
    min: Option<usize>,
    max: Option<usize>,
    counted: &Counted,
    mut fault: impl FnMut(&'static str, Wording),
) {
    let Counted(few, many, what) = counted;
    let mut broken = |[code, keyword]: [&'static str; 2], words, bound: usize| {
        let detail = format!("must have {words} {bound} {what}");
        fault(code, Wording::with_number(detail, keyword, bound.into()));
    };
    if let Some(min) = min.filter(|min| size < *min) {
        broken(*few, "at least", min);
    }
    if let Some(max) = max.filter(|max| size > *max) {
        broken(*many, "at most", max);
    }
}

/// Whether an array or an object, as `kind` says, may stand here; if not, that is told.
#[inline]
pub(super) fn is_container(
    rules: &Rules,
    kind: Kinds,
    fault: impl FnOnce(&'static str, Wording),
) -> bool {
    if !rules.kinds.has(kind) {
        fault("type", rules.kinds.demand().into());
        return false;
    }
    if rules.one_of.is_some() {
        fault(
            "enum",
            "must be one of the values that this field takes".into(),
        );
        return false;
    }
    true
}
