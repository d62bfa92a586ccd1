//! No text panics the reader of public ids; what is read has no other text, and is nobody's row.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use portcullis::public_id::{DbId, Entity, IdKeys, PublicId};

struct Article;

impl Entity for Article {
    const PREFIX: &'static str = "article";
}

static KEYS: LazyLock<IdKeys> = LazyLock::new(|| {
    let keys = IdKeys::new([1; 32]).and_then(|keys| keys.with_further_key([2; 32]));
    keys.expect("the keys are long enough")
});

fuzz_target!(|input: (&str, i64, usize, char)| {
    let (text, row, at, to) = input;
    for text in [text.to_owned(), format!("article_{text}")] {
        if let Some(id) = PublicId::<Article>::parse(&text) {
            assert_eq!(id.to_string(), text);
            assert_eq!(KEYS.open(id), None);
        }
    }
    let row = DbId::<Article>::new(row);
    let sealed = KEYS.seal(row).to_string();
    let id = PublicId::<Article>::parse(&sealed).expect("an id is one");
    assert_eq!(KEYS.open(id), Some(row));

    let at = at % sealed.len();
    let mut changed = sealed.clone();
    changed.replace_range(at..=at, &to.to_string());
    if changed != sealed {
        let opened = PublicId::<Article>::parse(&changed).and_then(|id| KEYS.open(id));
        assert_eq!(opened, None);
    }
});
