//! The hops that a header tells of.

use std::net::IpAddr;

use smallvec::SmallVec;

use super::node;
use crate::field::end_of_quoted;

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

/// The hops of a header, the nearest first, as they are written.
#[derive(Debug)]
pub(super) struct Chain<'h> {
    /// As many as there can be lie on the stack, so that no header costs an allocation.
    elements: SmallVec<[&'h [u8]; MOST_HOPS]>,
    grammar: Grammar,
    /// Whether there are more than were looked at.
    is_cut: bool,
}

impl<'h> Chain<'h> {
    /// The hops that all `lines` of a header tell of. None if nobody can tell where a hop begins:
    /// if a quote is left open, or if the header is too long and has quotes.
    pub(super) fn read(
        lines: impl DoubleEndedIterator<Item = &'h [u8]>,
        grammar: Grammar,
    ) -> Option<Self> {
        match grammar {
            Grammar::List => Some(Self::from_the_right(lines)),
            Grammar::Forwarded => Self::from_the_left(lines),
        }
    }

    /// What is too much is cut off at the far end, which is where a client may write what it likes.
    fn from_the_right(lines: impl DoubleEndedIterator<Item = &'h [u8]>) -> Self {
        let mut chain = Self {
            elements: SmallVec::new(),
            grammar: Grammar::List,
            is_cut: false,
        };
        let elements = lines
            .rev()
            .flat_map(|line| line.rsplit(|byte| *byte == b','));
        let mut bytes = 0;
        for element in elements {
            bytes += element.len() + 1;
            let element = element.trim_ascii();
            // An empty element is none (RFC 9110, section 5.6.1).
            let is_hop = !element.is_empty();
            if bytes > MOST_BYTES + 1 || is_hop && chain.elements.len() == MOST_HOPS {
                chain.is_cut = true;
                break;
            }
            if is_hop {
                chain.elements.push(element);
            }
        }
        chain
    }

    fn from_the_left(lines: impl Iterator<Item = &'h [u8]>) -> Option<Self> {
        let grammar = Grammar::Forwarded;
        let mut elements = SmallVec::new();
        let mut bytes = 0;
        for line in lines {
            bytes += line.len();
            if bytes > MOST_BYTES {
                return None;
            }
            let mut rest = line;
            loop {
                let end = end_of_element(rest)?;
                let (element, after) = rest.split_at(end);
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
        elements.reverse();
        Some(Self {
            elements,
            grammar,
            is_cut: false,
        })
    }

    /// The hops from the nearest on, as written and as addresses; none where one is no address.
    pub(super) fn hops_from_the_right(&self) -> impl Iterator<Item = (&'h [u8], Option<IpAddr>)> {
        let hop = |element: &&'h [u8]| (*element, self.address(element));
        self.elements.iter().map(hop)
    }

    /// Whether the header goes on beyond these hops.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
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

/// Where the first element of `text` in `Forwarded` ends; none if it never does.
fn end_of_element(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        match rest.iter().position(|byte| matches!(byte, b',' | b'"')) {
            None => return Some(text.len()),
            Some(at) if rest.get(at) == Some(&b',') => return Some(from + at),
            Some(at) => {
                let inner = rest.get(at + 1..)?;
                from += at + 1 + end_of_quoted(inner)? + 1;
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
    fn hops_are_read_over_all_lines_from_the_right() {
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
        let most = line(MOST_HOPS);
        let chain = Chain::read([most.as_bytes()].into_iter(), Grammar::List).unwrap();
        assert!(!chain.elements.spilled());
        let cut = |lines: &[&str]| {
            let lines = lines.iter().map(|line| line.as_bytes());
            let chain = Chain::read(lines, Grammar::List).unwrap();
            (chain.elements.len(), chain.is_cut())
        };
        assert_eq!(cut(&[&most]), (MOST_HOPS, false));
        assert_eq!(cut(&["a", &most]), (MOST_HOPS, true));
        assert_eq!(cut(&[&most, "a"]), (MOST_HOPS, true));
        let (long, longer) = (" ".repeat(MOST_BYTES), " ".repeat(MOST_BYTES + 1));
        assert_eq!(cut(&[&long]), (0, false));
        assert_eq!(cut(&[&longer]), (0, true));
        assert_eq!(cut(&[&longer, "a"]), (1, true));
        let forwarded = |line: &str| hops(&[line], Grammar::Forwarded).map(|hops| hops.len());
        assert_eq!(forwarded(&most), Some(MOST_HOPS));
        assert_eq!(forwarded(&format!("{most},a")), None);
        assert_eq!(forwarded(&long), Some(0));
        assert_eq!(forwarded(&longer), None);
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
