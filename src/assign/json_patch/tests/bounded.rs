//! What is no patch, and what is too much of one.

use serde_json::{Value, json};

use super::{READABLE, SETTABLE, document, patched, rules};
use crate::assign::JsonPatch;

#[test]
fn a_patch_that_is_none_is_told_what_it_lacks() {
    let rules = rules(&SETTABLE, &READABLE);
    for (patch, told) in [
        (json!({}), "# type"),
        (json!(null), "# type"),
        (json!([1, [], null]), "#/0 type, #/1 type, #/2 type"),
        (json!([{}]), "#/0/op required"),
        (json!([{ "op": "add" }]), "#/0/path required"),
        (json!([{ "op": "add", "path": "/a" }]), "#/0/value required"),
        (
            json!([{ "op": "Add", "path": "/a", "value": 1 }]),
            "#/0/op enum",
        ),
        (
            json!([{ "op": 1, "path": "/a", "value": 1 }]),
            "#/0/op enum",
        ),
        (
            json!([{ "op": "add", "path": "a", "value": 1 }]),
            "#/0/path format",
        ),
        (
            json!([{ "op": "add", "path": 1, "value": 1 }]),
            "#/0/path format",
        ),
        (
            json!([{ "op": "remove", "path": "/a~" }]),
            "#/0/path format",
        ),
        (json!([{ "op": "move", "path": "/a" }]), "#/0/from required"),
        (
            json!([{ "op": "copy", "path": "/a", "from": "b" }]),
            "#/0/from format",
        ),
    ] {
        assert_eq!(
            patched(&document(), &patch, &rules),
            Err(told.to_owned()),
            "{patch}"
        );
    }
    let twice = br#"[{ "op": "add", "path": "/a", "value": 1, "op": "remove" }]"#;
    assert_eq!(
        JsonPatch::read(twice).unwrap_err().faults()[0].code,
        "duplicate-key"
    );
}

#[test]
fn a_patch_is_whole_or_nothing_and_what_it_does_is_bounded() {
    let rules = rules(&SETTABLE, &READABLE);
    let run = |patch: &Value| patched(&document(), patch, &rules);
    let add = |value: &Value| json!({ "op": "add", "path": "/list/-", "value": value });
    let late = json!([{ "op": "remove", "path": "/a" }, { "op": "remove", "path": "/a" }]);
    assert_eq!(run(&late), Err("#/1/path absent".into()));

    let many = |count| Value::Array(vec![add(&json!(1)); count]);
    assert_eq!(
        run(&many(100)).unwrap()["list"].as_array().unwrap().len(),
        102
    );
    assert_eq!(run(&many(101)), Err("# max-items".into()));

    // Forty doublings would be a terabyte.
    let mut bomb = vec![json!({ "op": "replace", "path": "/list", "value": ["0123456789"] })];
    bomb.extend(vec![
        json!({ "op": "copy", "from": "/list", "path": "/list/-" });
        40
    ]);
    let told = run(&Value::Array(bomb)).unwrap_err();
    assert!(told.ends_with("/from max-length"), "{told}");

    let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    let deeper = |depth| {
        let path = format!("/list/2{}/-", "/0".repeat(27));
        let within = json!({ "op": "add", "path": path, "value": nested(depth) });
        run(&json!([add(&nested(28)), within]))
    };
    assert!(deeper(2).is_ok());
    assert_eq!(deeper(3), Err("#/1/value depth".into()));

    let short = rules.clone().with_max_bytes(200);
    let text = |length| json!([{ "op": "add", "path": "/a", "value": "x".repeat(length) }]);
    assert!(patched(&document(), &text(10), &short).is_ok());
    let told = patched(&document(), &text(200), &short);
    assert_eq!(told, Err("# max-length".into()));
    // Nothing that is refused in any case tells how long the document is.
    for length in [10, 100, 200] {
        let probe = json!([text(length)[0], { "op": "remove", "path": "/nothing" }]);
        let told = patched(&document(), &probe, &short);
        assert_eq!(told, Err("#/1/path unknown-field".into()), "{length}");
    }
    let around: Vec<_> = (0..60)
        .flat_map(|_| [("/list", "/a"), ("/a", "/list")])
        .map(|(from, to)| json!({ "op": "move", "from": from, "path": to }))
        .collect();
    let long = json!({ "op": "replace", "path": "/list", "value": "x".repeat(30_000) });
    let all = Value::Array([vec![long], around[..80].to_vec()].concat());
    let told = run(&all).unwrap_err();
    assert!(told.ends_with("/from max-length"), "{told}");
    // A document that is too long already may shrink.
    let shortest = rules.clone().with_max_bytes(10);
    let shrink = json!([{ "op": "replace", "path": "/list", "value": 1 }]);
    assert!(patched(&document(), &shrink, &shortest).is_ok());
}
