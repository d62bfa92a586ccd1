//! Bodies never panic on their way into a model, and set nothing that their sender may not set.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::assign::{Assignable, Grant, New, Patch, Role, Unlisted};
use portcullis::identity::Principal;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Staff {
    Author,
    Editor,
}

impl Role for Staff {
    fn is_held_by(self, _caller: &Principal) -> bool {
        matches!(self, Self::Author)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Assignable)]
#[assign(role = Staff)]
struct Article {
    #[assign(never)]
    id: u8,
    #[assign(write(Author))]
    title: String,
    #[assign(write(Author), optional)]
    tags: Vec<Option<i8>>,
    #[assign(write(Editor))]
    featured: bool,
    #[assign(create(Author))]
    slug: Option<char>,
    #[assign(nested)]
    seo: Seo,
}

#[derive(Clone, Debug, Default, PartialEq, Assignable)]
#[assign(role = Staff)]
struct Seo {
    #[assign(write(Author))]
    title: f64,
    #[assign(write(Editor))]
    index: bool,
}

fuzz_target!(|body: &[u8]| {
    let grant = Grant::of(Principal::new("alice"));
    let secret = || Article {
        id: 7,
        featured: true,
        slug: Some('s'),
        ..Article::default()
    };
    for unlisted in [Unlisted::Refuse, Unlisted::Drop] {
        let Ok(patch) = Patch::<Article>::read(body) else {
            return;
        };
        let mut article = secret();
        let changed = patch.with_unlisted(unlisted).apply(&mut article, &grant);
        assert!(article.id == 7 && article.featured && !article.seo.index);
        assert_eq!(article.slug, Some('s'));
        match changed {
            Ok(changed) if changed.is_empty() => assert_eq!(article, secret()),
            Ok(_) => assert_ne!(article, secret()),
            Err(problem) => {
                assert_eq!(article, secret());
                assert!(problem.into_http::<bytes::Bytes>().body().len() <= 8 * 1024);
            }
        }
        let Ok(new) = New::<Article>::read(body) else {
            return;
        };
        if let Ok(article) = new.with_unlisted(unlisted).fill(secret(), &grant) {
            assert!(article.id == 7 && article.featured && !article.seo.index);
        }
    }
});
