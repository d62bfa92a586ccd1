//! The documents of an API are documents to a validator that others made.

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::place::{LIMIT, command};
use crate::api::openapi::api;

/// What the validator finds wrong with each document.
async fn faults(documents: &Value) -> Vec<Vec<String>> {
    let output = timeout(LIMIT, async {
        let mut process = command("with_openapi.py").spawn().unwrap();
        // Dropped when written, which tells the program that it has all.
        let mut stdin = process.stdin.take().unwrap();
        stdin
            .write_all(documents.to_string().as_bytes())
            .await
            .unwrap();
        drop(stdin);
        process.wait_with_output().await.unwrap()
    });
    let output = output.await.expect("the validator took too long");
    assert!(
        output.status.success(),
        "the validator failed: its reason is above"
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn a_document_by_itself_and_one_added_to_are_valid() {
    let alone = api().openapi("Articles", "1");
    let mut added = json!({
        "openapi": "3.1.0",
        "info": { "title": "Articles", "version": "1" },
        "paths": {
            "/api/v1/articles": {
                "post": {
                    "operationId": "publish",
                    "responses": { "201": { "description": "Published" } },
                },
            },
            "/other": { "get": { "responses": { "204": { "description": "Nothing" } } } },
        },
        "components": { "schemas": { "Article": { "type": "string" } } },
    });
    api().add_to_openapi(&mut added);
    let mut broken = alone.clone();
    broken["paths"]["/health"]["get"]["responses"] = json!([]);
    let mut dangling = alone.clone();
    let schema = &mut dangling["components"]["schemas"];
    schema.as_object_mut().unwrap().remove("Problem");
    let found = faults(&json!([alone, added, broken, dangling])).await;
    assert_eq!(found[0], [""; 0]);
    assert_eq!(found[1], [""; 0]);
    // It does look.
    assert!(!found[2].is_empty() && !found[3].is_empty(), "{found:?}");
}
