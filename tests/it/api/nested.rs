//! Policies within policies: both hold.

use axum::Router;
use axum::routing::get;
use portcullis::api::{Api, Policy, public};
use portcullis::authz::RequireScopes;
use portcullis::guard::Shield;
use portcullis::rate_limit::{By, Quota, RateLimit};

use super::world::{Mark, Named, marks, members, request, scoped, send, served, status, text};

fn open(mark: usize) -> Policy {
    public("a test").and(Shield::new().with(Mark(mark)))
}

#[tokio::test]
async fn outer_policies_are_met_before_inner_ones_wherever_they_are_said() {
    let inner = Api::new(open(9))
        .within(open(2))
        .get("/a", marks, open(3))
        .within(open(1));
    let raw = Router::new().route("/a", get(marks));
    let outer = Api::new(open(8))
        .nest("/n", inner)
        .get("/a", marks, open(4))
        .mount("/m", raw, open(5))
        .within(open(0));
    let app = served(outer);
    for (uri, expected) in [
        ("/n/a", "[0, 1, 2, 3]"),
        ("/a", "[0, 4]"),
        ("/m/a", "[0, 5]"),
    ] {
        let response = send(&app, request("GET", uri, None)).await;
        assert_eq!(text(response).await, expected, "{uri}");
    }
}

#[tokio::test]
async fn the_stricter_policy_wins_whichever_is_the_outer() {
    let strict = || scoped("admin", 100);
    for (outer, inner) in [
        (members(), strict()),
        (strict(), members()),
        (open(0), strict()),
    ] {
        let app = served(
            Api::new(members()).nest(
                "/n",
                Api::new(members())
                    .get("/a", async || (), inner)
                    .within(outer),
            ),
        );
        assert_eq!(status(&app, "/n/a", None).await, 401);
        assert_eq!(status(&app, "/n/a", Some("alice")).await, 403);
        assert_eq!(status(&app, "/n/a", Some("alice admin")).await, 200);
    }
}

#[tokio::test]
async fn a_scope_may_be_asked_for_within_what_authenticates() {
    let scope = Shield::new().with(RequireScopes::all(["a"]).unwrap());
    let app = served(
        Api::new(public("a test"))
            .get("/a", async || (), scope)
            .within(members()),
    );
    assert_eq!(status(&app, "/a", None).await, 401);
    assert_eq!(status(&app, "/a", Some("alice")).await, 403);
    assert_eq!(status(&app, "/a", Some("alice a")).await, 200);
    // What is unknown is within it as well.
    assert_eq!(status(&app, "/b", None).await, 401);
}

#[tokio::test]
async fn a_policy_that_stands_outside_and_inside_charges_once() {
    let limit = RateLimit::per(By::principal(), "p", Quota::per_minute(2)).unwrap();
    let policy = Policy::from(Shield::new().with(Named).with(limit));
    let app = served(
        Api::new(&policy)
            .get("/a", async || (), &policy)
            .get("/b", async || (), &policy)
            .within(&policy),
    );
    assert_eq!(status(&app, "/a", Some("alice")).await, 200);
    // Routes under one policy share its quota.
    assert_eq!(status(&app, "/b", Some("alice")).await, 200);
    assert_eq!(status(&app, "/nothing", Some("alice")).await, 429);
}

#[tokio::test]
async fn what_is_unknown_below_a_prefix_is_judged_by_the_base_there() {
    let admins = || scoped("admin", 100);
    let deep = Api::new(admins()).get("/a", async || (), members());
    let inner = Api::new(members())
        .nest("/deep", deep)
        .get("/", async || "root", members());
    let app = served(Api::new(public("a test")).nest("/n", inner));
    for (uri, stranger, member, admin) in [
        ("/nothing", 404, 404, 404),
        ("/n/nothing", 401, 404, 404),
        ("/n", 401, 200, 200),
        ("/n/deep/nothing", 401, 403, 404),
        ("/n/deep/a", 401, 200, 200),
    ] {
        assert_eq!(status(&app, uri, None).await, stranger, "{uri}");
        assert_eq!(status(&app, uri, Some("alice")).await, member, "{uri}");
        assert_eq!(status(&app, uri, Some("alice admin")).await, admin, "{uri}");
    }
    let put = |user| send(&app, request("PUT", "/n/deep/a", user));
    assert_eq!(put(Some("alice")).await.status(), 403);
    assert_eq!(put(Some("alice admin")).await.status(), 405);
}

#[tokio::test]
async fn merged_apis_ask_both_bases() {
    let one = Api::new(members()).get("/a", async || "get", public("a test"));
    let other = Api::new(scoped("admin", 100)).post("/a", async || "post", public("a test"));
    let app = served(one.merge(other));
    assert_eq!(
        text(send(&app, request("GET", "/a", None)).await).await,
        "get"
    );
    assert_eq!(
        text(send(&app, request("POST", "/a", None)).await).await,
        "post"
    );
    for (method, uri, admin) in [("GET", "/nothing", 404), ("PUT", "/a", 405)] {
        assert_eq!(send(&app, request(method, uri, None)).await.status(), 401);
        assert_eq!(
            send(&app, request(method, uri, Some("alice")))
                .await
                .status(),
            403
        );
        let response = send(&app, request(method, uri, Some("alice admin"))).await;
        assert_eq!(response.status(), admin);
    }
}

#[tokio::test]
async fn two_apis_below_one_prefix_ask_both_bases_there() {
    let one = Api::new(members()).get("/a", async || (), members());
    let other = Api::new(scoped("admin", 100)).get("/b", async || (), members());
    let app = served(Api::new(public("a test")).nest("/n", one).nest("/n", other));
    assert_eq!(status(&app, "/n/a", Some("alice")).await, 200);
    assert_eq!(status(&app, "/n/b", Some("alice")).await, 200);
    assert_eq!(status(&app, "/n/c", None).await, 401);
    assert_eq!(status(&app, "/n/c", Some("alice")).await, 403);
    assert_eq!(status(&app, "/n/c", Some("alice admin")).await, 404);
}

#[tokio::test]
async fn handlers_are_given_state_and_the_whole_path() {
    use axum::extract::{MatchedPath, Path, State};
    use http::Uri;

    async fn tell(
        State(state): State<&'static str>,
        route: MatchedPath,
        Path((a, b)): Path<(String, String)>,
        uri: Uri,
    ) -> String {
        format!("{state} {} {a} {b} {uri}", route.as_str())
    }
    let inner = Api::new(members()).get("/x/{b}", tell, members());
    let api = Api::new(members())
        .nest("/n/{a}", inner)
        .with_state("state");
    let response = send(&served(api), request("GET", "/n/1/x/2", Some("alice"))).await;
    assert_eq!(text(response).await, "state /n/{a}/x/{b} 1 2 /n/1/x/2");
}
