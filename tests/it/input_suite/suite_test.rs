//! Every required test of two drafts.

use std::error::Error;

use jsonschema::{Registry, Retrieve, Uri};
use portcullis::input::Schema;
use serde_json::{Value, json};

use super::cases::{Group, remotes, required};
use super::{Connection, serve};

const OF_2020: (&str, &str) = (
    "draft2020-12",
    "https://json-schema.org/draft/2020-12/schema",
);
const SEVEN: (&str, &str) = ("draft7", "http://json-schema.org/draft-07/schema#");

/// Groups that are answered otherwise than the suite wants, and why. One that is not any more must
/// be taken off.
const EXCEPTIONS: &[(&str, &str)] = &[];

fn groups() -> Vec<(Group, Vec<(String, Value)>)> {
    let mut all = Vec::new();
    for (draft, uri) in [OF_2020, SEVEN] {
        let files = remotes(draft);
        for group in required(draft, uri) {
            let refers = group.schema.to_string().contains("localhost:1234");
            let files = if refers { files.clone() } else { Vec::new() };
            all.push((group, files));
        }
    }
    all
}

fn as_written(schema: &Value, files: &[(String, Value)]) -> Schema {
    let files: Vec<_> = files
        .iter()
        .map(|(uri, file)| (uri.as_str(), file.clone()))
        .collect();
    let made = Schema::dangerous_as_written(schema.clone(), &files);
    made.unwrap_or_else(|error| panic!("{schema}: {error}"))
}

/// The same rules, in a form that is read into a tree as a whole: a name of its own shifts what
/// references mean, which one pass does not follow.
fn through_tree(schema: &Value, files: &[(String, Value)]) -> Schema {
    let mut schema = schema.clone();
    if let Value::Object(rules) = &mut schema {
        rules
            .entry("$id")
            .or_insert(json!("https://example.com/whole"));
    }
    as_written(&schema, files)
}

/// `jsonschema` by itself, on a `Value`.
fn oracle(schema: &Value, files: &[(String, Value)]) -> jsonschema::Validator {
    struct Files(Vec<(String, Value)>);
    impl Retrieve for Files {
        fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
            let found = self.0.iter().find(|(known, _)| known == uri.as_str());
            found.map(|(_, file)| file.clone()).ok_or("unknown".into())
        }
    }
    let dialect = files
        .iter()
        .filter(|(uri, _)| schema.get("$schema") == Some(&json!(uri)));
    let registry = Registry::new()
        .extend(dialect.map(|(uri, file)| (uri, file)))
        .and_then(|registry| registry.retriever(Files(files.to_vec())).prepare())
        .unwrap();
    jsonschema::options()
        .with_registry(&registry)
        .with_retriever(Files(files.to_vec()))
        .build(schema)
        .unwrap()
}

#[tokio::test]
async fn the_required_tests_pass_over_http_and_every_way_gives_one_verdict() {
    let groups = groups();
    let schemas: Vec<_> = groups
        .iter()
        .map(|(group, files)| as_written(&group.schema, files))
        .collect();
    let one_pass = schemas.iter().filter(|schema| schema.is_one_pass()).count();
    let mut connection = Connection::open(serve(schemas).await).await;
    let (mut cases, mut deviating) = (0, Vec::new());
    for (number, (group, files)) in groups.iter().enumerate() {
        let written = as_written(&group.schema, files);
        let tree = through_tree(&group.schema, files);
        let oracle = oracle(&group.schema, files);
        for case in &group.tests {
            cases += 1;
            let body = case.data.to_string();
            let (status, answer) = connection.post(number, body.as_bytes()).await;
            let verdicts = [
                status == 200,
                written.check(body.as_bytes()).is_ok(),
                tree.read::<Value>(body.as_bytes()).is_ok(),
                oracle.is_valid(&case.data),
            ];
            if status == 200 {
                assert_eq!(answer, case.data, "{}", group.name);
            } else {
                assert_eq!(status, 422, "{}: {}", group.name, case.description);
            }
            if verdicts != [case.valid; 4] {
                deviating.push((group.name.as_str(), case.description.as_str(), verdicts));
            }
        }
    }
    let unknown: Vec<_> = deviating
        .iter()
        .filter(|(name, ..)| !EXCEPTIONS.iter().any(|(known, _)| known == name))
        .collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    for (name, why) in EXCEPTIONS {
        let deviates = deviating.iter().any(|(known, ..)| known == name);
        assert!(deviates, "{name} ({why}) is no exception any more");
    }
    assert_eq!((groups.len(), cases, one_pass), (622, 2_170, 217));
}

#[tokio::test]
async fn the_strict_form_accepts_nothing_that_the_schema_refuses() {
    let mut strict = Vec::new();
    for (group, _) in groups() {
        if let Ok(schema) = Schema::from_value(group.schema.clone()) {
            strict.push((group, schema));
        }
    }
    let schemas = strict
        .iter()
        .map(|(group, _)| Schema::from_value(group.schema.clone()).unwrap())
        .collect();
    let mut connection = Connection::open(serve(schemas).await).await;
    let (mut accepted, mut refused) = (0, 0);
    for (number, (group, schema)) in strict.iter().enumerate() {
        let shown = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .build(schema.document())
            .unwrap();
        for case in &group.tests {
            let body = case.data.to_string();
            let (status, _) = connection.post(number, body.as_bytes()).await;
            let about = || format!("{}: {}", group.name, case.description);
            let takes = status == 200;
            if takes {
                accepted += 1;
                assert!(case.valid, "{}", about());
            } else {
                refused += 1;
                assert_eq!(status, 422, "{}", about());
            }
            assert_eq!(schema.check(body.as_bytes()).is_ok(), takes, "{}", about());
            // Of `1.0` the strict form thinks otherwise, on purpose: no type of Rust takes it.
            if !body.contains(".0") {
                assert_eq!(shown.is_valid(&case.data), takes, "{}", about());
            }
        }
    }
    assert_eq!((strict.len(), accepted, refused), (114, 142, 256));
}
