//! All that is wrong with a body, within bounds.

use std::borrow::Cow;

use serde_json::Value;

use crate::problem::{FieldFault, Kind, Problem};

/// How many faults one answer lists.
const MAX_FAULTS: usize = 32;

/// How many bytes of a response the list may fill: 8 KiB less the frame around it.
const MAX_BYTES: usize = 8 * 1024 - 256;

/// What the JSON of one fault has beside its texts, wherever it is.
const FRAME: usize = r#"{"pointer":"","in":"header","code":"","detail":""},"#.len();

/// What the JSON of a rule's own number has beside it.
const NUMBER_FRAME: usize = r#","params":{"":}"#.len();

/// A rule in words, with its own number if it has one.
pub(crate) struct Wording {
    detail: Cow<'static, str>,
    number: Option<(&'static str, Value)>,
}

impl Wording {
    /// A rule whose number a schema gives by `keyword`.
    pub(crate) fn with_number(
        detail: impl Into<Cow<'static, str>>,
        keyword: &'static str,
        number: Value,
    ) -> Self {
        Self {
            detail: detail.into(),
            number: Some((keyword, number)),
        }
    }

    fn into_fault(self, pointer: String, code: &'static str) -> FieldFault {
        let fault = FieldFault::new(pointer, code, self.detail);
        match self.number {
            Some((keyword, number)) => fault.with_param(keyword, number),
            None => fault,
        }
    }

    fn bytes(&self) -> usize {
        let number = self.number.as_ref();
        self.detail.len()
            + number.map_or(0, |(keyword, number)| {
                NUMBER_FRAME + keyword.len() + number.to_string().len()
            })
    }
}

impl<T: Into<Cow<'static, str>>> From<T> for Wording {
    fn from(detail: T) -> Self {
        Self {
            detail: detail.into(),
            number: None,
        }
    }
}

/// The first faults of a body, and whether there are more.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    list: Vec<FieldFault>,
    bytes: usize,
    truncated: bool,
}

impl Faults {
    /// Adds a fault. Beyond the bounds it is only noted that there is more.
    pub(crate) fn add(
        &mut self,
        pointer: impl FnOnce() -> String,
        code: &'static str,
        rule: impl Into<Wording>,
    ) {
        if self.truncated || self.list.len() >= MAX_FAULTS {
            self.truncated = true;
            return;
        }
        let (pointer, rule) = (pointer(), rule.into());
        let bytes = pointer.len() + code.len() + rule.bytes() + FRAME;
        if self.bytes + bytes > MAX_BYTES {
            self.truncated = true;
            return;
        }
        self.bytes += bytes;
        self.list.push(rule.into_fault(pointer, code));
    }

    /// Whether nothing that is found from here on would be told.
    #[cfg(feature = "json")]
    pub(crate) fn is_full(&self) -> bool {
        self.truncated
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty() && !self.truncated
    }

    /// The refusal that lists the faults.
    pub(crate) fn into_problem(self, reason: &'static str) -> Problem {
        Problem::new(Kind::InvalidBody)
            .because(reason)
            .with_faults(self.list, self.truncated)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Response;

    use super::*;
    use crate::problem::Location;

    fn filled(count: usize, pointer: &str) -> Problem {
        let mut faults = Faults::default();
        for _ in 0..count {
            faults.add(|| pointer.to_owned(), "type", "must be a string");
        }
        faults.into_problem("rules_broken")
    }

    #[test]
    fn the_list_holds_thirty_two_faults_and_says_when_there_are_more() {
        for (count, kept, truncated) in [(0, 0, false), (32, 32, false), (33, 32, true)] {
            let problem = filled(count, "#/a");
            assert_eq!(problem.faults().len(), kept);
            assert_eq!(problem.is_truncated(), truncated);
        }
    }

    #[test]
    fn no_answer_is_longer_than_eight_kibibytes() {
        for (depth, least) in [(32, 3), (16, 6), (3, 24)] {
            let pointer = format!("#{}", format!("/{}", "a".repeat(64)).repeat(depth));
            let mut faults = Faults::default();
            for _ in 0..1_000 {
                let rule = || Wording::with_number("must be", "maximum", u64::MAX.into());
                faults.add(|| pointer.clone(), "maximum", rule());
            }
            let problem = faults.into_problem("rules_broken");
            assert!(problem.is_truncated());
            assert!(problem.faults().len() >= least, "{depth}");
            let response: Response<Bytes> = problem.of_parameters(Location::Header).into_http();
            assert!(response.body().len() <= 8 * 1024);
        }
    }
}
