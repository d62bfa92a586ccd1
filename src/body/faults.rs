//! All that is wrong with a body, within bounds.

use std::borrow::Cow;

use crate::problem::{FieldFault, Kind, Problem};

/// How many faults one answer lists.
const MAX_FAULTS: usize = 32;

/// How many bytes of a response the list may fill: 8 KiB less the frame around it.
const MAX_BYTES: usize = 8 * 1024 - 256;

/// What the JSON of one fault has beside its three texts.
const FRAME: usize = r#"{"pointer":"","code":"","detail":""},"#.len();

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
        detail: impl Into<Cow<'static, str>>,
    ) {
        if self.truncated || self.list.len() >= MAX_FAULTS {
            self.truncated = true;
            return;
        }
        let fault = FieldFault::new(pointer(), code, detail);
        let bytes = fault.pointer.len() + fault.code.len() + fault.detail.len() + FRAME;
        if self.bytes + bytes > MAX_BYTES {
            self.truncated = true;
            return;
        }
        self.bytes += bytes;
        self.list.push(fault);
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
        let longest = format!("#{}", format!("/{}", "a".repeat(64)).repeat(32));
        let problem = filled(1_000, &longest);
        assert!(problem.is_truncated());
        assert!(problem.faults().len() >= 3);
        let response: Response<Bytes> = problem.into_http();
        assert!(response.body().len() <= 8 * 1024);
    }
}
