//! Whatever is hidden makes no difference.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::{READABLE, SETTABLE, document, patched, rules};
use crate::assign::JsonPatch;

/// The document with other things in hiding, or with none.
fn with_hidden(hidden: &Value) -> Value {
    let mut document = document();
    for (around, name) in [("", "hidden"), ("/o", "hidden"), ("/links/0", "hidden")] {
        let members = document
            .pointer_mut(around)
            .unwrap()
            .as_object_mut()
            .unwrap();
        if hidden.is_null() {
            members.remove(name);
        } else {
            members.insert(name.into(), hidden.clone());
        }
    }
    document
}

/// How often something is hidden, and the document without it.
fn laid_open(document: &Value, hidden: &mut usize) -> Value {
    match document {
        Value::Object(members) => {
            *hidden += usize::from(members.contains_key("hidden"));
            let open = members.iter().filter(|(name, _)| *name != "hidden");
            open.map(|(name, value)| (name.clone(), laid_open(value, hidden)))
                .collect()
        }
        Value::Array(elements) => {
            let open = elements.iter().map(|element| laid_open(element, hidden));
            open.collect()
        }
        value => value.clone(),
    }
}

fn operation() -> impl Strategy<Value = Value> {
    let path = || {
        select(vec![
            "",
            "/a",
            "/list",
            "/list/0",
            "/list/1/0",
            "/list/-",
            "/o",
            "/o/x",
            "/o/hidden",
            "/hidden",
            "/hidden/0",
            "/shown",
            "/secret",
            "/links",
            "/links/0",
            "/links/-",
            "/links/0/url",
            "/links/0/hidden",
            "/links/1/url",
            "/nosuch",
        ])
    };
    let value = select(vec![
        json!(1),
        json!("u"),
        json!(["y"]),
        json!({ "url": "v" }),
        json!({ "hidden": 7 }),
        json!(null),
    ]);
    let name = select(vec!["add", "remove", "replace", "move", "copy", "test"]);
    (name, path(), path(), value).prop_map(
        |(op, path, from, value)| json!({ "op": op, "path": path, "from": from, "value": value }),
    )
}

proptest! {
    /// Whatever is hidden makes no difference, and stays.
    #[test]
    fn no_patch_learns_of_what_is_hidden_or_changes_it(
        patch in prop::collection::vec(operation(), 1..6),
        one in select(vec![json!(null), json!(1), json!("u"), json!({ "url": "v" })]),
        other in select(vec![json!(null), json!(7), json!([1]), json!({})]),
    ) {
        let rules = rules(&SETTABLE, &READABLE);
        let patch = Value::Array(patch);
        let run = |hidden: &Value| {
            let before = with_hidden(hidden);
            let mut count = 0;
            laid_open(&before, &mut count);
            patched(&before, &patch, &rules).map(|after| {
                let mut left = 0;
                let open = laid_open(&after, &mut left);
                assert_eq!(left, count);
                open
            })
        };
        prop_assert_eq!(run(&one), run(&other));
    }

    #[test]
    fn no_bytes_panic_and_what_is_read_is_bounded(text in r#"\[(\{"op":"(add|copy|test|x)","path":"(/[a-z0-9~-]{0,3}){0,3}","from":"/a","value":[0-9\[\]"]{0,5}\},?){0,3}\]?"#) {
        if let Ok(patch) = JsonPatch::read(text.as_bytes()) {
            let mut after = document();
            let applied = patch.apply(&mut after, &rules(&SETTABLE, &READABLE));
            prop_assert!(applied.is_ok() || after == document());
        }
    }
}
