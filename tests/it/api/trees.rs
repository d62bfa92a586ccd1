//! Whatever an application is made of, no request reaches a handler whose policy did not see it.

use std::collections::BTreeSet;
use std::future::{Ready, ready};

use axum::Router;
use axum::extract::Request as Incoming;
use http::{Method, StatusCode};
use portcullis::api::{Api, Policy, Tripwire, public};
use portcullis::guard::Shield;
use proptest::prelude::*;
use tower_layer::Layer;

use super::world::{Mark, Marks, members, request, send};

const PARTS: [&str; 6] = ["/a", "/b", "/{x}", "/a/b", "/{x}/b", "/"];
const PREFIXES: [&str; 3] = ["/a", "/b", "/{x}"];
const MOUNT: &str = "/m";
const METHODS: [Method; 4] = [Method::GET, Method::POST, Method::OPTIONS, Method::HEAD];

/// What is done to an API.
#[derive(Clone, Debug)]
enum Step {
    Route(usize, usize, bool),
    Nest(usize, Vec<Step>),
    Merge(Vec<Step>),
    Mount,
    Within,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let leaf = prop_oneof![
        4 => (0..METHODS.len(), 0..PARTS.len(), any::<bool>())
            .prop_map(|(method, path, open)| Step::Route(method, path, open)),
        1 => Just(Step::Mount),
        1 => Just(Step::Within),
    ];
    let tree = leaf.prop_recursive(3, 24, 5, |inner| {
        let inner = prop::collection::vec(inner, 1..5);
        prop_oneof![
            (0..PREFIXES.len(), inner.clone())
                .prop_map(|(prefix, inner)| Step::Nest(prefix, inner)),
            inner.prop_map(Step::Merge),
        ]
    });
    prop::collection::vec(tree, 1..8)
}

/// Hands marks out, so that each policy has its own, and knows what is there.
#[derive(Default)]
struct Book {
    marks: usize,
    places: BTreeSet<String>,
}

impl Book {
    fn mark(&mut self) -> (usize, Policy) {
        self.marks += 1;
        let policy = public("a test").and(Shield::new().with(Mark(self.marks)));
        (self.marks, policy)
    }

    /// Whether nothing is at this place yet: what is there twice does not build.
    fn take(&mut self, method: &str, below: &str, path: &str) -> bool {
        let path = if path == "/" && !below.is_empty() {
            ""
        } else {
            path
        };
        let whole = format!("{below}{path}");
        let parts = whole
            .split('/')
            .map(|part| if part.starts_with('{') { "{}" } else { part });
        let place = parts.collect::<Vec<_>>().join("/");
        self.places.insert(format!("{method} {place}"))
    }
}

/// Tells whether the request has met the policies that it had to.
fn handler(
    wanted: Vec<usize>,
) -> impl Fn(Incoming) -> Ready<StatusCode> + Clone + Send + Sync + 'static {
    move |request: Incoming| {
        let met = request
            .extensions()
            .get::<Marks>()
            .cloned()
            .unwrap_or_default();
        ready(if wanted.iter().all(|mark| met.0.contains(mark)) {
            StatusCode::OK
        } else {
            StatusCode::IM_A_TEAPOT
        })
    }
}

/// The API below a prefix, all of whose handlers expect the marks `outer` as well.
fn built(steps: &[Step], below: &str, outer: &[usize], book: &mut Book) -> Api {
    let mut expected = outer.to_vec();
    let mut api = Api::new(members());
    for _ in steps.iter().filter(|step| matches!(step, Step::Within)) {
        let (mark, policy) = book.mark();
        expected.push(mark);
        api = api.within(policy);
    }
    for step in steps {
        let (mark, policy) = book.mark();
        let wanted = || handler([expected.clone(), vec![mark]].concat());
        api = match step {
            Step::Route(method, path, open) => {
                let (method, path) = (METHODS[*method].clone(), PARTS[*path]);
                let policy = if *open { policy } else { policy.and(members()) };
                if book.take(method.as_str(), below, path) {
                    api.on(method, path, wanted(), policy)
                } else {
                    api
                }
            }
            Step::Nest(prefix, inner) => {
                let prefix = PREFIXES[*prefix];
                let inside = format!("{below}{prefix}");
                api.nest(prefix, built(inner, &inside, &expected, book))
            }
            Step::Merge(inner) => api.merge(built(inner, below, &expected, book)),
            Step::Mount if book.take("*", below, MOUNT) => {
                api.mount(MOUNT, Router::new().fallback(wanted()), policy)
            }
            Step::Mount | Step::Within => api,
        };
    }
    api
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_request_reaches_a_handler_whose_policy_did_not_see_it(
        steps in steps(),
        asked in prop::collection::vec(
            ("(GET|POST|PUT|OPTIONS|HEAD|TRACE|BREW)", "(/(a|b|c|m|%2f|\\.\\.|a;b|)){1,4}", any::<bool>()),
            24,
        ),
        with_raw in any::<bool>(),
    ) {
        let mut router = built(&steps, "", &[], &mut Book::default()).into_router().unwrap();
        if with_raw {
            router = router.route("/c", axum::routing::any(|| async { "raw" }));
        }
        let app = Tripwire::new().layer(router);
        let runtime = runtime();
        for (method, uri, known) in asked {
            let request = request(&method, &uri, known.then_some("alice"));
            let status = runtime.block_on(send(&app, request)).status().as_u16();
            let expected: &[u16] = if known { &[200, 404, 405, 500] } else { &[200, 401, 500] };
            prop_assert!(expected.contains(&status), "{} {} {}", method, uri, status);
            prop_assert_eq!(status == 500, with_raw && uri == "/c", "{} {}", method, uri);
        }
    }
}
