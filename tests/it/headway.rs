//! Guards that wait and guards that do not, in every order and nesting: each is met exactly once.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::routing::get;
use axum::{Router, response::Response};
use http::header::{HeaderValue, VARY};
use http::request::Parts;
use http::{Request, StatusCode};
use portcullis::guard::{Demand, Guard, Pass, Place, Shield, Stop};
use portcullis::problem::{Kind, Problem};
use tower::ServiceExt;

/// What a guard does.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Way {
    waits: bool,
    refuses: bool,
}

const WAYS: [Way; 4] = [
    Way {
        waits: false,
        refuses: false,
    },
    Way {
        waits: false,
        refuses: true,
    },
    Way {
        waits: true,
        refuses: false,
    },
    Way {
        waits: true,
        refuses: true,
    },
];

/// A guard that notes its name when it has decided, and stamps it.
#[derive(Clone)]
struct Step {
    name: &'static str,
    way: Way,
    met: Arc<Mutex<Vec<&'static str>>>,
}

impl Step {
    fn decide(&self) -> Result<Pass, Stop> {
        self.met.lock().unwrap().push(self.name);
        let stamps = [(VARY, HeaderValue::from_static(self.name))];
        if self.way.refuses {
            Err(Stop::from(Problem::new(Kind::Forbidden)).stamped(stamps))
        } else {
            Ok(Pass::stamped(stamps))
        }
    }
}

impl Guard for Step {
    const PLACE: Place = Place::Authz;

    async fn check(&self, _head: &mut Parts) -> Result<Pass, Stop> {
        if self.way.waits {
            tokio::task::yield_now().await;
        }
        self.decide()
    }

    fn check_now(&self, _head: &mut Parts) -> Option<Result<Pass, Stop>> {
        (!self.way.waits).then(|| self.decide())
    }

    fn describe(&self) -> Demand {
        Demand::Nothing
    }
}

async fn answer<G: Guard>(shield: Shield<G>) -> Response {
    let route = get(|| async { "in" }).layer(shield);
    let app = Router::new().route("/", route);
    let request = Request::get("/").body(Body::empty()).unwrap();
    app.oneshot(request).await.unwrap()
}

#[tokio::test]
async fn each_guard_is_met_once_and_in_order_whoever_waits() {
    let names = ["a", "b", "c", "d"];
    for code in 0..256_usize {
        let ways = [0, 2, 4, 6].map(|shift| WAYS[code >> shift & 3]);
        let last = ways.iter().position(|way| way.refuses);
        let expected = &names[..last.map_or(4, |last| last + 1)];
        for nesting in ["to the left", "to the right", "in the middle"] {
            let met = Arc::default();
            let step = |place: usize| Step {
                name: names[place],
                way: ways[place],
                met: Arc::clone(&met),
            };
            let (a, b, c, d) = (step(0), step(1), step(2), step(3));
            let response = match nesting {
                "to the left" => answer(Shield::new().with(a).with(b).with(c).with(d)).await,
                "to the right" => answer(Shield::new().with((a, (b, (c, d))))).await,
                _ => answer(Shield::new().with((a, b)).with((c, d))).await,
            };
            assert_eq!(*met.lock().unwrap(), expected, "{ways:?} {nesting}");
            let stamps: Vec<_> = response.headers().get_all(VARY).iter().collect();
            assert_eq!(stamps, expected, "{ways:?} {nesting}");
            let status = match last {
                Some(_) => StatusCode::FORBIDDEN,
                None => StatusCode::OK,
            };
            assert_eq!(response.status(), status, "{ways:?} {nesting}");
        }
    }
}
