//! Every role with every field, absent and null and set, at both moments.

use portcullis::assign::{Assignable, Changed, New, Patch, Rule, Unlisted};
use portcullis::problem::Problem;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::world::{Article, blank, grant};

/// Fields (with the object around it), another value, whether null fits; who sets it while the
/// article is made, and who later.
const FIELDS: [(&str, &str, &str, bool, &str, &str); 14] = [
    ("id", "", "8", false, "", ""),
    ("title", "", "\"new\"", false, "ae", "ae"),
    ("isFeatured", "", "true", false, "e", "e"),
    ("is_featured", "", "true", false, "", ""),
    ("slug", "", "\"new\"", false, "ae", ""),
    ("section", "", "\"new\"", false, "ae", "e"),
    ("note", "", "\"new\"", true, "ao", "ao"),
    ("links", "", r#"[{"url":"new"}]"#, false, "a", "a"),
    ("tags", "", r#"["new"]"#, false, "a", "a"),
    ("salary", "", "8", false, "", ""),
    ("nosuch", "", "8", false, "", ""),
    ("meta title", "seo", "\"new\"", false, "ae", "ae"),
    ("indexed", "seo", "true", false, "e", "e"),
    ("grade", "review", "8", false, "e", "e"),
];

const CALLERS: [&str; 8] = ["", "a", "e", "o", "ae", "ao", "eo", "aeo"];

fn sent(name: &str, within: &str, value: &str) -> String {
    let value: Value = serde_json::from_str(value).unwrap();
    match within {
        "" => json!({ name: value }).to_string(),
        within => json!({ within: { name: value } }).to_string(),
    }
}

fn pointer(name: &str, within: &str) -> String {
    let around = if within.is_empty() { "" } else { "/" };
    format!("{around}{within}/{name}")
}

fn changed(body: &str, caller: &str) -> Result<(Article, Changed), Problem> {
    let mut article = blank();
    let patch = Patch::<Article>::read(body.as_bytes()).unwrap();
    let changed = patch.apply(&mut article, &grant(caller));
    if changed.is_err() {
        assert_eq!(article, blank(), "{body}");
    }
    Ok((article, changed?))
}

/// Whether whoever has the roles in `caller` is one of those in `who`.
fn meets(caller: &str, who: &str) -> bool {
    caller.chars().any(|role| who.contains(role))
}

/// What a caller is told of a body that they may not send.
fn denied(problem: &Problem, name: &str, within: &str, reaches_within: bool) {
    let place = match within {
        within if within.is_empty() || reaches_within => pointer(name, within),
        within => format!("/{within}"),
    };
    let told: Vec<_> = problem
        .faults()
        .iter()
        .map(|f| (f.pointer.replace("%20", " "), f.code, f.detail.as_ref()))
        .collect();
    let words = "is not a field of this resource";
    assert_eq!(told, [(format!("#{place}"), "unknown-field", words)]);
}

#[test]
fn a_patch_sets_what_the_rules_let_each_role_set_and_nothing_else() {
    for (name, within, value, takes_null, _, later) in FIELDS {
        for caller in CALLERS {
            let at = format!("{name} by {caller:?}");
            let may = meets(caller, later);
            match changed(&sent(name, within, value), caller) {
                Ok((article, told)) => {
                    assert!(may, "{at}");
                    assert_ne!(article, blank(), "{at}");
                    let told: Vec<_> = told.iter().collect();
                    assert_eq!(told, [pointer(name, within)], "{at}");
                }
                Err(problem) => {
                    assert!(!may, "{at}");
                    let reaches = within == "seo" && meets(caller, "ae");
                    denied(&problem, name, within, reaches);
                }
            }
            match changed(&sent(name, within, "null"), caller) {
                Ok((article, _)) => assert!(may && takes_null && article.note.is_none(), "{at}"),
                Err(problem) if may => {
                    assert!(!takes_null, "{at}");
                    assert_eq!(problem.faults()[0].code, "type", "{at}");
                }
                Err(problem) => assert_eq!(problem.faults()[0].code, "unknown-field", "{at}"),
            }
        }
    }
    for caller in CALLERS {
        let (article, told) = changed("{}", caller).unwrap();
        assert!(article == blank() && told.is_empty());
    }
}

#[test]
fn an_article_is_made_of_what_the_rules_let_each_role_set() {
    for caller in CALLERS {
        let theirs =
            |(.., creates, _): &&(&str, &str, &str, bool, &str, &str)| meets(caller, creates);
        let mut whole = Map::new();
        for (name, within, value, ..) in FIELDS.iter().filter(theirs) {
            let value: Value = serde_json::from_str(value).unwrap();
            if within.is_empty() {
                whole.insert((*name).into(), value);
            } else {
                let inner = whole.entry(*within).or_insert_with(|| json!({}));
                inner[name] = value;
            }
        }
        let fill = |body: &Value| {
            let new = New::<Article>::read(body.to_string().as_bytes()).unwrap();
            new.fill(blank(), &grant(caller))
        };
        let whole = Value::Object(whole);
        let article = fill(&whole).unwrap();
        assert_eq!((article.id, article.salary), (7, 9));
        assert_eq!(article.slug == "new", meets(caller, "ae"));

        // Each by itself: missing, or not theirs to send.
        for (name, within, value, _, creates, _) in FIELDS {
            let mut body = whole.clone();
            let value: Value = serde_json::from_str(value).unwrap();
            let may = meets(caller, creates);
            let members = match within {
                "" => &mut body,
                within => &mut body[within],
            };
            if may {
                members.as_object_mut().unwrap().remove(name);
            } else {
                *members = match members.take() {
                    Value::Object(mut all) => {
                        all.insert(name.into(), value);
                        all.into()
                    }
                    _ => json!({ name: value }),
                };
            }
            let must = ["title", "slug", "meta title"].contains(&name);
            match fill(&body) {
                Ok(_) => assert!(may && !must, "{name} by {caller:?}"),
                Err(problem) if may => {
                    assert!(must, "{name} by {caller:?}");
                    let fault = &problem.faults()[0];
                    assert_eq!(fault.code, "required");
                    let told = fault.pointer.replace("%20", " ");
                    assert_eq!(told, format!("#{}", pointer(name, within)));
                }
                Err(problem) => denied(
                    &problem,
                    name,
                    within,
                    within == "seo" && meets(caller, "ae"),
                ),
            }
        }
    }
}

#[test]
fn the_rules_can_be_read_back() {
    let names: Vec<_> = Article::RULES.iter().map(Rule::name).collect();
    let rules = [
        "title",
        "isFeatured",
        "slug",
        "section",
        "note",
        "links",
        "tags",
        "seo",
        "review",
    ];
    assert_eq!(names, rules);
    assert_eq!(Article::MAX_BYTES, 4_096);
}

fn member() -> impl Strategy<Value = (&'static str, &'static str, Value)> {
    let field = select(FIELDS.map(|(name, within, ..)| (name, within)).to_vec());
    let value = select(vec![
        json!(null),
        json!(8),
        json!(true),
        json!("new"),
        json!(["new"]),
        json!([{ "url": "new", "id": 8 }]),
        json!({ "id": 8, "salary": 8 }),
    ]);
    (field, value).prop_map(|((name, within), value)| (name, within, value))
}

proptest! {
    /// Whatever is sent, and whatever becomes of it: nothing changes that is not theirs to change,
    /// and dropping is refusing without what is refused.
    #[test]
    fn no_body_sets_what_is_not_its_senders_to_set(
        members in prop::collection::vec(member(), 0..8),
        caller in select(CALLERS.to_vec()),
    ) {
        let mut body = json!({});
        for (name, within, value) in members {
            match within {
                "" => body[name] = value,
                within if body[within].is_null() => body[within] = json!({ name: value }),
                within => body[within][name] = value,
            }
        }
        let apply = |unlisted| {
            let patch = Patch::<Article>::read(body.to_string().as_bytes()).unwrap();
            let mut article = blank();
            let patch = patch.with_unlisted(unlisted);
            let applied = patch.apply(&mut article, &grant(caller));
            applied.map(|changed| (article, changed))
        };
        let dropped = apply(Unlisted::Drop);
        if let Ok((article, changed)) = &dropped {
            for field in changed.iter() {
                let theirs = FIELDS.iter().any(|(name, within, .., later)| {
                    pointer(name, within) == field && meets(caller, later)
                });
                prop_assert!(theirs, "{} by {}", field, caller);
            }
            prop_assert_eq!(article == &blank(), changed.is_empty());
            prop_assert_eq!((article.id, article.salary), (7, 9));
        }
        match (apply(Unlisted::Refuse), dropped) {
            (Ok(refused), Ok(dropped)) => prop_assert_eq!(refused, dropped),
            (Ok(_), Err(_)) => prop_assert!(false, "dropping refuses more"),
            (Err(problem), Ok(_)) => {
                let all = problem.faults().iter();
                prop_assert!(all.into_iter().all(|fault| fault.code == "unknown-field"));
            }
            (Err(_), Err(_)) => {}
        }
    }
}
