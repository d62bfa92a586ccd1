//! The rules of single values, and of sizes.

use std::borrow::Cow;

use serde_json::Value;

use super::kinds::Kinds;
use super::number::Number;
use super::program::{NumberRules, Rules, TextRules};

type Detail = Cow<'static, str>;

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
    pub(super) fn check(self, rules: &Rules, mut fault: impl FnMut(&'static str, Detail)) {
        if !rules.kinds.has(self.kind()) {
            if !self.is_whole_beyond(rules, &mut fault) {
                fault("type", rules.kinds.demand());
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
    fn is_whole_beyond(self, rules: &Rules, mut fault: impl FnMut(&'static str, Detail)) -> bool {
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
    fn check(&self, text: &str, mut fault: impl FnMut(&'static str, Detail)) {
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
    fn check(&self, number: Number, mut fault: impl FnMut(&'static str, Detail)) {
        if let Some(min) = self.min.filter(|min| number < *min) {
            fault("minimum", format!("must be at least {min}").into());
        }
        if let Some(max) = self.max.filter(|max| number > *max) {
            fault("maximum", format!("must be at most {max}").into());
        }
        if let Some(over) = self.over.filter(|over| number <= *over) {
            fault(
                "exclusive-minimum",
                format!("must be more than {over}").into(),
            );
        }
        if let Some(under) = self.under.filter(|under| number >= *under) {
            fault(
                "exclusive-maximum",
                format!("must be less than {under}").into(),
            );
        }
        if let Some(divisor) = self
            .multiple_of
            .filter(|divisor| !number.is_multiple_of(*divisor))
        {
            fault(
                "multiple-of",
                format!("must be a multiple of {divisor}").into(),
            );
        }
    }
}

/// The codes for too few and too many, and what is counted.
pub(super) struct Counted(&'static str, &'static str, &'static str);

const CHARACTERS: Counted = Counted("min-length", "max-length", "characters");
pub(super) const ITEMS: Counted = Counted("min-items", "max-items", "items");
pub(super) const MEMBERS: Counted = Counted("min-properties", "max-properties", "fields");

pub(super) fn check_size(
    size: usize,
    min: Option<usize>,
    max: Option<usize>,
    counted: &Counted,
    mut fault: impl FnMut(&'static str, Detail),
) {
    let Counted(few, many, what) = counted;
    if let Some(min) = min.filter(|min| size < *min) {
        fault(few, format!("must have at least {min} {what}").into());
    }
    if let Some(max) = max.filter(|max| size > *max) {
        fault(many, format!("must have at most {max} {what}").into());
    }
}

/// Whether an array or an object, as `kind` says, may stand here; if not, that is told.
#[inline]
pub(super) fn is_container(
    rules: &Rules,
    kind: Kinds,
    fault: impl FnOnce(&'static str, Detail),
) -> bool {
    if !rules.kinds.has(kind) {
        fault("type", rules.kinds.demand());
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
