//! The metadata of the resource: served, and named by every challenge for a token.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, Request, StatusCode};
use portcullis::api_key::RequireApiKey;
use portcullis::authz::{RequireScopes, Scoped};
use portcullis::guard::{Guard, Place, Shield};
use portcullis::identity::{Principal, Scopes};
use portcullis::resource::ProtectedResource;
use portcullis::step_up::StepUp;
use portcullis::store::memory::MemoryKeyRing;
use serde_json::{Value, json};

use crate::introduced::Introduced;
use crate::support::{read, send};

const RESOURCE: &str = "https://api.example.com/v1";
const METADATA: &str = "https://api.example.com/.well-known/oauth-protected-resource/v1";

portcullis::scopes! { ReadItems = "items:read"; }

fn resource() -> ProtectedResource {
    ProtectedResource::new(RESOURCE).unwrap()
}

fn asking(method: Method, uri: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(uri)
        .body(Body::empty())
        .unwrap()
}

/// The value of the parameter in the challenge `line`.
fn named(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("resource_metadata=\"")?;
    rest.strip_suffix('"')
}

fn challenges(headers: &HeaderMap) -> Vec<String> {
    let text = |line: &http::HeaderValue| line.to_str().unwrap().to_owned();
    headers.get_all(WWW_AUTHENTICATE).iter().map(text).collect()
}

#[tokio::test]
async fn the_document_is_public_cacheable_and_says_what_was_given() {
    let whole = resource()
        .with_authorization_servers(["https://id.example.com", "https://other.example/tenant"])
        .and_then(|it| it.with_scopes(["items:read", "items:write"]))
        .and_then(|it| it.with_name("Items \"and\" more"))
        .and_then(|it| it.with_documentation("https://docs.example.com/items?lang=en"))
        .and_then(|it| it.with_policy("https://example.com/policy"))
        .and_then(|it| it.with_terms_of_service("https://example.com/terms"))
        .and_then(|it| it.with_jwks_uri("https://api.example.com/jwks"))
        .and_then(|it| it.with_dpop_algorithms(["ES256", "EdDSA"]))
        .and_then(|it| it.with_member("authorization_details_types_supported", json!(["pay"])))
        .unwrap()
        .with_dpop_required()
        .with_certificate_bound_tokens()
        .with_max_age(Duration::from_mins(5));
    let bare = json!({"resource": RESOURCE, "bearer_methods_supported": ["header"]});
    let all = json!({
        "resource": RESOURCE,
        "authorization_servers": ["https://id.example.com", "https://other.example/tenant"],
        "scopes_supported": ["items:read", "items:write"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Items \"and\" more",
        "resource_documentation": "https://docs.example.com/items?lang=en",
        "resource_policy_uri": "https://example.com/policy",
        "resource_tos_uri": "https://example.com/terms",
        "jwks_uri": "https://api.example.com/jwks",
        "dpop_signing_alg_values_supported": ["ES256", "EdDSA"],
        "dpop_bound_access_tokens_required": true,
        "tls_client_certificate_bound_access_tokens": true,
        "authorization_details_types_supported": ["pay"],
    });
    for (resource, document, kept) in [
        (resource(), bare, "public, max-age=3600"),
        (whole, all, "public, max-age=300"),
    ] {
        let guarded = Router::new().route("/v1/items", get(|| async { "items" }));
        let app = guarded
            .layer(
                Shield::new()
                    .with(resource.clone())
                    .with(Introduced(caller)),
            )
            .merge(resource.routes());
        let answer = send(&app, asking(Method::GET, resource.metadata_url())).await;
        assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(answer.headers()[CACHE_CONTROL], kept);
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
        assert_eq!(read(answer).await, (StatusCode::OK, document));

        let head = send(&app, asking(Method::HEAD, resource.metadata_url())).await;
        assert_eq!(head.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(read(head).await, (StatusCode::OK, Value::Null));
        let post = send(&app, asking(Method::POST, resource.metadata_url())).await;
        assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(post.headers()[ALLOW], "GET,HEAD");
    }
}

#[tokio::test]
async fn each_resource_is_served_where_it_says_and_nowhere_else() {
    for (identifier, others) in [
        ("https://h", &["/v1", "/"][..]),
        ("https://h/", &["/"]),
        ("https://h/v1", &["", "/v1/", "/v2", "/v1/x"]),
        ("https://h/v1/", &["", "/v1"]),
        ("https://h/v1?a=b", &["/v1", "/v1?a=c", "/v1?"]),
        ("https://h/a%20b//c", &["/a b//c".trim_end_matches(" b//c")]),
    ] {
        let resource = ProtectedResource::new(identifier).unwrap();
        let app: Router = Router::new().merge(resource.routes());
        let answer = send(&app, asking(Method::GET, resource.metadata_url())).await;
        let (status, document) = read(answer).await;
        assert_eq!(status, StatusCode::OK, "{identifier}");
        assert_eq!(document["resource"], identifier);
        for other in others {
            let uri = format!("https://h/.well-known/oauth-protected-resource{other}");
            let answer = send(&app, asking(Method::GET, &uri)).await;
            assert_eq!(
                answer.status(),
                StatusCode::NOT_FOUND,
                "{identifier}: {other}"
            );
        }
    }
}

fn caller(scopes: &str) -> Principal {
    Principal::new("alice").with_scopes(Scopes::parse(scopes))
}

/// Follows each address that is named in a challenge of `answer` to the document, and tells how
/// many challenges there are and how many of them name one.
async fn follow(app: &Router, headers: &HeaderMap) -> (usize, usize) {
    let lines = challenges(headers);
    let mut found = 0;
    for url in lines.iter().filter_map(|line| named(line)) {
        assert_eq!(url, METADATA);
        let (status, document) = read(send(app, asking(Method::GET, url)).await).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(document["resource"], RESOURCE);
        found += 1;
    }
    (lines.len(), found)
}

#[tokio::test]
async fn guards_and_extractors_all_name_the_document_and_none_does_without_the_guard() {
    let keys = || RequireApiKey::in_ring(MemoryKeyRing::with_capacity(1));
    let scopes = || RequireScopes::all(["items:read"]).unwrap();
    let step_up = || StepUp::within(Duration::from_mins(5));
    let narrow = |_: Scoped<ReadItems>| async { "items" };
    let known = |_: Principal| async { "items" };
    let handlers = Router::new()
        .route("/scopes", get(|| async { "items" }).layer(scopes()))
        .route("/step-up", get(|| async { "items" }).layer(step_up()))
        .route("/scoped", get(narrow))
        .route("/known", get(known));
    let introduced = handlers
        .clone()
        .layer(Shield::new().with(Introduced(caller)));
    let with = introduced
        .clone()
        .layer(resource())
        .merge(resource().routes());
    let shielded = handlers
        .layer(Shield::new().with(resource()).with(Introduced(caller)))
        .merge(resource().routes());
    for (path, shows, status) in [
        ("/scopes", None, 401),
        ("/scopes", Some("other"), 403),
        ("/step-up", None, 401),
        ("/step-up", Some(""), 401),
        ("/scoped", None, 401),
        ("/scoped", Some("other"), 403),
        ("/known", None, 401),
    ] {
        let request = || {
            let request = Request::get(path);
            match shows {
                Some(scopes) => request.header("x-caller", scopes),
                None => request,
            }
            .body(Body::empty())
            .unwrap()
        };
        let bare = send(&introduced, request()).await;
        assert_eq!(bare.status(), status, "{path} {shows:?}");
        assert_eq!(follow(&introduced, bare.headers()).await, (1, 0), "{path}");
        for app in [&with, &shielded] {
            let told = send(app, request()).await;
            assert_eq!(told.status(), status, "{path} {shows:?}");
            assert_eq!(follow(app, told.headers()).await, (1, 1), "{path}");
        }
    }
    // A challenge for something else names nothing.
    let app = Router::new()
        .route("/", get(|| async { "items" }))
        .layer(Shield::new().with(resource()).with(keys()));
    let refused = send(&app, asking(Method::GET, "/")).await;
    assert_eq!(challenges(refused.headers()), [r#"ApiKey realm="api""#]);
}

#[test]
fn it_stands_before_whoever_authenticates() {
    assert!(<ProtectedResource as Guard>::PLACE < Place::Authn);
}

#[test]
fn what_no_client_could_use_is_said_when_it_is_built() {
    let bad = [
        resource().with_authorization_servers([""; 0]),
        resource().with_authorization_servers(["http://id.example.com"]),
        resource().with_authorization_servers(["https://id.example.com?a=b"]),
        resource().with_authorization_servers(["https://id.example.com#a"]),
        resource().with_scopes([""; 0]),
        resource().with_scopes(["a b"]),
        resource().with_name(""),
        resource().with_documentation("docs"),
        resource().with_policy("javascript:alert(1)"),
        resource().with_terms_of_service("http://example.com"),
        resource().with_jwks_uri("http://127.0.0.1/jwks"),
        resource().with_dpop_algorithms(["none"]),
        resource().with_dpop_algorithms([""; 0]),
        resource().with_member("resource", json!("https://evil.example")),
    ];
    for (i, built) in bad.iter().enumerate() {
        assert!(built.is_err(), "{i}");
    }
    let loose = ProtectedResource::dangerous_allow_http_on_loopback("http://127.0.0.1:1").unwrap();
    assert!(
        loose
            .with_authorization_servers(["http://localhost:2"])
            .is_ok()
    );
}

#[cfg(feature = "jwt")]
mod tokens {
    use portcullis::clock::ManualClock;
    use portcullis::guard::Authenticator;
    use portcullis::jwt::Grant;

    use super::*;
    use crate::dpop::world;

    #[tokio::test]
    async fn each_refusal_of_a_token_names_the_document_on_either_scheme() {
        let clock = ManualClock::at(world::NOW);
        let tokens = || world::guard(&clock).with_dpop(world::dpop());
        let alone = || {
            let keys = RequireApiKey::in_ring(MemoryKeyRing::with_capacity(1));
            Shield::new().with(resource()).with(tokens().or(keys))
        };
        let handlers = Router::new().route("/x", get(|| async { "items" }));
        let app = handlers
            .layer(RequireScopes::all(["items:read"]).unwrap())
            .layer(alone())
            .merge(resource().routes());
        let holder = world::Holder::new(1);
        let plain = world::token(&Grant::to("alice"));
        let bound = world::token(&Grant::to("alice").with_bound_key(holder.thumbprint()));
        let proof = holder.proof(&bound, json!({}));
        let (bearer, dpop) = (format!("Bearer {plain}"), format!("DPoP {bound}"));
        // Besides those of tokens there is one challenge for API keys where any credential will do.
        for (authorization, proof, status, lines, naming) in [
            (None, None, 401, 3, 2),
            (Some("Bearer nonsense"), None, 401, 3, 2),
            (Some("DPoP nonsense"), None, 401, 3, 2),
            (Some("Bearer"), None, 400, 3, 2),
            (Some(&*format!("{bearer}x")), None, 401, 3, 2),
            (Some(&*dpop), None, 401, 2, 1),
            (Some(&*dpop), Some("x"), 401, 2, 1),
            (Some(&*bearer), None, 403, 1, 1),
            (Some(&*dpop), Some(&*proof), 403, 1, 1),
        ] {
            let mut request = asking(Method::GET, "/x");
            for (name, value) in [("authorization", authorization), ("dpop", proof)] {
                if let Some(value) = value {
                    request.headers_mut().insert(name, value.parse().unwrap());
                }
            }
            let answer = send(&app, request).await;
            let told = (answer.status().as_u16(), challenges(answer.headers()));
            let found = follow(&app, answer.headers()).await;
            assert_eq!((told.0, found), (status, (lines, naming)), "{told:?}");
        }
    }
}
