//! JSON objects, read strictly and once: no member given twice at any depth, however it is spelled;
//! not too deep; nothing after the end (RFC 8725, section 3.1 and 2.4; RFC 7519, section 4).

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use smallvec::SmallVec;

use super::fault::Fault;
use super::node::{Member, Node};

/// How deep objects and arrays may be nested, the outermost included.
const DEEPEST: u8 = 32;

/// Reads `json` as an object of at most `most` members and shows each of them to `member`, which
/// says what it makes of it. What was shown must not be used if this fails.
pub(super) fn read<'a>(
    json: &'a [u8],
    most: usize,
    member: impl FnMut(&str, Node<'a>) -> Member,
) -> Result<(), Fault> {
    let fault = Cell::new(Fault::BAD_JSON);
    // What is no object at all is found out at once.
    if json.trim_ascii_start().first() != Some(&b'{') {
        return Err(Fault::BAD_JSON);
    }
    // Once for all, rather than string by string.
    let text = std::str::from_utf8(json).map_err(|_| Fault::BAD_JSON)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let object = Object {
        member,
        most,
        depth: 1,
        fault: &fault,
    };
    reader
        .deserialize_map(object)
        .and_then(|()| reader.end())
        .map_err(|_| fault.get())
}

/// The members of one object.
struct Object<'f, F> {
    member: F,
    most: usize,
    depth: u8,
    fault: &'f Cell<Fault>,
}

impl<'a, F: FnMut(&str, Node<'a>) -> Member> Visitor<'a> for Object<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        let value = Value {
            depth: self.depth,
            fault: self.fault,
        };
        let mut count = 0;
        let mut foreign: SmallVec<[Cow<'a, str>; 8]> = SmallVec::new();
        while let Some(name) = map.next_key_seed(value)? {
            let Node::Text(name) = name else {
                return Err(A::Error::custom(""));
            };
            if count == self.most {
                return Err(value.because(Fault::TOO_MANY_MEMBERS));
            }
            count += 1;
            match (self.member)(&name, map.next_value_seed(value)?) {
                Member::Foreign => foreign.push(name),
                Member::Kept => {}
                Member::Again => return Err(value.because(Fault::DUPLICATE_MEMBER)),
            }
        }
        // Sorted at the end: comparing each with each would be slow for what an attacker can send.
        foreign.sort_unstable();
        if foreign.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(value.because(Fault::DUPLICATE_MEMBER));
        }
        Ok(())
    }
}

/// One value within `depth` objects and arrays.
#[derive(Clone, Copy)]
struct Value<'f> {
    depth: u8,
    fault: &'f Cell<Fault>,
}

impl Value<'_> {
    fn because<E: Error>(self, fault: Fault) -> E {
        self.fault.set(fault);
        E::custom("")
    }

    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth >= DEEPEST {
            return Err(self.because(Fault::TOO_DEEP));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
}

impl<'a> DeserializeSeed<'a> for Value<'_> {
    type Value = Node<'a>;

    fn deserialize<D: Deserializer<'a>>(self, reader: D) -> Result<Node<'a>, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Value<'_> {
    type Value = Node<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node<'a>, E> {
        Ok(Node::Other)
    }

    fn visit_unit<E>(self) -> Result<Node<'a>, E> {
        Ok(Node::Other)
    }

    // Dates are far below 2^52, from where on this loses precision.
    #[allow(clippy::cast_precision_loss)]
    fn visit_u64<E>(self, number: u64) -> Result<Node<'a>, E> {
        Ok(Node::Number(number as f64))
    }

    #[allow(clippy::cast_precision_loss)]
    fn visit_i64<E>(self, number: i64) -> Result<Node<'a>, E> {
        Ok(Node::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node<'a>, E> {
        Ok(Node::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'a>, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Node<'a>, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Node<'a>, A::Error> {
        let inner = self.deeper()?;
        let mut texts = Some(Vec::new());
        while let Some(item) = list.next_element_seed(inner)? {
            match (item, &mut texts) {
                (Node::Text(text), Some(texts)) => texts.push(text),
                _ => texts = None,
            }
        }
        Ok(texts.map_or(Node::Other, Node::Texts))
    }

    fn visit_map<A: MapAccess<'a>>(self, map: A) -> Result<Node<'a>, A::Error> {
        let inner = self.deeper()?;
        // Another crate may have serde_json hand numbers over as such an object, by turning on its
        // feature `arbitrary_precision`.
        let mut number = None;
        let member = |name: &str, value: Node<'a>| {
            if let (Node::Text(digits), "$serde_json::private::Number") = (value, name) {
                number = digits.parse().ok();
            }
            Member::Foreign
        };
        Object {
            member,
            most: usize::MAX,
            depth: inner.depth,
            fault: inner.fault,
        }
        .visit_map(map)?;
        Ok(number.map_or(Node::Other, Node::Number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::node::keep;

    fn members(json: &str) -> Result<Vec<(String, Node<'_>)>, Fault> {
        let mut seen = Vec::new();
        read(json.as_bytes(), 16, |name, node| {
            seen.push((name.to_owned(), node));
            Member::Foreign
        })?;
        Ok(seen)
    }

    #[test]
    fn an_object_is_its_members_in_order() {
        let text = |text: &'static str| Node::Text(Cow::Borrowed(text));
        let json = r#"{"a":"x","b":1.5,"c":["y","z"],"d":["y",1],"e":null,"f":{"a":{}},"\u0067":-1,"h":[]}"#;
        let expected = [
            ("a", text("x")),
            ("b", Node::Number(1.5)),
            ("c", Node::Texts(vec!["y".into(), "z".into()])),
            ("d", Node::Other),
            ("e", Node::Other),
            ("f", Node::Other),
            ("g", Node::Number(-1.0)),
            ("h", Node::Texts(vec![])),
        ];
        let expected = expected.map(|(name, node)| (name.to_owned(), node));
        assert_eq!(members(json).unwrap(), expected);
    }

    #[test]
    fn what_is_not_one_strict_object_is_refused() {
        for (json, fault) in [
            (r#"{"a":1,"a":1}"#, Fault::DUPLICATE_MEMBER),
            (r#"{"a":1,"b":2,"\u0061":3}"#, Fault::DUPLICATE_MEMBER),
            (r#"{"x":[{"a":1,"a":2}]}"#, Fault::DUPLICATE_MEMBER),
            ("[]", Fault::BAD_JSON),
            ("\"a\"", Fault::BAD_JSON),
            ("null", Fault::BAD_JSON),
            ("", Fault::BAD_JSON),
            ("{} {}", Fault::BAD_JSON),
            ("{}\0", Fault::BAD_JSON),
            ("\u{feff}{}", Fault::BAD_JSON),
            (r#"{"a":1,}"#, Fault::BAD_JSON),
            (r#"{"a":NaN}"#, Fault::BAD_JSON),
            (r#"{"a":1e400}"#, Fault::BAD_JSON),
            (r#"{"a":"\ud800"}"#, Fault::BAD_JSON),
            ("{\"a\":\"\n\"}", Fault::BAD_JSON),
        ] {
            assert_eq!(members(json), Err(fault), "{json}");
        }
        assert_eq!(
            read(b"{\"a\":\"\xff\"}", 16, |_, _| Member::Foreign),
            Err(Fault::BAD_JSON)
        );
    }

    #[test]
    fn a_member_that_is_kept_is_kept_once_however_it_is_spelled() {
        for (json, verdict) in [
            (r#"{"a":1,"b":2}"#, Ok(())),
            (r#"{"a":null,"\u0061":1}"#, Err(Fault::DUPLICATE_MEMBER)),
            (r#"{"b":1,"a":1,"c":1,"b":1}"#, Err(Fault::DUPLICATE_MEMBER)),
        ] {
            let mut place = Node::Absent;
            let read = read(json.as_bytes(), 16, |name, node| match name {
                "a" => keep(&mut place, node),
                _ => Member::Foreign,
            });
            assert_eq!(read, verdict, "{json}");
        }
    }

    #[test]
    fn nesting_and_members_are_limited_to_the_last_one() {
        let nested = |depth: usize| {
            let inner = "[".repeat(depth - 1) + &"]".repeat(depth - 1);
            format!("{{\"a\":{inner}}}")
        };
        assert!(members(&nested(32)).is_ok());
        assert_eq!(members(&nested(33)), Err(Fault::TOO_DEEP));
        assert_eq!(members(&nested(10_000)), Err(Fault::TOO_DEEP));
        let objects = r#"{"a":"#.repeat(33) + "1" + &"}".repeat(33);
        assert_eq!(members(&objects), Err(Fault::TOO_DEEP));
        let wide = |count: usize| {
            let list: Vec<_> = (0..count).map(|i| format!("\"{i}\":0")).collect();
            format!("{{{}}}", list.join(","))
        };
        assert!(members(&wide(16)).is_ok());
        assert_eq!(members(&wide(17)), Err(Fault::TOO_MANY_MEMBERS));
    }

    #[test]
    fn a_number_of_arbitrary_precision_is_a_number() {
        let json = r#"{"exp":{"$serde_json::private::Number":"12.5"}}"#;
        assert_eq!(
            members(json).unwrap(),
            [("exp".to_owned(), Node::Number(12.5))]
        );
    }
}
