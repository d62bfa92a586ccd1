//! tmp
use axum::{Router, body::Body, routing::get};
use http::Request;
use http::request::Parts;
use portcullis::authz::RequireScopes;
use portcullis::guard::*;
use portcullis::identity::*;
use tower::ServiceExt;
#[derive(Clone)]
struct Known(Principal);
impl Guard for Known {
    const PLACE: Place = Place::Authn;
    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        Facts::entry(&mut head.extensions).caller = Caller::Known(self.0.clone());
        Ok(Pass::default())
    }
    fn describe(&self) -> Demand {
        Demand::Nothing
    }
}
fn count(name: &str, app: Router) {
    let rt = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut app = app;
    let mut n = 0;
    for _ in 0..3 {
        let req = Request::get("/").body(Body::empty()).unwrap();
        let info = allocation_counter::measure(|| {
            let x = rt
                .block_on(ServiceExt::<Request<Body>>::oneshot(&mut app, req))
                .unwrap();
            assert_eq!(x.status(), 200);
        });
        n = info.count_total;
    }
    println!("{name}: {n}");
}
fn main() {
    let bare = || Router::new().route("/", get(|| async { "in" }));
    count("bare", bare());
    count(
        "identity",
        bare().layer(tower::layer::util::Identity::new()),
    );
    count(
        "map_request",
        bare().layer(tower::util::MapRequestLayer::new(|r: Request<Body>| r)),
    );
    count("open shield", bare().layer(Shield::new()));
    let p = Principal::new("alice").with_scopes(Scopes::parse("a b"));
    count("known", bare().layer(Shield::new().with(Known(p.clone()))));
    count(
        "known+scopes",
        bare().layer(
            Shield::new()
                .with(Known(p))
                .with(RequireScopes::all(["a"]).unwrap()),
        ),
    );
    count(
        "5 open layered",
        bare()
            .layer(Shield::new())
            .layer(Shield::new())
            .layer(Shield::new())
            .layer(Shield::new()),
    );
}
