//! The suite, as its files have it.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::interop::home;

/// A schema, and what it says of some documents.
#[derive(Debug, Deserialize)]
pub(super) struct Group {
    /// The draft, the file and the description.
    #[serde(skip)]
    pub(super) name: String,
    description: String,
    pub(super) schema: Value,
    pub(super) tests: Vec<Case>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Case {
    pub(super) description: String,
    pub(super) data: Value,
    pub(super) valid: bool,
}

/// The required tests of a draft, each schema with its `$schema`.
pub(super) fn required(draft: &str, uri: &str) -> Vec<Group> {
    let folder = home().join("suite/tests").join(draft);
    let mut groups = Vec::new();
    for (file, text) in files(&folder) {
        let of_file: Vec<Group> = serde_json::from_str(&text).unwrap();
        for mut group in of_file {
            group.name = format!("{draft} {file}: {}", group.description);
            if let Value::Object(schema) = &mut group.schema {
                schema.entry("$schema").or_insert(json!(uri));
            }
            groups.push(group);
        }
    }
    groups
}

/// What the suite has at `http://localhost:1234/`, for those schemas that refer to it.
pub(super) fn remotes(draft: &str) -> Vec<(String, Value)> {
    let root = home().join("suite/remotes");
    let mut found = Vec::new();
    // Beside the folder of each draft lies what is shared.
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path
                .strip_prefix(&root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            let is_foreign = name.starts_with("draft") && !name.starts_with(draft);
            if path.is_dir() && !is_foreign {
                folders.push(path);
            } else if path.is_file() {
                let file = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
                found.push((format!("http://localhost:1234/{name}"), file));
            }
        }
    }
    found
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}
