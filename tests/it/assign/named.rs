//! Names, and models without roles.

use portcullis::assign::{Assignable, Grant, New, Patch, View};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

#[derive(Clone, Debug, Default, PartialEq, Assignable, View)]
#[serde(rename_all(deserialize = "kebab-case", serialize = "SCREAMING_SNAKE_CASE"))]
struct Odd<S>
where
    S: PartialEq + DeserializeOwned + Serialize,
{
    #[assign(write)]
    #[view(read)]
    r#type: S,
    #[assign(write, optional)]
    #[view(read)]
    #[serde(rename(deserialize = "a/b~*", serialize = "out"), default)]
    by_pointer: Option<u8>,
    #[assign(create)]
    #[view(never)]
    two_words: u8,
}

/// All of it is the server's.
#[derive(Clone, Debug, Default, PartialEq, Assignable, View)]
struct Closed {
    #[assign(never)]
    #[view(never)]
    secret: u8,
}

#[test]
fn a_model_of_which_nothing_is_the_callers_takes_and_shows_nothing() {
    let grant = Grant::of_stranger();
    let mut closed = Closed { secret: 1 };
    for (body, is_refused) in [("{}", false), (r#"{"secret":2}"#, true)] {
        let patch = Patch::<Closed>::read(body.as_bytes()).unwrap();
        assert_eq!(patch.apply(&mut closed, &grant).is_err(), is_refused);
    }
    assert_eq!(closed.secret, 1);
    assert_eq!(
        serde_json::to_value(closed.seen_by(&grant)).unwrap(),
        json!({})
    );
}

#[test]
fn fields_have_the_names_that_serde_gives_them_and_no_other() {
    let grant = Grant::of_stranger();
    let patch = |body: &str| {
        let mut odd = Odd::<String>::default();
        let patch = Patch::<Odd<String>>::read(body.as_bytes()).unwrap();
        let changed = patch.apply(&mut odd, &grant);
        changed.map(|changed| changed.iter().map(str::to_owned).collect::<Vec<_>>())
    };
    for (body, changed) in [
        (r#"{"type":"t"}"#, Some("/type")),
        (r#"{"a/b~*":7}"#, Some("/a~1b~0*")),
        (r#"{"by-pointer":7}"#, None),
        (r#"{"by_pointer":7}"#, None),
        (r#"{"anything":7}"#, None), // a star in a name is a star
        (r#"{"r#type":"t"}"#, None),
        (r#"{"TYPE":"t"}"#, None),
        (r#"{"two-words":1}"#, None), // only while it is made
    ] {
        let told = patch(body).ok();
        assert_eq!(
            told,
            changed.map(|changed| vec![changed.to_owned()]),
            "{body}"
        );
    }
}

#[test]
fn whoever_has_a_grant_sets_and_sees_what_names_no_role() {
    let grant = Grant::of_stranger();
    let fill = |body: &str| {
        let new = New::<Odd<u8>>::read(body.as_bytes()).unwrap();
        new.fill(Odd::default(), &grant)
    };
    let odd = fill(r#"{"type":1,"two-words":2}"#).unwrap();
    assert_eq!((odd.r#type, odd.two_words), (1, 2));
    assert_eq!(
        serde_json::to_value(odd.seen_by(&grant)).unwrap(),
        json!({ "TYPE": 1, "out": null })
    );
    let missing = fill("{}").unwrap_err();
    let told: Vec<_> = missing.faults().iter().map(|f| &*f.pointer).collect();
    assert_eq!(told, ["#/type", "#/two-words"]);
    assert_eq!(Odd::<u8>::MAX_BYTES, 64 * 1024);
}

#[test]
fn what_was_sent_is_not_in_logs() {
    let new = New::<Odd<u8>>::read(br#"{"type":"secret"}"#).unwrap();
    let patch = Patch::<Odd<u8>>::read(br#"{"type":"secret"}"#).unwrap();
    assert_eq!(format!("{new:?} {patch:?}"), "New { .. } Patch { .. }");
}
