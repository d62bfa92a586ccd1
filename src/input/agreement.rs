//! One verdict, whichever way a body takes: the one pass, the collector of faults, the tree, and
//! `jsonschema` on a `serde_json::Value`, over schemas and documents at random.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::foreign::Foreign;
use super::program::{Node, NodeId, Program};
use super::samples::{
    Mood, Wide, any_composition, any_document, any_part, any_schema, disturbed, wide,
};
use super::schema::Schema;
use crate::problem::Kind;

/// The same rules, asked of the tree as a whole.
fn through_tree(schema: &Schema) -> Program {
    let map = schema.document().as_object().unwrap();
    let foreign = Foreign::compile(map, &map["$defs"]).unwrap();
    Program {
        nodes: vec![Node::Foreign(foreign.into())],
        root: NodeId(0),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn all_ways_give_one_verdict(rules in any_schema(), bodies in proptest::collection::vec(any_document(), 24)) {
        let strict = Schema::from_value(rules.clone()).unwrap();
        let tree = through_tree(&strict);
        let oracle = jsonschema::options().build(strict.document()).unwrap();
        let plain = jsonschema::options().build(&rules).unwrap();
        for body in bodies {
            let text = body.to_string();
            let verdict = oracle.is_valid(&body);
            let about = || format!("{body} of {}", strict.document());
            prop_assert_eq!(strict.check(text.as_bytes()).is_ok(), verdict, "the collector: {}", about());
            let read = strict.read::<Value>(text.as_bytes());
            prop_assert_eq!(read.is_ok(), verdict, "the one pass: {}", about());
            prop_assert!(read.is_err() || read.unwrap() == body);
            let read = tree.read::<Value>(text.as_bytes());
            prop_assert_eq!(read.is_some(), verdict, "the tree: {}", about());
            prop_assert!(read.is_none() || read.unwrap() == body);
            if verdict && !rules.to_string().contains("oneOf") {
                prop_assert!(plain.is_valid(&body), "{} of {}", body, rules);
            }
        }
    }

    #[test]
    fn all_ways_give_one_verdict_on_schemas_to_the_letter(
        rules in prop_oneof![any_schema(), any_composition()], bodies in prop::collection::vec(any_document(), 16),
    ) {
        let written = Schema::dangerous_as_written(rules.clone(), &[]).unwrap();
        let tree = Program {
            nodes: vec![Node::Foreign(Foreign::as_written(&rules, &[]).unwrap().into())],
            root: NodeId(0),
        };
        let oracle = jsonschema::options().build(&rules).unwrap();
        let strict = Schema::from_value(rules.clone()).ok().filter(|_| !rules.to_string().contains("oneOf"));
        for body in bodies {
            let text = body.to_string();
            let verdict = oracle.is_valid(&body);
            let text = text.as_bytes();
            prop_assert_eq!(written.check(text).is_ok(), verdict, "the collector: {} of {}", body, rules);
            prop_assert_eq!(written.read::<Value>(text).is_ok(), verdict, "the one pass: {} of {}", body, rules);
            prop_assert_eq!(tree.read::<Value>(text).is_some(), verdict, "the tree: {} of {}", body, rules);
            if let Some(strict) = &strict {
                prop_assert!(verdict || strict.read::<Value>(text).is_err(), "strictly: {} of {}", body, rules);
            }
        }
    }

    #[test]
    fn a_type_takes_what_it_would_take_by_itself_and_what_the_rules_allow(
        at in 0..48_usize, beside: bool, part in any_part(), again in proptest::option::of((0..48_usize, any_part())),
    ) {
        let schema = Schema::of::<Wide>().unwrap();
        let mut body = disturbed(wide(), at, beside, part);
        if let Some((at, part)) = again {
            body = disturbed(body, at, beside, part);
        }
        let text = body.to_string();
        let read = schema.read::<Wide>(text.as_bytes());
        let alone = serde_json::from_str::<Wide>(&text);
        let allowed = schema.check(text.as_bytes());
        prop_assert_eq!(read.is_ok(), allowed.is_ok() && alone.is_ok(), "{} {:?} {:?}", text, allowed, alone);
        if let (Ok(read), Ok(alone)) = (read, alone) {
            prop_assert_eq!(format!("{read:?}"), format!("{alone:?}"));
        }
    }

    #[test]
    fn no_text_panics_and_every_refusal_is_a_400_or_a_422(rules in any_schema(), body in ".{0,64}") {
        let schema = Schema::from_value(rules).unwrap();
        let tree = through_tree(&schema);
        let read = schema.read::<Value>(body.as_bytes());
        prop_assert_eq!(read.is_ok(), schema.check(body.as_bytes()).is_ok());
        prop_assert!(tree.read::<Value>(body.as_bytes()).is_none() || read.is_ok());
        if let Err(problem) = read {
            prop_assert!(matches!(problem.kind(), Kind::MalformedBody | Kind::InvalidBody));
            prop_assert!(!problem.faults().is_empty());
        }
    }
}

#[test]
fn the_type_of_the_property_reads_its_document() {
    let schema = Schema::of::<Wide>().unwrap();
    let read = schema.read::<Wide>(wide().to_string().as_bytes());
    assert!(
        read.is_ok(),
        "{:?}",
        read.map_err(|problem| problem.faults().to_vec())
    );
    assert!(matches!(read.unwrap().mood, Some(Mood::Fine)));
}

#[test]
fn a_name_that_stands_twice_is_met_at_every_level() {
    let schema = Schema::of::<Wide>().unwrap();
    let mut levels = 0;
    for at in 0..64 {
        for second in [r#""twice":2"#, r#""\u0074wice":2"#] {
            let marked = disturbed(wide(), at, true, json!("here")).to_string();
            let twice = marked.replacen(r#""zz":"here""#, &format!(r#""twice":1,{second}"#), 1);
            if twice == marked {
                continue;
            }
            levels += 1;
            for problem in [
                schema.read::<Wide>(twice.as_bytes()).err(),
                schema.check(twice.as_bytes()).err(),
            ] {
                assert_eq!(problem.unwrap().reason(), "duplicate_key", "{twice}");
            }
        }
    }
    assert_eq!(levels, 20);
}

/// What stands for each class of RFC 8259 and RFC 7493, at the level of a value.
#[test]
#[allow(clippy::too_many_lines)] // a row for each class
fn the_one_pass_reads_what_the_rfcs_call_json_and_nothing_else() {
    let open = Schema::from_value(json!({
        "type": "object",
        "properties": { "v": { "x-dangerous-open": true, "description": "any value" } },
    }))
    .unwrap();
    for good in [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-1",
        "1.5e+3",
        "1E-2",
        "1e-400",
        "9223372036854775807",
        "18446744073709551615",
        r#""""#,
        r#""\u0000""#,
        r#""\ud83d\ude00""#,
        r#""\"\\\/\b\f\n\r\t""#,
        "\"\u{7f}\u{2028}\u{feff}\"",
        "[]",
        "{}",
        " \t\r\n[ ]\n",
        r#"{"":0}"#,
        r#"{"a":{"a":1},"b":{"a":1}}"#,
        r#"[{"a":1},{"a":1}]"#,
    ] {
        let text = format!("{{\"v\":{good}}}");
        let read = open.read::<Value>(text.as_bytes());
        assert_eq!(
            read.unwrap()["v"],
            serde_json::from_str::<Value>(good).unwrap(),
            "{good}"
        );
        assert!(
            open.read::<serde::de::IgnoredAny>(text.as_bytes()).is_ok(),
            "{good}"
        );
    }
    for bad in [
        "",
        "nul",
        "TRUE",
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
        "[1,]",
        "[,1]",
        "[1 2]",
        r#"{"a":1,}"#,
        r#"{"a" 1}"#,
        "{a:1}",
        "{'a':1}",
        "['a']",
        "1 // c",
        "/* c */ 1",
        "\u{a0}1",
        "\u{feff}1",
        "1\0",
        "[",
        "{",
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"[{"a":[{"b":1,"b":2}]}]"#,
    ] {
        let text = format!("{{\"v\":{bad}}}");
        // Neither as a value nor as one that the type ignores.
        let refused = [
            open.read::<Value>(text.as_bytes()).err(),
            open.read::<serde::de::IgnoredAny>(text.as_bytes()).err(),
        ];
        for problem in refused {
            assert_eq!(problem.unwrap().kind(), Kind::MalformedBody, "{bad}");
        }
    }
    for depth in [31, 32, 128, 200_000] {
        let text = format!("{{\"v\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        let read = open.read::<serde::de::IgnoredAny>(text.as_bytes());
        assert_eq!(read.is_ok(), depth < 32, "{depth}");
    }
    for bytes in [
        &b"\"\xff\""[..],
        b"\"\xc0\xaf\"",
        b"\"\xed\xa0\x80\"",
        b"{\"\xe9\":1}",
    ] {
        let text = [b"{\"v\":", bytes, b"}"].concat();
        let problem = open.read::<serde::de::IgnoredAny>(&text).err();
        assert_eq!(problem.unwrap().kind(), Kind::MalformedBody, "{bytes:?}");
    }
}
