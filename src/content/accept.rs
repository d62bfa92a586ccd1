//! `Accept`, read by the letter (RFC 9110, section 12.5.1). Pure.

use std::sync::Arc;

use crate::body::is_essence;
use crate::field::{end_of_quoted, is_tchar};

/// How many ranges are read. Browsers send fewer than ten.
const MOST: usize = 64;

/// How much a caller likes a type, in thousandths.
type Weight = u16;

/// A media range: which types it speaks of, and how much the caller likes them.
#[derive(Clone, Copy, Debug)]
struct Range<'a> {
    name: &'a [u8],
    weight: Weight,
    /// Whether it takes types without parameters.
    is_plain: bool,
}

/// The ranges of a request.
#[derive(Debug, Default)]
pub(super) struct Ranges<'a>(Vec<Range<'a>>);

impl<'a> Ranges<'a> {
    /// Reads the lines of the field; nothing if one of them is no list of ranges, or there are more
    /// than 64 ranges. One that only takes a type with certain parameters takes none, since none are
    /// given here; with `charset=utf-8` it is as good as without.
    pub(super) fn read(lines: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let mut ranges = Self::default();
        for line in lines {
            let mut rest = Some(line);
            while let Some(text) = rest {
                let (element, more) = split_at(text, b',')?;
                rest = more;
                let element = element.trim_ascii();
                if element.is_empty() {
                    continue;
                }
                if ranges.0.len() == MOST {
                    return None;
                }
                ranges.0.push(range(element)?);
            }
        }
        Some(ranges)
    }

    /// The one of `types` that the caller likes best, and of several the first. None, if they take
    /// none of them; a caller who names no ranges takes anything.
    pub(super) fn choose<'t>(&self, types: &'t [Arc<str>]) -> Option<&'t Arc<str>> {
        let mut best: Option<(&Arc<str>, Weight)> = None;
        for name in types {
            let weight = self.weight_of(name.as_bytes());
            if weight > best.map_or(0, |(_, weight)| weight) {
                best = Some((name, weight));
            }
        }
        best.map(|(name, _)| name)
    }

    /// The weight that the most specific range gives to a type; nothing, if none speaks of it.
    fn weight_of(&self, name: &[u8]) -> Weight {
        if self.0.is_empty() {
            return 1_000;
        }
        let speaking = self.0.iter().filter(|range| range.is_plain);
        let speaking = speaking.filter_map(|range| Some((range.speaks_of(name)?, range.weight)));
        // Of two that are as specific, the more generous one counts.
        speaking.max().map_or(0, |(_, weight)| weight)
    }
}

impl Range<'_> {
    /// How specific the range is, if it speaks of the type `name`.
    fn speaks_of(self, name: &[u8]) -> Option<u8> {
        if self.name.eq_ignore_ascii_case(name) {
            return Some(2);
        }
        let family = self.name.strip_suffix(b"*")?;
        if family == b"*/" {
            return Some(0);
        }
        let start = name.get(..family.len())?;
        start.eq_ignore_ascii_case(family).then_some(1)
    }
}

/// Reads one element.
fn range(element: &[u8]) -> Option<Range<'_>> {
    let (name, mut rest) = split_at(element, b';')?;
    let name = name.trim_ascii();
    if !is_range(name) {
        return None;
    }
    let (mut weight, mut is_plain) = (1_000, true);
    while let Some(text) = rest {
        let (parameter, more) = split_at(text, b';')?;
        rest = more;
        let (key, value) = pair(parameter.trim_ascii())?;
        if key.eq_ignore_ascii_case(b"q") {
            weight = qvalue(value)?;
            // What follows is an extension, which says nothing of the type.
            break;
        }
        let value = value.strip_prefix(b"\"").unwrap_or(value);
        let value = value.strip_suffix(b"\"").unwrap_or(value);
        is_plain &= key.eq_ignore_ascii_case(b"charset") && value.eq_ignore_ascii_case(b"utf-8");
    }
    Some(Range {
        name,
        weight,
        is_plain,
    })
}

/// Whether `name` is a type, all types of a family, or all types.
fn is_range(name: &[u8]) -> bool {
    let named = name.strip_suffix(b"/*").unwrap_or(name);
    name == b"*/*" || (is_essence(name) && !named.contains(&b'*'))
}

/// A name and a value, which is a token or a quoted string.
fn pair(parameter: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = parameter.iter().position(|byte| *byte == b'=')?;
    let (key, value) = parameter.split_at_checked(at)?;
    let value = value.get(1..)?;
    let is_token = |text: &[u8]| !text.is_empty() && text.iter().all(|byte| is_tchar(*byte));
    let is_quoted = value
        .strip_prefix(b"\"")
        .is_some_and(|text| end_of_quoted(text).is_some_and(|end| end + 1 == text.len()));
    (is_token(key) && (is_quoted || is_token(value))).then_some((key, value))
}

/// A weight: `0` or `1`, and up to three digits behind a point (section 12.4.2).
fn qvalue(text: &[u8]) -> Option<Weight> {
    let (whole, digits) = match text.split_first()? {
        (whole, []) => (whole, &[][..]),
        (whole, [b'.', digits @ ..]) if digits.len() <= 3 => (whole, digits),
        _ => return None,
    };
    let mut weight = match whole {
        b'0' => 0,
        b'1' => 1_000,
        _ => return None,
    };
    for (digit, worth) in digits.iter().zip([100, 10, 1]) {
        let digit = char::from(*digit).to_digit(10)?;
        weight += Weight::try_from(digit).ok()? * worth;
    }
    (weight <= 1_000).then_some(weight)
}

/// What stands before the first `mark` outside of quotes, and what stands behind it. Nothing, if a
/// quote does not end.
fn split_at(text: &[u8], mark: u8) -> Option<(&[u8], Option<&[u8]>)> {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        if *byte == mark {
            return Some((text.get(..at)?, text.get(at + 1..)));
        }
        at += 1;
        if *byte == b'"' {
            at += end_of_quoted(text.get(at..)?)? + 1;
        }
    }
    Some((text, None))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chosen(lines: &[&str], types: &[&str]) -> Result<Option<String>, ()> {
        let types: Vec<Arc<str>> = types.iter().map(|name| Arc::from(*name)).collect();
        let ranges = Ranges::read(lines.iter().map(|line| line.as_bytes())).ok_or(())?;
        Ok(ranges.choose(&types).map(ToString::to_string))
    }

    #[test]
    fn the_type_that_the_caller_likes_best_is_chosen() {
        let (json, csv) = (Some("application/json"), Some("text/csv"));
        for (lines, choice) in [
            (&[][..], json),
            (&[""], json),
            (&["*/*"], json),
            (&["application/json"], json),
            (&["Application/JSON"], json),
            (&["application/*"], json),
            (&["text/*"], csv),
            (&["text/csv"], csv),
            (&["text/html"], None),
            (&["application/jsonx"], None),
            (&["application/problem+json"], None),
            (&["text/html, application/xhtml+xml, */*;q=0.8"], json),
            (&["text/html", "text/csv"], csv),
            (&["text/csv;q=0.5, application/json;q=0.4"], csv),
            (&["text/csv;q=0.5, application/json;q=0.501"], json),
            (&["text/csv;q=0.5, application/json;q=0.5"], json),
            (&["text/csv;q=0.001"], csv),
            (&["text/csv;q=0"], None),
            (&["text/csv;Q=0.000, */*"], json),
            (&["*/*, application/json;q=0"], csv),
            (&["application/json;q=0, */*"], csv),
            (&["*/*;q=0"], None),
            (&["*/*;q=1, application/*;q=0, text/*;q=0"], None),
            (
                &["application/*;q=0.2, application/json;q=0.1, text/csv;q=0.15"],
                csv,
            ),
            (&["application/json;q=0, application/json"], json),
            (&["application/json; charset=utf-8"], json),
            (&["application/json;charset=\"UTF-8\";q=0.5"], json),
            (&["application/json;charset=latin1"], None),
            (&["application/json;version=1, text/csv"], csv),
            (&["application/json;a=\",;\\\"\";q=1, text/csv"], csv),
            (&["application/json;q=1;ext=\"a,b\""], json),
            (&[" , ,application/json\t ;\tq=1 , "], json),
        ] {
            let found = chosen(lines, &["application/json", "text/csv"]);
            assert_eq!(found, Ok(choice.map(str::to_owned)), "{lines:?}");
        }
    }

    #[test]
    fn what_is_no_list_of_ranges_is_not_read() {
        for line in [
            "json",
            "*",
            "*/json",
            "a/*b",
            "a/b*",
            "application/",
            "/json",
            "a/b/c",
            "application/json text/csv",
            "application/json;",
            "application/json;q",
            "application/json;q=",
            "application/json;q=2",
            "application/json;q=1.001",
            "application/json;q=0.1234",
            "application/json;q=.5",
            "application/json;q=-1",
            "application/json;q=1e0",
            "application/json;q=\"1\"",
            "application/json;q = 1",
            "application/json;a=\"b",
            "application/json;a=b c",
            "\"application/json\"",
            "application/json\u{e9}",
        ] {
            assert_eq!(chosen(&[line], &["application/json"]), Err(()), "{line}");
        }
        let many = |count: usize| "a/b,".repeat(count) + "*/*";
        assert!(chosen(&[&many(MOST - 1)], &["a/c"]).is_ok());
        assert_eq!(chosen(&[&many(MOST)], &["a/c"]), Err(()));
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_nothing_is_chosen_that_is_not_offered(
            line in "([a-z*]{1,3}/[a-z*]{1,3}(;[qa]=(0|1|0\\.[0-9]{1,4}|\"[\",;\\\\]{0,3}\"))?[ ,;]{0,2}){0,5}",
        ) {
            if let Ok(Some(chosen)) = chosen(&[&line], &["a/b", "c/d"]) {
                prop_assert!(chosen == "a/b" || chosen == "c/d");
                prop_assert!(line.is_empty() || line.contains(&*chosen) || line.contains('*'), "{line} {chosen}");
            }
        }

        #[test]
        fn any_bytes_do_not_panic(line in prop::collection::vec(any::<u8>(), 0..99)) {
            let _ = Ranges::read([line.as_slice()].into_iter());
        }
    }
}
