//! What goes out.

use portcullis::assign::{Grant, View};
use serde_json::json;

use super::world::{JSON, Log, Staff, app, ask, blank, grant};

#[tokio::test]
async fn each_role_sees_its_fields_and_no_name_of_another() {
    let everybody = json!({
        "id": 7, "title": "old", "slug": "old-slug", "section": "news", "links": [],
        "seo": { "meta title": "old" },
    });
    let mut author = everybody.clone();
    author["note"] = json!("n");
    let mut editor = everybody.clone();
    editor["isFeatured"] = json!(false);
    editor["seo"]["indexed"] = json!(false);
    editor["review"] = json!({ "grade": 1 });
    for (caller, seen) in [("", &everybody), ("a", &author), ("e", &editor)] {
        let listed = ask(&app(&Log::default()), "GET", "/refuse", caller, (JSON, "")).await;
        assert_eq!(listed, (http::StatusCode::OK, json!([seen])), "{caller:?}");
        let article = blank();
        let one = serde_json::to_value((&article).seen_by(&grant(caller))).unwrap();
        assert_eq!(&one, seen);
    }
    let owner = serde_json::to_value(blank().seen_by(&grant("o"))).unwrap();
    assert_eq!(owner, author);
}

#[test]
fn lists_boxes_and_options_show_what_is_within() {
    let grant: Grant<Staff> = Grant::of_stranger();
    let one = || blank().seo;
    let shown = serde_json::to_value(vec![Some(Box::new(one())), None].seen_by(&grant)).unwrap();
    assert_eq!(shown, json!([{ "meta title": "old" }, null]));
    assert_eq!(format!("{:?}", one().seen_by(&grant)), "Seen { .. }");
}

#[test]
fn what_serde_leaves_out_is_left_out() {
    let mut article = blank();
    article.note = None;
    let shown = serde_json::to_value(article.seen_by(&grant("a"))).unwrap();
    assert!(shown.get("note").is_none());
}
