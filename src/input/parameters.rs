//! Named values as a JSON text.
//!
//! A value is text; what it stands for, the rules of its name say. Written down as JSON, the whole is
//! read and judged as a body is: there is no second engine.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::Number;
use smallvec::{SmallVec, smallvec};

use super::kinds::Kinds;
use super::pairs::{Pair, repeated};
use super::program::{Node, NodeId, ObjectRules, Program, Rules};
use crate::config::ConfigError;
use crate::problem::{Kind, Problem};

/// What stands around a name and a value: `"":"",`.
const QUOTES: usize = 6;

impl Program {
    /// The rules of what named parameters are read into; none if that is no plain object.
    pub(super) fn parameters(&self) -> Option<&ObjectRules> {
        match self.resolve(self.at(self.root)) {
            (Node::Rules(rules), _) if rules.kinds.has(Kinds::OBJECT) => Some(&rules.object),
            _ => None,
        }
    }

    /// Says where the rules speak of what no parameter can be.
    pub(super) fn check_parameters(&self) -> Result<(), ConfigError> {
        let object = self.parameters().ok_or_else(|| {
            ConfigError::new("schema #: parameters are read into one plain object; make it one")
        })?;
        for member in &object.members {
            let rules = self.rules(Some(member.node));
            let items = rules
                .filter(|rules| is_list(rules))
                .map(|rules| &rules.array);
            let within = items.and_then(|items| self.rules(items.rest));
            let is_nested = |rules: &Rules| !takes_text(rules) && rules.kinds.meets(Kinds::OBJECT);
            let is_deep = |rules: &Rules| is_nested(rules) || is_list(rules);
            if rules.is_some_and(is_nested) || within.is_some_and(is_deep) {
                return Err(ConfigError::new(format!(
                    "schema #/properties/{}: a parameter is one value or a list of values; make it one",
                    member.name
                )));
            }
        }
        Ok(())
    }

    /// `pairs` as a JSON text. A name that has no list of values must stand once.
    pub(super) fn text_of(&self, pairs: &[Pair<'_>]) -> Result<Vec<u8>, Problem> {
        let object = self
            .parameters()
            .ok_or_else(|| Problem::new(Kind::Misconfigured).because("schema_not_of_parameters"))?;
        let mut named: Vec<Named<'_>> = Vec::new();
        let mut places = BTreeMap::new();
        for (name, value) in pairs {
            let place = *places.entry(name.as_ref()).or_insert(named.len());
            match named.get_mut(place) {
                Some(known) if known.is_list() => known.values.push(value),
                Some(_) => return Err(repeated(name)),
                None => {
                    let known = object.find(name).map(|member| member.node);
                    let rules = self.rules(known.or(object.others));
                    let values = smallvec![value.as_ref()];
                    named.push(Named {
                        name,
                        rules,
                        values,
                    });
                }
            }
        }
        let room = |(name, value): &Pair<'_>| name.len() + value.len() + QUOTES;
        let mut out = Vec::with_capacity(pairs.iter().map(room).sum::<usize>() + 2);
        for (i, parameter) in named.iter().enumerate() {
            out.push(if i == 0 { b'{' } else { b',' });
            write_text(&mut out, parameter.name);
            out.push(b':');
            self.write_values(&mut out, parameter);
        }
        if out.is_empty() {
            out.push(b'{');
        }
        out.push(b'}');
        Ok(out)
    }

    fn write_values(&self, out: &mut Vec<u8>, parameter: &Named<'_>) {
        let Some(list) = parameter.rules.filter(|rules| is_list(rules)) else {
            let values = parameter.values.iter();
            return values.for_each(|value| write(out, parameter.rules, value));
        };
        for (i, value) in parameter.values.iter().enumerate() {
            out.push(if i == 0 { b'[' } else { b',' });
            write(out, self.rules(list.array.at(i)), value);
        }
        out.push(b']');
    }

    fn rules(&self, node: Option<NodeId>) -> Option<&Rules> {
        match self.resolve(self.at(node?)).0 {
            Node::Rules(rules) => Some(rules),
            _ => None,
        }
    }
}

/// A name, its rules, and all of its values.
struct Named<'a> {
    name: &'a str,
    rules: Option<&'a Rules>,
    values: SmallVec<[&'a str; 1]>,
}

impl Named<'_> {
    fn is_list(&self) -> bool {
        self.rules.is_some_and(is_list)
    }
}

/// The kinds of values that may stand here.
fn kinds(rules: &Rules) -> Kinds {
    let listed = rules.one_of.as_ref().map(|list| list.iter().map(Kinds::of));
    listed.map_or(rules.kinds, |kinds| kinds.fold(Kinds::NULL, Kinds::or))
}

/// Whether strings may stand here. Text is one then, whatever else it looks like.
fn takes_text(rules: &Rules) -> bool {
    kinds(rules).meets(Kinds::STRING)
}

/// Whether the values of a name are a list, however many there are.
fn is_list(rules: &Rules) -> bool {
    !takes_text(rules) && kinds(rules).meets(Kinds::ARRAY)
}

/// Writes `text` as what the rules take it for; as a string, if it is nothing else.
fn write(out: &mut Vec<u8>, rules: Option<&Rules>, text: &str) {
    if rules.is_some_and(|rules| !takes_text(rules) && is_bare(kinds(rules), text)) {
        out.extend_from_slice(text.as_bytes());
    } else {
        write_text(out, text);
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(out.by_ref(), text);
}

/// Whether `text` is a boolean or a number of one of `kinds`, in the one form that JSON has for it.
fn is_bare(kinds: Kinds, text: &str) -> bool {
    if matches!(text, "true" | "false") {
        return kinds.has(Kinds::BOOLEAN);
    }
    let is_whole = text.bytes().all(|byte| matches!(byte, b'-' | b'0'..=b'9'));
    let kind = if is_whole {
        Kinds::INTEGER
    } else {
        Kinds::NUMBER
    };
    kinds.has(kind)
        && !text.bytes().any(|byte| byte.is_ascii_whitespace())
        && serde_json::from_str::<Number>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::input::compile::compile;
    use crate::input::pairs::{MOST, pairs};

    fn program() -> Program {
        let list = |of: &str| json!({ "type": ["array", "null"], "items": { "type": of } });
        let rules = json!({ "type": "object", "properties": {
            "text": { "type": "string" }, "whole": { "type": ["integer", "null"] },
            "real": { "type": "number" }, "yes": { "type": "boolean" }, "both": { "type": ["string", "integer"] },
            "one": { "enum": [1, 2] }, "texts": list("string"), "wholes": list("integer"),
        } });
        compile(&rules).unwrap()
    }

    fn text_of(query: &str) -> Result<String, String> {
        let read = pairs(query.as_bytes()).and_then(|pairs| program().text_of(&pairs));
        read.map(|text| String::from_utf8(text).unwrap())
            .map_err(|problem| {
                let fault = &problem.faults()[0];
                format!("{} {}", fault.pointer, fault.code)
            })
    }

    #[test]
    fn text_is_what_its_rules_take_it_for_in_its_one_form() {
        for (query, text) in [
            ("", "{}"),
            ("&&", "{}"),
            (
                "text=1&whole=1&real=1&yes=true&both=1&one=1",
                r#"{"text":"1","whole":1,"real":1,"yes":true,"both":"1","one":1}"#,
            ),
            ("whole=-7", r#"{"whole":-7}"#),
            ("whole=1e9", r#"{"whole":"1e9"}"#),
            ("whole=1.0", r#"{"whole":"1.0"}"#),
            ("whole=%2B1", r#"{"whole":"+1"}"#),
            ("whole=+1", r#"{"whole":" 1"}"#),
            ("whole=1%0A", r#"{"whole":"1\n"}"#),
            ("whole=01", r#"{"whole":"01"}"#),
            ("whole=-", r#"{"whole":"-"}"#),
            ("whole=", r#"{"whole":""}"#),
            ("whole", r#"{"whole":""}"#),
            ("whole=0x10", r#"{"whole":"0x10"}"#),
            ("whole=%D9%A1", "{\"whole\":\"\u{661}\"}"),
            ("whole=null", r#"{"whole":"null"}"#),
            ("real=1e3", r#"{"real":1e3}"#),
            ("real=1e400", r#"{"real":"1e400"}"#),
            ("real=+1", r#"{"real":" 1"}"#),
            ("real=1%0A", r#"{"real":"1\n"}"#),
            ("real=NaN", r#"{"real":"NaN"}"#),
            ("real=.5", r#"{"real":".5"}"#),
            ("yes=1", r#"{"yes":"1"}"#),
            ("yes=True", r#"{"yes":"True"}"#),
            ("real=true", r#"{"real":"true"}"#),
            (
                "texts=a&text=x&texts=1",
                r#"{"texts":["a","1"],"text":"x"}"#,
            ),
            ("wholes=1&wholes=x", r#"{"wholes":[1,"x"]}"#),
            ("texts=a,b", r#"{"texts":["a,b"]}"#),
            ("a[b]=1&a%22=%5C", r#"{"a[b]":"1","a\"":"\\"}"#),
        ] {
            assert_eq!(text_of(query).as_deref(), Ok(text), "{query}");
        }
    }

    #[test]
    fn what_stands_twice_or_cannot_be_undone_is_malformed() {
        for (query, fault) in [
            ("text=a&text=a", "#/text duplicate-key"),
            ("text=a&te%78t=b", "#/text duplicate-key"),
            ("z=a&z=b", "#/z duplicate-key"),
            ("text=%", "#/text syntax"),
            ("text=%zz", "#/text syntax"),
            ("text=%ff", "#/text syntax"),
            ("text=%ed%a0%80", "#/text syntax"),
            ("text=%c0%80", "#/text syntax"),
            ("%ff=1", "# syntax"),
        ] {
            assert_eq!(text_of(query), Err(fault.to_owned()), "{query}");
        }
        let many = |count: usize| "texts=&".repeat(count);
        assert!(text_of(&many(MOST)).is_ok());
        assert_eq!(text_of(&many(MOST + 1)), Err("# syntax".to_owned()));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_an_object_or_malformed(query in "((text|whole|real|yes|wholes|z)=?([0-9a-z+.&=%-]|%[0-9a-f]{2}){0,9}&?){0,5}") {
            if let Ok(text) = text_of(&query) {
                let value: Value = serde_json::from_str(&text).unwrap();
                prop_assert!(value.is_object());
            }
        }

        #[test]
        fn numbers_come_through_as_they_are(whole: i64, real in proptest::num::f64::NORMAL) {
            let text = text_of(&format!("whole={whole}&real={real:e}")).unwrap();
            let value: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(value["whole"].as_i64(), Some(whole));
            prop_assert_eq!(value["real"].as_f64(), Some(real));
        }
    }
}
