//! authz, through a real router.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::header::WWW_AUTHENTICATE;
use http::{Request, Response, StatusCode};
use portcullis::authz::{
    RequirePermissions, RequirePolicy, RequireScopes, ScopeDemand, ScopeExpr, Scoped,
};
use portcullis::guard::Shield;
use portcullis::identity::{Permissions, Principal, Scopes};

use crate::introduced::{Ear, Introduced};
use crate::support::{read, send};

portcullis::scopes! {
    /// May look at orders.
    pub(crate) ReadOrders = "orders:read";
    Manage = "admin" | ("orders:write" & "orders:delete" & !"sandbox");
}

/// `alice a b/x,y` is Alice with the scopes `a` and `b` and the permissions `x` and `y`.
fn named(text: &str) -> Principal {
    let (text, permissions) = text.split_once('/').unwrap_or((text, ""));
    let (name, scopes) = text.split_once(' ').unwrap_or((text, ""));
    Principal::new(name)
        .with_scopes(Scopes::parse(scopes))
        .with_permissions(Permissions::of(permissions.split(',')).unwrap())
}

async fn list(caller: Scoped<ReadOrders>) -> String {
    format!("the orders of {}", caller.subject())
}

async fn manage(caller: Scoped<Manage>) -> String {
    caller.into_principal().subject().to_owned()
}

fn routes() -> Router {
    let scope = |name| ScopeExpr::scope(name).unwrap();
    let nested = RequireScopes::matching(scope("a") | (scope("b") & !scope("c")));
    let allowed = || get(|| async { "in" });
    Router::new()
        .route("/list", get(list))
        .route("/manage", get(manage))
        .route(
            "/demanding",
            allowed().layer(RequireScopes::demanding::<Manage>()),
        )
        .route(
            "/all",
            allowed().layer(RequireScopes::all(["a", "b"]).unwrap()),
        )
        .route(
            "/any",
            allowed().layer(RequireScopes::any(["a", "b"]).unwrap()),
        )
        .route(
            "/none",
            allowed().layer(RequireScopes::none_of(["a", "b"]).unwrap()),
        )
        .route("/nested", allowed().layer(nested))
        .route(
            "/permitted",
            allowed().layer(RequirePermissions::all(["x", "y"]).unwrap()),
        )
        .route(
            "/role",
            allowed().layer(RequirePermissions::any(["x", "y"]).unwrap()),
        )
        .route(
            "/policy/{name}",
            allowed().layer(RequirePolicy::new("own_page", |caller, head| {
                let own = head.uri.path().ends_with(caller.subject());
                own.then_some(()).ok_or("page_of_another")
            })),
        )
}

fn request(path: &str, caller: Option<&str>) -> Request<Body> {
    let mut request = Request::get(path);
    if let Some(caller) = caller {
        request = request.header("x-caller", caller);
    }
    request.body(Body::empty()).unwrap()
}

fn challenges(response: &Response<Body>) -> Vec<String> {
    let lines = response.headers().get_all(WWW_AUTHENTICATE).iter();
    lines
        .map(|line| line.to_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn each_rule_lets_in_whom_it_should_and_tells_each_refusal_once() {
    let ear = Ear::default();
    let app = routes().layer(
        Shield::new()
            .with_events(ear.clone())
            .with(Introduced(named)),
    );
    for (path, caller, status, heard) in [
        ("/list", "alice orders:read", 200, None),
        (
            "/list",
            "alice orders:readonly",
            403,
            Some("insufficient-scope"),
        ),
        ("/list", "alice", 403, Some("insufficient-scope")),
        ("/manage", "alice admin sandbox", 200, None),
        ("/manage", "alice orders:delete orders:write", 200, None),
        (
            "/manage",
            "alice orders:write",
            403,
            Some("insufficient-scope"),
        ),
        (
            "/manage",
            "alice orders:delete orders:write sandbox",
            403,
            Some("scope_excluded"),
        ),
        ("/demanding", "alice admin", 200, None),
        (
            "/demanding",
            "alice orders:write",
            403,
            Some("insufficient-scope"),
        ),
        ("/all", "alice b a", 200, None),
        ("/all", "alice a", 403, Some("insufficient-scope")),
        ("/any", "alice b", 200, None),
        ("/any", "alice c", 403, Some("insufficient-scope")),
        ("/none", "alice c", 200, None),
        ("/none", "alice b", 403, Some("scope_excluded")),
        ("/nested", "alice b", 200, None),
        ("/nested", "alice b c", 403, Some("scope_excluded")),
        ("/nested", "alice b c a", 200, None),
        ("/permitted", "alice/x,y", 200, None),
        ("/permitted", "alice x y/x", 403, Some("permission_missing")),
        ("/role", "alice/y", 200, None),
        ("/role", "alice x", 403, Some("permission_missing")),
        ("/policy/alice", "alice", 200, None),
        (
            "/policy/bob",
            "alice",
            403,
            Some("page_of_another: the policy own_page"),
        ),
    ] {
        let answer = send(&app, request(path, Some(caller))).await;
        assert_eq!(answer.status(), status, "{caller} at {path}");
        let lacks = heard == Some("insufficient-scope");
        assert_eq!(!challenges(&answer).is_empty(), lacks, "{caller} at {path}");
        assert_eq!(ear.heard(), heard.into_iter().collect::<Vec<_>>());
        let (_, body) = read(answer).await;
        for secret in ["permission", "own_page", "excluded", "another"] {
            assert!(!body.to_string().contains(secret), "{body}");
        }
    }
}

#[tokio::test]
async fn the_challenge_has_a_line_for_each_way_in() {
    let app = routes().layer(Shield::new().with(Introduced(named)));
    let error = r#"Bearer error="insufficient_scope""#;
    for path in ["/manage", "/demanding"] {
        let answer = send(&app, request(path, Some("alice"))).await;
        assert_eq!(
            challenges(&answer),
            [
                format!(r#"{error}, scope="admin""#),
                format!(r#"{error}, scope="orders:write orders:delete""#),
            ]
        );
        let answer = send(&app, request(path, None)).await;
        assert_eq!(
            challenges(&answer),
            [
                r#"Bearer scope="admin""#,
                r#"Bearer scope="orders:write orders:delete""#,
            ]
        );
    }
}

#[tokio::test]
async fn strangers_are_asked_to_log_in_and_a_forgotten_guard_is_a_fault() {
    let guarded = routes().layer(Shield::new().with(Introduced(named)));
    for path in [
        "/list",
        "/manage",
        "/demanding",
        "/all",
        "/any",
        "/none",
        "/nested",
        "/permitted",
        "/role",
        "/policy/alice",
    ] {
        let answer = send(&guarded, request(path, None)).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert!(!challenges(&answer).is_empty(), "{path}");
        let answer = send(&routes(), request(path, Some("alice a b/x,y"))).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
}

#[test]
fn a_declared_rule_describes_itself() {
    assert_eq!(
        Manage::EXPRESSION.describe().to_string(),
        "scopes admin or (scopes orders:write, scopes orders:delete, none of the scopes sandbox)"
    );
}
