//! The application in the words of `OpenAPI`.

use portcullis::api::{Api, public};
use portcullis::input::ValidatedJson;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::audit::Article;
use super::world::{members, scoped};

#[derive(Deserialize, JsonSchema)]
struct Tree {
    #[schemars(length(max = 9))]
    #[allow(dead_code)] // read by the schema alone
    children: Vec<Leaf>,
}

#[derive(Deserialize, JsonSchema)]
struct Leaf {
    #[schemars(length(max = 9))]
    #[allow(dead_code)] // read by the schema alone
    name: String,
}

mod other {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    pub(super) struct Tree {
        #[allow(dead_code)] // read by the schema alone
        height: u8,
    }
}

pub(crate) fn api() -> Api {
    let writers = || scoped("write", 30);
    let v1 = Api::new(members())
        .get("/articles", async || (), scoped("read", 60))
        .post(
            "/articles",
            async |_: ValidatedJson<Article>| (),
            writers().reads::<Article>(),
        )
        .get(
            "/articles/{id}/files/{*path}",
            async || (),
            scoped("read", 60),
        )
        .put(
            "/tree",
            async |_: ValidatedJson<Tree>| (),
            writers().reads::<Tree>(),
        )
        .patch(
            "/tree",
            async |_: ValidatedJson<other::Tree>| (),
            writers().reads::<other::Tree>(),
        );
    Api::new(members())
        .nest("/api/v1", v1)
        .get("/", async || (), public("a test"))
        .get(
            "/health",
            async || (),
            public("liveness; tells nothing of data"),
        )
}

#[test]
fn a_document_tells_what_each_route_takes_and_how_it_refuses() {
    let document = api().openapi("Articles", "1");
    assert_eq!(document["openapi"], "3.1.0");
    let post = &document["paths"]["/api/v1/articles"]["post"];
    assert_eq!(post["operationId"], "post_api_v1_articles");
    assert_eq!(post["security"], json!([{ "name": ["write"] }]));
    let statuses: Vec<_> = post["responses"].as_object().unwrap().keys().collect();
    assert_eq!(
        statuses,
        [
            "2XX", "400", "401", "403", "413", "415", "422", "429", "500", "503"
        ]
    );
    let forbidden = &post["responses"]["403"]["content"]["application/problem+json"];
    assert_eq!(
        forbidden["examples"]["insufficient-scope"]["value"]["type"],
        "urn:portcullis:problem:insufficient-scope"
    );
    assert!(post["responses"]["429"]["headers"]["Retry-After"].is_object());
    let schemas = &document["components"]["schemas"];
    let body = &post["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(body["$ref"], "#/components/schemas/Article");
    assert_eq!(schemas["Article"]["additionalProperties"], false);
    assert_eq!(
        document["components"]["securitySchemes"]["name"],
        json!({ "type": "apiKey", "in": "header", "name": "x-user", "description": "name" })
    );
    let health = &document["paths"]["/health"]["get"];
    assert_eq!(health["security"], json!([]));
    let statuses: Vec<_> = health["responses"].as_object().unwrap().keys().collect();
    assert_eq!(statuses, ["2XX", "500"]);
    let files = &document["paths"]["/api/v1/articles/{id}/files/{path}"]["get"];
    let names: Vec<_> = files["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, ["id", "path"]);
}

#[test]
fn two_schemas_of_one_name_stand_beside_each_other() {
    let document = api().openapi("Articles", "1");
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["Tree2"]["properties"]["height"]["type"], "integer");
    let leaf = &schemas["Tree"]["properties"]["children"]["items"]["$ref"];
    let leaf = leaf.as_str().unwrap();
    assert!(
        document.pointer(leaf.strip_prefix('#').unwrap()).is_some(),
        "{leaf}"
    );
    // However often it is asked for, it is the same.
    assert_eq!(api().openapi("Articles", "1"), document);
}

#[test]
fn what_is_in_a_document_stays_and_is_added_to() {
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": "Articles", "version": "1" },
        "servers": [{ "url": "https://api.example.com" }],
        "paths": {
            "/api/v1/articles": {
                "post": {
                    "operationId": "publish",
                    "summary": "Publishes an article",
                    "security": [{ "oauth": ["articles"] }],
                    "requestBody": { "description": "mine", "content": {} },
                    "responses": {
                        "201": { "description": "Published" },
                        "403": { "description": "Not yours" },
                        "429": { "$ref": "#/components/responses/Slow" },
                    },
                },
            },
            "/api/v1/articles/{id}/files/{path}": {
                "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "integer" } }],
            },
            "/other": { "get": { "operationId": "get_health", "responses": {} } },
        },
        "components": {
            "schemas": { "Article": { "type": "string" }, "Problem": { "type": "object" } },
            "responses": { "Slow": { "description": "Slow down" } },
        },
    });
    let before = document.clone();
    api().add_to_openapi(&mut document);
    let post = &document["paths"]["/api/v1/articles"]["post"];
    for kept in ["operationId", "summary", "security", "requestBody"] {
        assert_eq!(
            post[kept], before["paths"]["/api/v1/articles"]["post"][kept],
            "{kept}"
        );
    }
    assert_eq!(post["responses"]["201"]["description"], "Published");
    assert!(post["responses"].get("2XX").is_none());
    assert_eq!(post["responses"]["403"]["description"], "Not yours");
    assert!(post["responses"]["403"]["content"]["application/problem+json"].is_object());
    assert_eq!(
        post["responses"]["429"],
        json!({ "$ref": "#/components/responses/Slow" })
    );
    assert!(post["responses"]["401"].is_object());
    let files = &document["paths"]["/api/v1/articles/{id}/files/{path}"]["get"];
    assert_eq!(files["parameters"].as_array().unwrap().len(), 1);
    assert_eq!(document["paths"]["/other"], before["paths"]["/other"]);
    assert_eq!(document["servers"], before["servers"]);
    assert_eq!(
        document["components"]["schemas"]["Article"],
        json!({ "type": "string" })
    );
    assert_eq!(
        document["components"]["schemas"]["Article2"]["type"],
        "object"
    );
    assert_eq!(
        document["components"]["schemas"]["Problem"],
        json!({ "type": "object" })
    );
    let health = &document["paths"]["/health"]["get"];
    assert_eq!(health["operationId"], "get_health_2");
    // To add again changes nothing.
    let once = document.clone();
    api().add_to_openapi(&mut document);
    assert_eq!(document, once);
}

#[test]
fn what_is_no_document_becomes_one_without_a_panic() {
    for mut nonsense in [
        Value::Null,
        json!([]),
        json!({ "paths": 1, "components": [] }),
    ] {
        api().add_to_openapi(&mut nonsense);
        assert!(nonsense["paths"]["/health"]["get"].is_object());
    }
}
