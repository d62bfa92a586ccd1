//! A strict pass that keeps what it reads.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::strict::{Name, Walk};

/// Reads a value into a tree, strictly.
pub(crate) struct Tree<'w, 'a>(pub(crate) &'w mut Walk<'a>);

impl<'a> DeserializeSeed<'a> for Tree<'_, 'a> {
    type Value = Value;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Tree<'_, 'a> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        // The parser has refused what is not finite.
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut elements: A) -> Result<Value, A::Error> {
        let Self(walk) = self;
        walk.descend()?;
        let mut list = Vec::new();
        loop {
            walk.path.enter_index(list.len());
            let element = elements.next_element_seed(Tree(walk))?;
            walk.path.leave();
            match element {
                Some(element) => list.push(element),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<Value, A::Error> {
        let Self(walk) = self;
        walk.descend()?;
        let mut map = Map::new();
        while let Some(Name(name)) = members.next_key()? {
            let seen = map.contains_key(name.as_ref());
            walk.path.enter(name);
            if seen {
                return Err(walk.repeated());
            }
            let value = members.next_value_seed(Tree(walk))?;
            if let Some(name) = walk.path.leave() {
                map.insert(name.into_owned(), value);
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::body::scan;
    use crate::body::strict::MAX_DEPTH;
    use crate::problem::{Kind, Problem};

    fn read(text: &[u8]) -> Result<Value, Problem> {
        scan(text, |walk, json| Tree(walk).deserialize(json)).map_err(Problem::from)
    }

    fn nested(depth: usize) -> String {
        format!("{}{}", "[".repeat(depth), "]".repeat(depth))
    }

    #[test]
    fn whatever_rfc_8259_calls_json_is_read() {
        for text in [
            "{}",
            "[]",
            "null",
            "true",
            "false",
            "0",
            "-0",
            "\"\"",
            " \t\r\n[ ]\n",
            "1.5e+3",
            "1E-2",
            "0.1",
            "-1",
            "9223372036854775807",
            "18446744073709551615",
            r#""\u0000""#,
            r#""\ud83d\ude00""#,
            r#""\"\\\/\b\f\n\r\t""#,
            "\"\u{7f}\u{2028}\u{feff}\"",
            r#"{"":0}"#,
            r#"{"a":{"a":1},"b":{"a":1}}"#,
            r#"[{"a":1},{"a":1}]"#,
            "1e-400",
        ] {
            let read = read(text.as_bytes()).unwrap();
            assert_eq!(read, serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn whatever_rfc_8259_or_7493_forbids_is_malformed() {
        for text in [
            "",
            " ",
            "nul",
            "{}{}",
            "{}x",
            "[1,]",
            r#"{"a":1,}"#,
            "[,1]",
            "[1 2]",
            r#"{"a" 1}"#,
            "{a:1}",
            "{'a':1}",
            "['a']",
            "// c\n{}",
            "{}/* c */",
            "01",
            "+1",
            "-",
            "1.",
            ".5",
            "1e",
            "0x10",
            "NaN",
            "Infinity",
            "-Infinity",
            "1e400",
            "-1e400",
            "1E1000000000",
            "\"a",
            "\"\t\"",
            "\"\n\"",
            r#""\x41""#,
            r#""\u00""#,
            r#""\ud800""#,
            r#""\udc00""#,
            r#""\ud800\u0041""#,
            "\u{feff}{}",
            "{}\0",
            "\u{a0}1",
            "TRUE",
            "[",
            "{",
            r#"{"a":"#,
        ] {
            let problem = read(text.as_bytes()).unwrap_err();
            assert_eq!(problem.kind(), Kind::MalformedBody, "{text}");
            assert_eq!(problem.faults()[0].code, "syntax", "{text}");
        }
        for bytes in [
            &b"\"\xff\""[..],
            b"\"\xc0\xaf\"",
            b"\"\xed\xa0\x80\"",
            b"\xff\xfe{\0}\0",
            b"{\"\xe9\":1}",
            b"\xef\xbb\xbf{}",
            b"\0{\0}",
        ] {
            assert_eq!(
                read(bytes).unwrap_err().kind(),
                Kind::MalformedBody,
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn a_name_stands_once_in_its_object_however_it_is_written() {
        for (text, pointer) in [
            (r#"{"a":1,"a":1}"#, "#/a"),
            (r#"{"a":1,"\u0061":2}"#, "#/a"),
            (r#"{"x":[{"b":{"a":1,"c":2,"a":3}}]}"#, "#/x/0/b/a"),
            (r#"{"":1,"":2}"#, "#/"),
        ] {
            let problem = read(text.as_bytes()).unwrap_err();
            assert_eq!(problem.reason(), "duplicate_key");
            assert_eq!(problem.faults()[0].pointer, pointer);
        }
    }

    #[test]
    fn nesting_ends_at_thirty_two_and_never_reaches_the_stack() {
        assert!(read(nested(MAX_DEPTH).as_bytes()).is_ok());
        for text in [
            nested(MAX_DEPTH + 1),
            nested(128),
            nested(200_000),
            "[".repeat(200_000),
            r#"{"a":"#.repeat(200_000),
        ] {
            assert_eq!(read(text.as_bytes()).unwrap_err().reason(), "body_too_deep");
        }
    }

    #[test]
    fn long_numbers_and_many_names_are_only_long() {
        assert!(read(b"9".repeat(10_000).as_slice()).is_err());
        assert!(read(format!("0.{}", "9".repeat(10_000)).as_bytes()).is_ok());
        let names: Vec<_> = (0..100_000).map(|i| format!("\"{i}\":0")).collect();
        let read = read(format!("{{{}}}", names.join(",")).as_bytes()).unwrap();
        assert_eq!(read.as_object().unwrap().len(), 100_000);
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_serde_json_does_or_not_at_all(text in r#"[\[\]{},:"a\\u0-9eE.+ -]{0,24}"#) {
            if let Ok(value) = read(text.as_bytes()) {
                prop_assert_eq!(value, serde_json::from_str::<Value>(&text).unwrap());
            }
        }

        #[test]
        fn what_was_written_is_read_back(name in ".*", text in ".*", number: i64) {
            let value = json!({ name: [text, number] });
            prop_assert_eq!(read(value.to_string().as_bytes()).unwrap(), value);
        }
    }
}
