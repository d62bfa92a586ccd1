//! The examples of the standard.

use serde_json::json;

use super::{patched, rules};

/// RFC 6902, appendix A, but for A.10, which adds an object where there was none, and A.13, which
/// is no strict JSON.
#[test]
fn the_examples_of_the_standard_come_out_as_they_should() {
    let all = ["/*", "/*/*"];
    let rules = rules(&all, &all);
    let failed = |told: &str| Err(told.to_owned());
    for (before, patch, after) in [
        (
            json!({ "foo": "bar" }),
            json!([{ "op": "add", "path": "/baz", "value": "qux" }]),
            Ok(json!({ "baz": "qux", "foo": "bar" })),
        ),
        (
            json!({ "foo": ["bar", "baz"] }),
            json!([{ "op": "add", "path": "/foo/1", "value": "qux" }]),
            Ok(json!({ "foo": ["bar", "qux", "baz"] })),
        ),
        (
            json!({ "baz": "qux", "foo": "bar" }),
            json!([{ "op": "remove", "path": "/baz" }]),
            Ok(json!({ "foo": "bar" })),
        ),
        (
            json!({ "foo": ["bar", "qux", "baz"] }),
            json!([{ "op": "remove", "path": "/foo/1" }]),
            Ok(json!({ "foo": ["bar", "baz"] })),
        ),
        (
            json!({ "baz": "qux", "foo": "bar" }),
            json!([{ "op": "replace", "path": "/baz", "value": "boo" }]),
            Ok(json!({ "baz": "boo", "foo": "bar" })),
        ),
        (
            json!({ "foo": { "bar": "baz", "waldo": "fred" }, "qux": { "corge": "grault" } }),
            json!([{ "op": "move", "from": "/foo/waldo", "path": "/qux/thud" }]),
            Ok(json!({ "foo": { "bar": "baz" }, "qux": { "corge": "grault", "thud": "fred" } })),
        ),
        (
            json!({ "foo": ["all", "grass", "cows", "eat"] }),
            json!([{ "op": "move", "from": "/foo/1", "path": "/foo/3" }]),
            Ok(json!({ "foo": ["all", "cows", "eat", "grass"] })),
        ),
        (
            json!({ "baz": "qux", "foo": ["a", 2, "c"] }),
            json!([
                { "op": "test", "path": "/baz", "value": "qux" },
                { "op": "test", "path": "/foo/1", "value": 2 }
            ]),
            Ok(json!({ "baz": "qux", "foo": ["a", 2, "c"] })),
        ),
        (
            json!({ "baz": "qux" }),
            json!([{ "op": "test", "path": "/baz", "value": "bar" }]),
            failed("#/0/value test"),
        ),
        (
            json!({ "foo": "bar" }),
            json!([{ "op": "add", "path": "/baz", "value": "qux", "xyz": 123 }]),
            Ok(json!({ "foo": "bar", "baz": "qux" })),
        ),
        (
            json!({ "foo": "bar" }),
            json!([{ "op": "add", "path": "/baz/bat", "value": "qux" }]),
            failed("#/0/path absent"),
        ),
        (
            json!({ "/": 9, "~1": 10 }),
            json!([{ "op": "test", "path": "/~01", "value": 10 }]),
            Ok(json!({ "/": 9, "~1": 10 })),
        ),
        (
            json!({ "/": 9, "~1": 10 }),
            json!([{ "op": "test", "path": "/~01", "value": "10" }]),
            failed("#/0/value test"),
        ),
        (
            json!({ "foo": ["bar"] }),
            json!([{ "op": "add", "path": "/foo/-", "value": ["abc", "def"] }]),
            Ok(json!({ "foo": ["bar", ["abc", "def"]] })),
        ),
    ] {
        assert_eq!(patched(&before, &patch, &rules), after, "{patch}");
    }
}
