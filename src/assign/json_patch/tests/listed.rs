//! What is listed, and what is not.

use serde_json::{Value, json};

use super::{READABLE, SETTABLE, document, patched, rules};
use crate::assign::{FieldAllowlist, JsonPatchRules};

const PATH: &str = "#/0/path unknown-field";
const FROM: &str = "#/0/from unknown-field";
const VALUE: &str = "#/0/value unknown-field";
const ABSENT: &str = "#/0/path absent";
const WITHIN: &str = "#/0/path within";

#[rustfmt::skip] // one row a line
const REFUSED: [(&str, &str); 44] = [
    // Hidden fields, and the document itself.
    (r#"{ "op": "test", "path": "/hidden", "value": 5 }"#, PATH),
    (r#"{ "op": "test", "path": "/hidden", "value": 6 }"#, PATH),
    (r#"{ "op": "test", "path": "/nosuch", "value": 6 }"#, PATH),
    (r#"{ "op": "test", "path": "/o", "value": {} }"#, PATH),
    (r#"{ "op": "test", "path": "", "value": {} }"#, PATH),
    (r#"{ "op": "test", "path": "/links/0", "value": {} }"#, PATH),
    (r#"{ "op": "test", "path": "/links/0/url", "value": "u" }"#, PATH),
    (r#"{ "op": "test", "path": "/secret", "value": "s" }"#, PATH),
    (r#"{ "op": "replace", "path": "/hidden", "value": 1 }"#, PATH),
    (r#"{ "op": "replace", "path": "/shown", "value": 1 }"#, PATH),
    (r#"{ "op": "replace", "path": "", "value": {} }"#, PATH),
    (r#"{ "op": "add", "path": "", "value": {} }"#, PATH),
    (r#"{ "op": "add", "path": "/nosuch", "value": 1 }"#, PATH),
    (r#"{ "op": "add", "path": "/o", "value": { "x": 1 } }"#, PATH),
    (r#"{ "op": "add", "path": "/o/hidden", "value": 1 }"#, PATH),
    (r#"{ "op": "remove", "path": "/o" }"#, PATH),
    (r#"{ "op": "remove", "path": "" }"#, PATH),
    (r#"{ "op": "remove", "path": "/links" }"#, PATH),
    (r#"{ "op": "remove", "path": "/links/0" }"#, PATH),
    (r#"{ "op": "remove", "path": "/links/0/hidden" }"#, PATH),
    // Out of hiding, and into it.
    (r#"{ "op": "copy", "from": "/hidden", "path": "/a" }"#, FROM),
    (r#"{ "op": "copy", "from": "/nosuch", "path": "/a" }"#, FROM),
    (r#"{ "op": "copy", "from": "/shown", "path": "/a" }"#, FROM),
    (r#"{ "op": "copy", "from": "/secret", "path": "/a" }"#, FROM),
    (r#"{ "op": "move", "from": "/secret", "path": "/a" }"#, FROM),
    (r#"{ "op": "move", "from": "/hidden", "path": "/a" }"#, FROM),
    (r#"{ "op": "move", "from": "", "path": "/a" }"#, WITHIN),
    (r#"{ "op": "copy", "from": "", "path": "/a" }"#, FROM),
    (r#"{ "op": "copy", "from": "/o", "path": "/a" }"#, FROM),
    (r#"{ "op": "move", "from": "/a", "path": "/hidden" }"#, PATH),
    (r#"{ "op": "move", "from": "/a", "path": "/o" }"#, PATH),
    // Objects where none is listed.
    (r#"{ "op": "add", "path": "/a", "value": { "b": 1 } }"#, VALUE),
    (r#"{ "op": "add", "path": "/a", "value": [{ "b": 1 }] }"#, VALUE),
    (r#"{ "op": "add", "path": "/list/-", "value": {} }"#, VALUE),
    (r#"{ "op": "replace", "path": "/list/0", "value": {} }"#, VALUE),
    (r#"{ "op": "add", "path": "/links/-", "value": { "hidden": 1 } }"#, VALUE),
    (r#"{ "op": "add", "path": "/links/-", "value": "u" }"#, VALUE),
    // Listed, and not there.
    (r#"{ "op": "remove", "path": "/list/2" }"#, ABSENT),
    (r#"{ "op": "replace", "path": "/list/-", "value": 1 }"#, ABSENT),
    (r#"{ "op": "add", "path": "/list/3", "value": 1 }"#, ABSENT),
    (r#"{ "op": "add", "path": "/list/00", "value": 1 }"#, ABSENT),
    (r#"{ "op": "add", "path": "/links/9/url", "value": 1 }"#, ABSENT),
    (r#"{ "op": "move", "from": "/list", "path": "/list/0" }"#, WITHIN),
    (r#"{ "op": "move", "from": "/list/1", "path": "/list/1/0" }"#, WITHIN),
];

fn only(operation: &str) -> Value {
    json!([serde_json::from_str::<Value>(operation).unwrap()])
}

#[test]
fn what_is_not_listed_is_neither_set_nor_read_nor_told() {
    let rules = rules(&SETTABLE, &READABLE);
    for (operation, told) in REFUSED {
        let found = patched(&document(), &only(operation), &rules);
        assert_eq!(found, Err(told.to_owned()), "{operation}");
    }
}

#[test]
#[rustfmt::skip] // one row a line
fn what_is_listed_is_set_and_read() {
    let rules = rules(&SETTABLE, &READABLE);
    for (operation, at, value) in [
        (r#"{ "op": "add", "path": "/links/-", "value": { "url": "v" } }"#, "/links/1/url", json!("v")),
        (r#"{ "op": "add", "path": "/links/0", "value": {} }"#, "/links/1/hidden", json!(6)),
        (r#"{ "op": "replace", "path": "/links/0/url", "value": "v" }"#, "/links/0/url", json!("v")),
        (r#"{ "op": "replace", "path": "/list", "value": null }"#, "/list", json!(null)),
        (r#"{ "op": "add", "path": "/list/1/0", "value": "z" }"#, "/list/1", json!(["z", "y"])),
        (r#"{ "op": "copy", "from": "/list", "path": "/a" }"#, "/a", json!(["x", ["y"]])),
        (r#"{ "op": "move", "from": "/a", "path": "/a" }"#, "/a", json!(1)),
        (r#"{ "op": "replace", "path": "/secret", "value": 1 }"#, "/secret", json!(1)),
        (r#"{ "op": "test", "path": "/shown", "value": 4.0 }"#, "/shown", json!(4)),
    ] {
        let after = patched(&document(), &only(operation), &rules).unwrap();
        assert_eq!(after.pointer(at), Some(&value), "{operation}");
    }
}

#[test]
fn without_a_list_of_what_may_be_read_nothing_is() {
    let rules = JsonPatchRules::new(FieldAllowlist::new(SETTABLE).unwrap());
    for (operation, told) in [
        (r#"{ "op": "test", "path": "/a", "value": 1 }"#, PATH),
        (r#"{ "op": "copy", "from": "/a", "path": "/list" }"#, FROM),
        (r#"{ "op": "move", "from": "/a", "path": "/list" }"#, FROM),
    ] {
        let found = patched(&document(), &only(operation), &rules);
        assert_eq!(found, Err(told.to_owned()), "{operation}");
    }
}
