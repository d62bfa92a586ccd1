//! The plan guards itself: an import may only point down, and faces define nothing.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the ground up. Rooms on one floor may import each other only on the ground,
/// where the vocabulary lives.
const FLOORS: &[&[&str]] = &[
    &[
        "alphabet", "clock", "config", "field", "identity", "origin", "problem", "secret",
    ],
    &["event"],
    &["body"],
    &["fetch", "guard", "store"],
    &["partition"],
    &[
        "api_key",
        "assign",
        "authz",
        "brute_force",
        "client",
        "confirm",
        "content",
        "cors",
        "cross_site",
        "errors",
        "headers",
        "input",
        "introspection",
        "jwt",
        "load",
        "public_id",
        "rate_limit",
        "resource",
        "session",
        "step_up",
        "version",
        "webhook",
    ],
    &["api", "test_util", "token_service"],
    &["preset"],
];

const LONGEST_FILE: usize = 300;

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

fn source_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Every source file with the room it belongs to and its text.
fn house() -> Vec<(PathBuf, String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source_files(&src, &mut files);
    files
        .into_iter()
        .map(|file| {
            let inside = file.strip_prefix(&src).unwrap().to_path_buf();
            let room = inside.iter().next().unwrap().to_str().unwrap();
            let room = room.strip_suffix(".rs").unwrap_or(room).to_owned();
            let text = fs::read_to_string(file).unwrap();
            (inside, room, text)
        })
        .collect()
}

/// The rooms that a file's code (not its docs) names by `crate::`. Macros live in no room.
fn imported_rooms(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split("crate::").skip(1))
        .flat_map(|path| match path.strip_prefix('{') {
            Some(group) => group.split(", ").map(str::to_owned).collect(),
            None => vec![path.to_owned()],
        })
        .filter_map(|path| {
            let end = path.find(|c: char| !c.is_alphanumeric() && c != '_');
            let (name, rest) = path.split_at(end.unwrap_or(path.len()));
            (!rest.starts_with('!')).then(|| name.to_owned())
        })
        .collect()
}

#[test]
fn every_import_points_down() {
    let mut faults = Vec::new();
    for (file, room, text) in house() {
        if room == "lib" {
            continue;
        }
        let own = floor_of(&room).unwrap_or_else(|| panic!("{room} has no floor"));
        for target in imported_rooms(&text) {
            let Some(other) = floor_of(&target) else {
                faults.push(format!("{}: crate::{target} has no floor", file.display()));
                continue;
            };
            let on_the_ground = own == 0 && other == 0;
            if target != room && other >= own && !on_the_ground {
                faults.push(format!("{} imports {target}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "not downward:\n{}", faults.join("\n"));
}

#[test]
fn faces_define_nothing_and_no_file_is_too_long() {
    let definitions = [
        "struct ", "enum ", "trait ", "fn ", "const ", "static ", "type ", "impl ", "impl<",
    ];
    let mut faults = Vec::new();
    for (file, _, text) in house() {
        let lines = text.lines().count();
        if lines > LONGEST_FILE {
            faults.push(format!("{} has {lines} lines", file.display()));
        }
        let name = file.file_name().unwrap();
        if name != "mod.rs" && name != "lib.rs" {
            continue;
        }
        for line in text.lines() {
            let bare = line
                .trim_start_matches("pub ")
                .trim_start_matches("pub(crate) ")
                .trim_start_matches("async ");
            if definitions.iter().any(|start| bare.starts_with(start)) {
                faults.push(format!("{} defines {line}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn imports_are_found_wherever_they_stand() {
    let text = "use crate::clock::Clock;\nlet x = crate::event::tell();\n// crate::not\n";
    assert_eq!(imported_rooms(text), ["clock", "event"]);
    assert_eq!(imported_rooms("use crate::{a::B, c};"), ["a", "c"]);
    assert_eq!(imported_rooms("$crate::a! { $crate::b::C }"), ["b"]);
}
