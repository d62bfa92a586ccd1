//! Where in a document something stands (RFC 6901).

use std::borrow::Cow;
use std::fmt::Write;

/// The longest that a member name may be in a pointer, in bytes as escaped.
const MAX_SEGMENT: usize = 64;

/// The way from the root of a document to one of its values.
#[derive(Debug, Default)]
pub(crate) struct Path<'a>(Vec<Step<'a>>);

#[derive(Debug)]
enum Step<'a> {
    Name(Cow<'a, str>),
    Index(usize),
}

impl<'a> Path<'a> {
    /// How many steps the value is away from the root.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Steps into the member `name`.
    pub(crate) fn enter(&mut self, name: Cow<'a, str>) {
        self.0.push(Step::Name(name));
    }

    /// Steps into the element at `index`.
    pub(crate) fn enter_index(&mut self, index: usize) {
        self.0.push(Step::Index(index));
    }

    /// Steps from one element to the one at `index`.
    #[cfg(feature = "json")]
    pub(crate) fn go_on_to(&mut self, index: usize) {
        if let Some(Step::Index(here)) = self.0.last_mut() {
            *here = index;
        }
    }

    /// Steps back, and gives the name of the member that is left.
    pub(crate) fn leave(&mut self) -> Option<Cow<'a, str>> {
        match self.0.pop() {
            Some(Step::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// The pointer in URI fragment form (RFC 6901, section 6).
    pub(crate) fn pointer(&self) -> String {
        let mut out = String::from("#");
        for step in &self.0 {
            match step {
                Step::Name(name) => write_segment(&mut out, name),
                Step::Index(index) => {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "/{index}");
                }
            }
        }
        out
    }

    /// The pointer to the member `name` of this value.
    pub(crate) fn pointer_to(&self, name: &str) -> String {
        let mut out = self.pointer();
        write_segment(&mut out, name);
        out
    }
}

/// Names are the caller's words: whatever is no plain character of a URI fragment is percent-coded,
/// and a name that is too long ends in `...`.
fn write_segment(out: &mut String, name: &str) {
    out.push('/');
    let start = out.len();
    for byte in name.bytes() {
        let before = out.len();
        match byte {
            b'~' => out.push_str("~0"),
            b'/' => out.push_str("~1"),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'$' | b'@' | b':' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        if out.len() - start > MAX_SEGMENT {
            out.truncate(before.min(start + MAX_SEGMENT - 3));
            out.push_str("...");
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn to(name: &str) -> String {
        Path::default().pointer_to(name)
    }

    #[test]
    fn a_pointer_is_escaped_for_json_pointers_first_and_for_uris_second() {
        for (name, pointer) in [
            ("", "#/"),
            ("a/b", "#/a~1b"),
            ("m~n", "#/m~0n"),
            ("a b%\"\\", "#/a%20b%25%22%5C"),
            ("\u{e9}\u{0}\n", "#/%C3%A9%00%0A"),
            ("$id", "#/$id"),
        ] {
            assert_eq!(to(name), pointer);
        }
        let mut path = Path::default();
        path.enter("sections".into());
        path.enter_index(3);
        assert_eq!(path.pointer_to("level"), "#/sections/3/level");
        assert_eq!(path.leave(), None);
        assert_eq!(path.leave().as_deref(), Some("sections"));
        assert_eq!(path.pointer(), "#");
    }

    #[test]
    fn a_name_of_exactly_the_longest_length_is_whole() {
        assert_eq!(to(&"a".repeat(64)), format!("#/{}", "a".repeat(64)));
        assert_eq!(to(&"a".repeat(65)), format!("#/{}...", "a".repeat(61)));
    }

    proptest! {
        #[test]
        fn no_name_grows_a_pointer_without_bound_or_leaves_plain_ascii(name in ".*") {
            let pointer = to(&name);
            prop_assert!(pointer.len() <= 2 + MAX_SEGMENT);
            prop_assert!(pointer.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\'));
        }
    }
}
