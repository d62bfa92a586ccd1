//! The headers that a page wants to send, as its browser asks for them.

/// How many elements may be empty (RFC 9110, section 5.6.1.2, asks for a reasonable number).
const MOST_EMPTY: usize = 16;
/// How much white space may stand around an element. Browsers send none; proxies may add some.
const MOST_SPACE: usize = 2;

/// The names of headers that requests may bear: lower case, in order, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestHeaders(Box<[Box<str>]>);

impl RequestHeaders {
    pub(super) fn new(names: impl IntoIterator<Item = Box<str>>) -> Self {
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort_unstable();
        names.dedup();
        Self(names.into())
    }

    /// Whether all that `lines` of `Access-Control-Request-Headers` ask for is among these.
    ///
    /// Browsers ask in lower case, in order, and for each once (Fetch Standard, CORS-unsafe
    /// request-header names). Nothing else is read, so that no more elements are looked at than there are
    /// names, but for those that are empty.
    pub(super) fn hold<'a>(&self, lines: impl IntoIterator<Item = &'a [u8]>) -> bool {
        let (mut rest, mut empty) = (&*self.0, 0);
        for line in lines {
            for element in line.split(|byte| *byte == b',') {
                let name = element.trim_ascii();
                if element.len() - name.len() > MOST_SPACE {
                    return false;
                }
                if name.is_empty() {
                    empty += 1;
                    if empty > MOST_EMPTY {
                        return false;
                    }
                    continue;
                }
                let Ok(at) = rest.binary_search_by(|known| known.as_bytes().cmp(name)) else {
                    return false;
                };
                rest = rest.get(at + 1..).unwrap_or_default();
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(names: &[&str]) -> RequestHeaders {
        RequestHeaders::new(names.iter().map(|name| (*name).into()))
    }

    fn hold(names: &[&str], lines: &[&str]) -> bool {
        set(names).hold(lines.iter().map(|line| line.as_bytes()))
    }

    #[test]
    fn what_browsers_ask_for_is_held_against_the_list() {
        let all = &["x-foo", "x-bar", "x-baz", "x-foo"][..];
        let one = &["x-foo"][..];
        let commas = |count| ",".repeat(count);
        for (names, line, good) in [
            (&[][..], "", true),
            (&[], ",", true),
            (&[], "\t, , ", true),
            (&[], "x-bar", false),
            (&[], "x-bar,x-foo", false),
            (&[], &commas(15), true),
            (&[], &commas(17), false),
            (one, "x-foo", true),
            (one, " x-foo ", true),
            (one, "  x-foo", true),
            (one, "x-foo  ", true),
            (one, "\tx-foo ,", true),
            (one, " x-foo\t,", true),
            (one, &(commas(16) + "x-foo"), true),
            (one, &(commas(17) + "x-foo"), false),
            (one, "x-bar", false),
            (one, "X-Foo", false),
            (one, "x-foo,x-foo", false),
            (one, "x-bar,x-foo", false),
            (one, "x-foo   ", false),
            (one, " x-foo  ", false),
            (one, "  x-foo ", false),
            (one, "\t\tx-foo\t\t", false),
            (one, "x-foox", false),
            (one, "x-fo", false),
            (one, "x-foo;", false),
            (one, "*", false),
            (all, "x-bar,x-baz,x-foo", true),
            (all, "x-bar,x-foo", true),
            (all, "x-baz,x-foo,", true),
            (all, " x-bar , x-baz , x-foo ,", true),
            (all, &format!("x-bar{}x-foo", commas(17)), true),
            (all, &format!("x-bar{}x-foo", commas(18)), false),
            (all, "x-qux", false),
            (all, "x-bar,x-baz,x-baz", false),
            (all, "x-foo,x-bar", false),
            (all, "x-quxbaz,x-foo", false),
            (all, " x-bar\t\t,x-baz", false),
            (all, "x-bar,\tx-foo\t\t", false),
            (all, " x-bar\t,\tx-baz\t ,x-foo", false),
            (all, &commas(10_000), false),
        ] {
            assert_eq!(hold(names, &[line]), good, "{names:?} {line:?}");
        }
        assert!(hold(all, &["x-bar", "x-baz,x-foo"]));
        assert!(!hold(all, &["x-foo", "x-bar"]));
        assert!(hold(one, &[&[""; 16][..], &["x-foo"]].concat()));
        assert!(!hold(one, &[&[""; 17][..], &["x-foo"]].concat()));
    }

    proptest! {
        #[test]
        fn names_in_order_are_held_and_no_bytes_are_too_odd(
            names in prop::collection::btree_set("[a-z-]{1,8}", 0..8),
            picked in prop::collection::vec(any::<bool>(), 8),
            bytes in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let asked: Vec<_> = names.iter().zip(picked).filter(|(_, is)| *is).map(|(name, _)| *name).collect();
            prop_assert!(hold(&names, &[&asked.join(", ")]));
            let text = String::from_utf8_lossy(&bytes);
            if set(&names).hold([&*bytes]) {
                prop_assert!(text.split(',').map(str::trim_ascii).all(|name| name.is_empty() || names.contains(&name)));
            }
        }
    }
}
