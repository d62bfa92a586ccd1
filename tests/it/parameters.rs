//! Queries, paths, forms and header fields, through a real router.

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use http::{HeaderValue, Request, StatusCode};
use portcullis::input::{Schema, ValidatedForm, ValidatedHeaders, ValidatedPath, ValidatedQuery};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{read, send};

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only shown")]
struct Search {
    #[serde(default)]
    #[schemars(length(max = 20))]
    q: String,
    #[schemars(range(max = 100))]
    page: Option<u32>,
    #[serde(default)]
    ratio: f64,
    #[serde(default)]
    draft: bool,
    order: Option<Order>,
    #[serde(default)]
    #[schemars(length(max = 3), inner(length(max = 5)))]
    tag: Vec<String>,
    #[serde(default)]
    #[schemars(length(max = 3))]
    id: Vec<u8>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Order {
    /// By title.
    Title,
    /// By date.
    Date,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only shown")]
struct Place {
    #[schemars(range(min = 1))]
    id: u32,
    #[schemars(length(max = 8), regex(pattern = "^[a-z]+$"))]
    part: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only shown")]
struct Fields {
    #[schemars(length(min = 8, max = 16))]
    request_id: String,
    #[serde(default)]
    max_age: u8,
    #[serde(rename = "X-Trace")]
    #[schemars(length(max = 4))]
    trace: Option<String>,
}

fn app() -> Router {
    let form = async |ValidatedForm(search): ValidatedForm<Search>| format!("{search:?}");
    Router::new()
        .route(
            "/",
            get(async |ValidatedQuery(search): ValidatedQuery<Search>| format!("{search:?}")),
        )
        .route("/", post(form))
        .route(
            "/at/{id}/{part}",
            get(async |ValidatedPath(at): ValidatedPath<Place>| format!("{at:?}")),
        )
        .route(
            "/lost/{id}",
            get(async |ValidatedPath(at): ValidatedPath<Place>| format!("{at:?}")),
        )
        .route(
            "/lost",
            get(async |ValidatedPath(at): ValidatedPath<Place>| format!("{at:?}")),
        )
        .route(
            "/fields",
            get(async |ValidatedHeaders(fields): ValidatedHeaders<Fields>| format!("{fields:?}")),
        )
}

/// The status; then the text, or else the kind of the problem, and the place and code of each fault.
async fn answer(app: &Router, request: Request<Body>) -> (u16, String) {
    let response = send(app, request).await;
    let status = response.status();
    if status.is_success() {
        let bytes = axum::body::to_bytes(response.into_body(), 9_999)
            .await
            .unwrap();
        return (status.as_u16(), String::from_utf8(bytes.to_vec()).unwrap());
    }
    let (status, problem) = read(response).await;
    let text = |value: &Value| value.as_str().unwrap_or("body").to_owned();
    let kind = text(&problem["type"]).replace("urn:portcullis:problem:", "");
    let faults = problem["errors"].as_array().into_iter().flatten();
    let faults = faults.map(|fault| {
        let (at, place) = (text(&fault["in"]), text(&fault["pointer"]));
        format!("; {at} {place} {}", text(&fault["code"]))
    });
    (status.as_u16(), kind + &faults.collect::<String>())
}

fn query(query: &str) -> Request<Body> {
    Request::get(format!("/?{query}"))
        .body(Body::empty())
        .unwrap()
}

fn form(form: &str) -> Request<Body> {
    Request::post("/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap()
}

#[tokio::test]
async fn values_are_read_as_their_rules_say_from_queries_and_forms_alike() {
    for (sent, part) in [
        (
            "",
            r#"q: "", page: None, ratio: 0.0, draft: false, order: None, tag: [], id: []"#,
        ),
        (
            "q=1&page=7&ratio=0.5&draft=true",
            r#"q: "1", page: Some(7), ratio: 0.5, draft: true"#,
        ),
        ("q=a+b%26c%3D%E2%98%83", r#"q: "a b&c=☃""#),
        ("order=title", "order: Some(Title)"),
        ("tag=a", r#"tag: ["a"]"#),
        ("tag=a&q=&tag=2", r#"tag: ["a", "2"]"#),
        ("id=1&id=255", "id: [1, 255]"),
        ("ratio=1e-3", "ratio: 0.001"),
        ("ratio=2", "ratio: 2.0"),
        ("p%61ge=7", "page: Some(7)"),
    ] {
        for request in [query(sent), form(sent)] {
            let (status, text) = answer(&app(), request).await;
            assert_eq!(status, 200, "{sent} {text}");
            assert!(text.contains(part), "{sent} {text}");
        }
    }
}

#[tokio::test]
async fn what_breaks_the_rules_is_told_with_its_place() {
    let long = format!("q={}", "x".repeat(21));
    for (sent, status, fault) in [
        ("page=1&page=2", 400, "#/page duplicate-key"),
        ("q=user&q=admin", 400, "#/q duplicate-key"),
        ("q=user&%71=user", 400, "#/q duplicate-key"),
        ("page=&page=1", 400, "#/page duplicate-key"),
        ("unknown=1&unknown=1", 400, "#/unknown duplicate-key"),
        ("q=%", 400, "#/q syntax"),
        ("q=%4", 400, "#/q syntax"),
        ("q=%zz", 400, "#/q syntax"),
        ("q=%FF", 400, "#/q syntax"),
        ("q=%C0%AF", 400, "#/q syntax"),
        ("q=%ED%A0%80", 400, "#/q syntax"),
        ("%FF=1", 400, "# syntax"),
        ("unknown=1", 422, "#/unknown unknown-field"),
        ("Page=1", 422, "#/Page unknown-field"),
        ("page%00=1", 422, "#/page%00 unknown-field"),
        ("page[]=1", 422, "#/page%5B%5D unknown-field"),
        ("a[b]=1", 422, "#/a%5Bb%5D unknown-field"),
        ("__proto__=1", 422, "#/__proto__ unknown-field"),
        ("=1", 422, "#/ unknown-field"),
        ("page=1e9", 422, "#/page type"),
        ("page=%2B1", 422, "#/page type"),
        ("page=+1", 422, "#/page type"),
        ("page=1+", 422, "#/page type"),
        ("page=1%0A", 422, "#/page type"),
        ("page=%EF%BC%91", 422, "#/page type"),
        ("page=01", 422, "#/page type"),
        ("page=0x1", 422, "#/page type"),
        ("page=1_0", 422, "#/page type"),
        ("page=1.0", 422, "#/page type"),
        ("page=-0", 422, "#/page type"),
        ("page=", 422, "#/page type"),
        ("page", 422, "#/page type"),
        ("page=null", 422, "#/page type"),
        ("page=NaN", 422, "#/page type"),
        ("page=%5B1%5D", 422, "#/page type"),
        ("page=-1", 422, "#/page minimum"),
        ("page=101", 422, "#/page maximum"),
        ("page=18446744073709551616", 422, "#/page maximum"),
        ("ratio=1e400", 422, "#/ratio type"),
        ("ratio=+1", 422, "#/ratio type"),
        ("ratio=1%0A", 422, "#/ratio type"),
        ("ratio=Infinity", 422, "#/ratio type"),
        ("draft=1", 422, "#/draft type"),
        ("draft=TRUE", 422, "#/draft type"),
        ("draft=", 422, "#/draft type"),
        ("tag=a&tag=b&tag=c&tag=d", 422, "#/tag max-items"),
        ("tag=a&tag=toolong", 422, "#/tag/1 max-length"),
        ("id=1&id=256", 422, "#/id/1 maximum"),
        ("id=1,2", 422, "#/id/0 type"),
        (long.as_str(), 422, "#/q max-length"),
    ] {
        let kind = if status == 400 {
            "malformed"
        } else {
            "invalid"
        };
        let (found, text) = answer(&app(), query(sent)).await;
        assert_eq!(
            (found, text),
            (status, format!("{kind}-parameters; query {fault}")),
            "{sent}"
        );
        let (found, text) = answer(&app(), form(sent)).await;
        assert_eq!(
            (found, text),
            (status, format!("{kind}-body; body {fault}")),
            "{sent}"
        );
    }
    // An enum with words for its variants is several schemas.
    assert_eq!(answer(&app(), query("order=Title")).await.0, 422);
}

#[tokio::test]
async fn all_faults_are_told_at_once_and_no_value_is() {
    let request = query("page=canary17&draft=canary18&role=canary19&ratio=canary20");
    let (status, problem) = read(send(&app(), request).await).await;
    assert_eq!(
        (status, problem["errors"].as_array().unwrap().len()),
        (StatusCode::UNPROCESSABLE_ENTITY, 4)
    );
    assert!(!problem.to_string().contains("canary"));
    let (_, problem) = read(send(&app(), query("page=101")).await).await;
    assert_eq!(
        problem["errors"][0],
        json!({
            "pointer": "#/page", "in": "query", "code": "maximum",
            "detail": "must be at most 100", "params": { "maximum": 100 },
        })
    );
}

#[tokio::test]
async fn queries_and_forms_have_their_bounds() {
    let pairs = |count: usize| vec!["tag="; count].join("&");
    let (status, text) = answer(&app(), query(&pairs(1_024))).await;
    assert_eq!(
        (status, text.as_str()),
        (422, "invalid-parameters; query #/tag max-items")
    );
    let (status, text) = answer(&app(), query(&pairs(1_025))).await;
    assert_eq!(
        (status, text.as_str()),
        (400, "malformed-parameters; query # syntax")
    );
    let long = |bytes: usize| format!("q={}", "x".repeat(bytes - 2));
    assert_eq!(answer(&app(), query(&long(8_192))).await.0, 422);
    let (status, text) = answer(&app(), query(&long(8_193))).await;
    assert_eq!((status, text.as_str()), (414, "malformed-parameters"));
    let limit = Schema::of_parameters::<Search>().unwrap().max_bytes();
    assert_eq!(answer(&app(), form(&long(limit))).await.0, 422);
    assert_eq!(answer(&app(), form(&long(limit + 1))).await.0, 413);
    let whole = Body::from(long(limit + 1));
    let chunked = Body::from_stream(whole.into_data_stream());
    let mut request = form("").map(|_| chunked);
    assert_eq!(answer(&app(), request).await.0, 413);
    for media_type in [
        "application/json",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/x-www-form-urlencoded; q=1",
    ] {
        request = form("q=1");
        request
            .headers_mut()
            .insert("content-type", HeaderValue::from_static(media_type));
        assert_eq!(answer(&app(), request).await.0, 415, "{media_type}");
    }
    for media_type in [
        "application/x-www-form-urlencoded; charset=UTF-8",
        "Application/X-WWW-Form-Urlencoded",
    ] {
        request = form("q=1");
        request
            .headers_mut()
            .insert("content-type", HeaderValue::from_static(media_type));
        assert_eq!(answer(&app(), request).await.0, 200, "{media_type}");
    }
}

#[tokio::test]
async fn a_path_that_breaks_the_rules_leads_nowhere() {
    for (path, status, text) in [
        ("/at/7/abc", 200, r#"Place { id: 7, part: "abc" }"#),
        ("/at/7/%61bc", 200, r#"Place { id: 7, part: "abc" }"#),
        ("/at/0/abc", 404, "not-found; path #/id minimum"),
        ("/at/+7/abc", 404, "not-found; path #/id type"),
        ("/at/7e0/abc", 404, "not-found; path #/id type"),
        ("/at/07/abc", 404, "not-found; path #/id type"),
        ("/at/x/abc", 404, "not-found; path #/id type"),
        (
            "/at/x/ABC",
            404,
            "not-found; path #/id type; path #/part pattern",
        ),
        ("/at/7/a+c", 404, "not-found; path #/part pattern"),
        ("/at/7/a%2Fb", 404, "not-found; path #/part pattern"),
        ("/at/7/..%2f", 404, "not-found; path #/part pattern"),
        ("/at/7/%FF", 400, "malformed-parameters; path # syntax"),
        ("/at/7/%zz", 400, "malformed-parameters; path # syntax"),
        ("/at/7/abc%", 400, "malformed-parameters; path # syntax"),
        ("/lost/7", 500, "internal-error"),
        ("/lost", 500, "internal-error"),
    ] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(
            answer(&app(), request).await,
            (status, text.to_owned()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn parameters_of_outer_routes_count_and_are_decoded_as_strictly() {
    let at = async |ValidatedPath(at): ValidatedPath<Place>| format!("{at:?}");
    let inner = Router::new().route("/{id}", get(at));
    let nested = Router::new()
        .nest("/in/{part}", inner.clone())
        .nest("/in/{part}/{more}", inner);
    for (path, status, text) in [
        ("/in/abc/7", 200, r#"Place { id: 7, part: "abc" }"#),
        ("/in/a%62c/7", 200, r#"Place { id: 7, part: "abc" }"#),
        ("/in/ABC/7", 404, "not-found; path #/part pattern"),
        ("/in/a%/7", 400, "malformed-parameters; path # syntax"),
        ("/in/a%FF/7", 400, "malformed-parameters; path # syntax"),
        ("/in/abc/x/7", 500, "internal-error"),
    ] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(
            answer(&nested, request).await,
            (status, text.to_owned()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn only_the_fields_that_a_type_names_are_looked_at() {
    const ID: (&str, &str) = ("request-id", "12345678");
    for (fields, status, text) in [
        (
            &[ID][..],
            200,
            r#"Fields { request_id: "12345678", max_age: 0, trace: None }"#,
        ),
        (
            &[ID, ("max-age", "9"), ("x-trace", "t")],
            200,
            r#"Fields { request_id: "12345678", max_age: 9, trace: Some("t") }"#,
        ),
        (
            &[
                ID,
                ("maxage", "x"),
                ("cookie", "a=b"),
                ("accept", "a"),
                ("accept", "b"),
            ],
            200,
            r#"Fields { request_id: "12345678", max_age: 0, trace: None }"#,
        ),
        (
            &[ID, ID],
            400,
            "malformed-parameters; header #/request-id duplicate-key",
        ),
        (
            &[ID, ("max-age", "1"), ("max-age", "2")],
            400,
            "malformed-parameters; header #/max-age duplicate-key",
        ),
        (
            &[("request-id", "1234567\u{e9}")],
            400,
            "malformed-parameters; header #/request-id syntax",
        ),
        (
            &[ID, ("max-age", "+9")],
            422,
            "invalid-parameters; header #/max-age type",
        ),
        (
            &[ID, ("max-age", "256")],
            422,
            "invalid-parameters; header #/max-age maximum",
        ),
        (
            &[ID, ("max-age", "1, 2")],
            422,
            "invalid-parameters; header #/max-age type",
        ),
        (
            &[ID, ("x-trace", "too long")],
            422,
            "invalid-parameters; header #/x-trace max-length",
        ),
        (
            &[("request_id", "12345678")],
            422,
            "invalid-parameters; header #/request-id required",
        ),
        (&[], 422, "invalid-parameters; header #/request-id required"),
    ] {
        let mut request = Request::get("/fields").body(Body::empty()).unwrap();
        for (name, value) in fields {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            request.headers_mut().append(*name, value);
        }
        assert_eq!(
            answer(&app(), request).await,
            (status, text.to_owned()),
            "{fields:?}"
        );
    }
}

#[test]
fn types_that_parameters_cannot_fill_are_told_at_start() {
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema counts")]
    struct Nested {
        page: Place,
    }
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema counts")]
    struct Matrix {
        rows: Vec<Vec<u8>>,
    }
    assert!(Schema::of_parameters::<Search>().is_ok());
    assert!(Schema::of_parameters::<Fields>().is_ok());
    for (schema, at) in [
        (Schema::of_parameters::<Nested>(), "#/properties/page"),
        (Schema::of_parameters::<Matrix>(), "#/properties/rows"),
        (Schema::of_parameters::<u32>(), "#:"),
    ] {
        assert!(schema.unwrap_err().to_string().contains(at), "{at}");
    }
}
