//! JSON pointers that callers write (RFC 6901).

use crate::assign::step::unescaped;

/// The longest pointer, in bytes.
const MAX_BYTES: usize = 1024;

/// How many steps a pointer may have.
pub(super) const MAX_STEPS: usize = 32;

/// The way to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pointer {
    text: String,
    steps: Vec<String>,
}

impl Pointer {
    /// The pointer `text`; none if it is not well formed, or longer than need be.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let mut steps = Vec::new();
        let mut parts = text.split('/');
        if !parts.next().unwrap_or_default().is_empty() {
            return None;
        }
        for part in parts {
            if steps.len() == MAX_STEPS {
                return None;
            }
            steps.push(unescaped(part)?);
        }
        let text = text.to_owned();
        Some(Self { text, steps })
    }

    /// As the caller wrote it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The steps from the root.
    pub(super) fn steps(&self) -> &[String] {
        &self.steps
    }

    /// Whether `other` is a value within the one that this points to.
    pub(super) fn is_around(&self, other: &Self) -> bool {
        self.steps.len() < other.steps.len() && other.steps.starts_with(&self.steps)
    }
}

/// Which element of a list a step means: digits without a leading zero (RFC 6901, section 4).
pub(super) fn index(step: &str) -> Option<usize> {
    let is_number = step.bytes().all(|byte| byte.is_ascii_digit());
    let is_canonical = step == "0" || !step.starts_with('0');
    (is_number && is_canonical).then(|| step.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pointer_is_parted_at_its_slashes_and_unescaped() {
        for (text, steps) in [
            ("", Some(&[] as &[&str])),
            ("/", Some(&[""])),
            ("/a/b", Some(&["a", "b"])),
            ("/a~1b/m~0n", Some(&["a/b", "m~n"])),
            ("/~01", Some(&["~1"])),
            ("//", Some(&["", ""])),
            ("/ ", Some(&[" "])),
            ("a", None),
            ("#/a", None),
            ("/~", None),
            ("/~2", None),
            ("/a~", None),
        ] {
            let read = Pointer::parse(text).map(|pointer| pointer.steps);
            let steps = steps.map(|steps| steps.iter().map(ToString::to_string).collect());
            assert_eq!(read, steps, "{text}");
        }
        assert!(Pointer::parse(&"/a".repeat(32)).is_some());
        assert!(Pointer::parse(&"/a".repeat(33)).is_none());
        assert!(Pointer::parse(&format!("/{}", "a".repeat(1023))).is_some());
        assert!(Pointer::parse(&format!("/{}", "a".repeat(1024))).is_none());
    }

    #[test]
    fn an_index_has_one_spelling() {
        for (step, number) in [
            ("0", Some(0)),
            ("10", Some(10)),
            ("00", None),
            ("01", None),
            ("", None),
            ("-", None),
            ("-1", None),
            ("+1", None),
            ("1e0", None),
            ("1.0", None),
            ("\u{661}", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(index(step), number, "{step}");
        }
    }

    #[test]
    fn a_value_is_around_those_within_it_alone() {
        let at = |text| Pointer::parse(text).unwrap();
        for (one, other, around) in [
            ("/a", "/a/b", true),
            ("", "/a", true),
            ("/a", "/a", false),
            ("/a", "/ab", false),
            ("/a/b", "/a", false),
        ] {
            assert_eq!(at(one).is_around(&at(other)), around, "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_back(text in "(/[a~01/ ]{0,6}){0,6}") {
            if let Some(pointer) = Pointer::parse(&text) {
                let mut written = String::new();
                for step in pointer.steps() {
                    written.push('/');
                    written.push_str(&step.replace('~', "~0").replace('/', "~1"));
                }
                prop_assert_eq!(&written, &text);
            }
        }
    }
}
