//! The hops that a header tells of.

use std::net::IpAddr;

use smallvec::SmallVec;

use super::node;

/// The most hops that are looked at.
pub(super) const MOST_HOPS: usize = 64;
/// The most bytes of a header that are looked at.
pub(super) const MOST_BYTES: usize = 4 * 1024;

/// How a header writes its hops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grammar {
    /// `X-Forwarded-For`: addresses, parted by commas.
    List,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The hops of a header, the nearest last, as they are written.
#[derive(Debug)]
pub(super) struct Chain<'h> {
    elements: SmallVec<[&'h [u8]; 8]>,
    grammar: Grammar,
}

impl<'h> Chain<'h> {
    /// The hops that all `lines` of a header tell of, in order. None if they are too many or too
    /// long, or if a quote is left open, so that nobody can tell where a hop begins.
    pub(super) fn read(lines: impl Iterator<Item = &'h [u8]>, grammar: Grammar) -> Option<Self> {
        let mut elements = SmallVec::new();
        let mut bytes = 0;
        for line in lines {
            bytes += line.len();
            if bytes > MOST_BYTES {
                return None;
            }
            let mut rest = line;
            loop {
                let end = end_of_element(rest, grammar)?;
                let (element, after) = rest.split_at(end);
                // An empty element is none (RFC 9110, section 5.6.1).
                let element = element.trim_ascii();
                if !element.is_empty() {
                    if elements.len() == MOST_HOPS {
                        return None;
                    }
                    elements.push(element);
                }
                match after {
                    [_, more @ ..] => rest = more,
                    [] => break,
                }
            }
        }
        Some(Self { elements, grammar })
    }

    /// The hops from the nearest on, as written and as addresses; none where one is no address.
    pub(super) fn hops_from_the_right(&self) -> impl Iterator<Item = (&'h [u8], Option<IpAddr>)> {
        let hop = |element: &&'h [u8]| (*element, self.address(element));
        self.elements.iter().rev().map(hop)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    fn address(&self, element: &[u8]) -> Option<IpAddr> {
        match self.grammar {
            Grammar::List => node::address(element),
            Grammar::Forwarded => {
                let mut room = [0; 64];
                node::address(node::forwarded_for(element, &mut room)?)
            }
        }
    }
}

/// Where the first element of `text` ends; none if it never does.
fn end_of_element(text: &[u8], grammar: Grammar) -> Option<usize> {
    let is_end = |byte: &u8| *byte == b',' || *byte == b'"' && grammar == Grammar::Forwarded;
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        match rest.iter().position(is_end) {
            None => return Some(text.len()),
            Some(at) if rest.get(at) == Some(&b',') => return Some(from + at),
            Some(at) => {
                let inner = rest.get(at + 1..)?;
                from += at + 1 + node::closing(inner)? + 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hops(lines: &[&str], grammar: Grammar) -> Option<Vec<String>> {
        let chain = Chain::read(lines.iter().map(|line| line.as_bytes()), grammar)?;
        let text = |(element, _): (&[u8], _)| String::from_utf8_lossy(element).into_owned();
        Some(chain.hops_from_the_right().map(text).collect())
    }

    #[test]
    fn hops_are_read_over_all_lines_hops_from_the_right() {
        use Grammar::{Forwarded, List};
        for (lines, grammar, expected) in [
            (&[][..], List, &[][..]),
            (&[""], List, &[]),
            (&[", ,\t,"], List, &[]),
            (&["a"], List, &["a"]),
            (&["a,b , c"], List, &["c", "b", "a"]),
            (&["a, b", "c"], List, &["c", "b", "a"]),
            (&["a,", ",b"], List, &["b", "a"]),
            (&["\"a,b"], List, &["b", "\"a"]),
            (&["for=a, for=b"], Forwarded, &["for=b", "for=a"]),
            (
                &["for=\"a,b\";by=c, d"],
                Forwarded,
                &["d", "for=\"a,b\";by=c"],
            ),
            (
                &["for=\"a\\\",b\", c"],
                Forwarded,
                &["c", "for=\"a\\\",b\""],
            ),
        ] {
            assert_eq!(hops(lines, grammar).unwrap(), expected, "{lines:?}");
        }
        for lines in [
            &["for=\"a, for=b"][..],
            &["for=\"a", "for=b\""],
            &["for=\"a\\\""],
        ] {
            assert_eq!(hops(lines, Forwarded), None, "{lines:?}");
        }
    }

    #[test]
    fn what_is_too_much_is_not_looked_at() {
        let line = |count| vec!["a"; count].join(",");
        assert_eq!(
            hops(&[&line(MOST_HOPS)], Grammar::List).unwrap().len(),
            MOST_HOPS
        );
        assert_eq!(hops(&[&line(MOST_HOPS), "a"], Grammar::List), None);
        let long = " ".repeat(MOST_BYTES);
        assert!(hops(&[&long], Grammar::List).is_some());
        assert_eq!(hops(&[&long, "a"], Grammar::List), None);
    }

    proptest! {
        #[test]
        fn a_list_is_what_splitting_at_commas_gives(lines in prop::collection::vec("[ab, ]{0,20}", 0..4)) {
            let lines: Vec<_> = lines.iter().map(String::as_str).collect();
            let joined = lines.join(",");
            let mut expected: Vec<_> = joined.split(',').map(str::trim).filter(|hop| !hop.is_empty()).collect();
            expected.reverse();
            prop_assert_eq!(hops(&lines, Grammar::List).unwrap(), expected);
        }

        #[test]
        fn no_bytes_make_the_chain_panic(
            lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..4),
        ) {
            for grammar in [Grammar::List, Grammar::Forwarded] {
                if let Some(chain) = Chain::read(lines.iter().map(Vec::as_slice), grammar) {
                    prop_assert!(chain.hops_from_the_right().count() <= MOST_HOPS);
                }
            }
        }
    }
}
