//! The operator's tool, as a process, and the example that uses the same file.

use std::process::{Command, Output};

use portcullis::store::{KeyHash, KeyId, KeyOwner, KeyRecord, KeyRing};

use crate::example::built;
use crate::servers::engines::{self, Folder};

const KEY_ROW: &str = "key      ";

fn keys(store: &str, arguments: &[&str]) -> Output {
    Command::new(built("keys"))
        .args(arguments)
        .env("KEYS_STORE", store)
        .env_remove("KEYS_PEPPER")
        .output()
        .unwrap()
}

fn printed(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The value behind `name` in what `create` and `rotate` print.
fn value(printed: &str, name: &str) -> String {
    let line = printed.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {printed}"))
        .trim()
        .to_owned()
}

async fn found(ring: &dyn KeyRing, id: &str) -> KeyRecord {
    let id = KeyId::parse(id).unwrap();
    KeyRecord::clone(&ring.find(id).await.unwrap().unwrap())
}

/// The whole life of a key in `store`; `ring` is what the application sees of it.
async fn a_life(store: &str, ring: &dyn KeyRing) {
    let created = printed(&keys(
        store,
        &[
            "create",
            "--owner",
            "alice",
            "--tenant",
            "acme",
            "--label",
            "la\x1b[2Jptop",
            "--prefix",
            "acme_live",
            "--scopes",
            "a b",
            "--network",
            "203.0.113.0/24",
            "--network",
            "2001:db8::/32",
            "--days",
            "30",
        ],
    ));
    let (id, key) = (value(&created, "id"), value(&created, KEY_ROW));
    assert!(key.starts_with("acme_live_"), "{key}");
    let record = found(ring, &id).await;
    assert!(record.hash().matches(&KeyHash::of(&key)));
    assert_eq!(record.owner(), KeyOwner::named("alice").in_tenant("acme"));
    assert_eq!(record.scopes().to_string(), "a b");
    assert_eq!(record.networks().iter().count(), 2);
    let lifetime = record.expires_at().map(|end| end - record.created_at());
    assert_eq!(lifetime, Some(30 * 86_400));

    let rotated = printed(&keys(store, &["rotate", &id, "--overlap-hours", "2"]));
    let successor = value(&rotated, "id");
    assert_ne!(value(&rotated, KEY_ROW), key);
    let record = found(ring, &id).await;
    assert_eq!(record.replaced_by().unwrap().as_str(), successor);
    assert!(record.expires_at().unwrap() - record.created_at() < 3 * 3_600);

    assert_eq!(
        printed(&keys(store, &["revoke", &id])),
        format!("revoked {id}\n")
    );
    assert!(found(ring, &id).await.is_revoked());
    let list = printed(&keys(
        store,
        &["list", "--owner", "alice", "--tenant", "acme"],
    ));
    let states: Vec<_> = list
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .map(|columns| (columns[0].to_owned(), columns[2].to_owned()))
        .collect();
    let mut expected = [(id.clone(), "revoked".into()), (successor, "live".into())];
    expected.sort();
    assert_eq!(states, expected);
    // Neither a key nor what a terminal would obey.
    assert!(
        !list.contains(&key[key.len() - 40..]) && !list.contains('\x1b'),
        "{list}"
    );
    let strangers = printed(&keys(store, &["list", "--owner", "alice"]));
    assert_eq!(strangers.lines().count(), 1);

    for gone in [&["revoke", "0000000000000000"][..], &["rotate", &id]] {
        let output = keys(store, gone);
        assert_eq!(output.status.code(), Some(3), "{gone:?}");
        assert!(output.stdout.is_empty());
    }
}

#[tokio::test]
async fn a_key_is_created_listed_rotated_and_revoked_in_a_file() {
    let folder = Folder::new();
    let store = engines::sqlite(&folder).await;
    a_life(folder.file().to_str().unwrap(), &store).await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_key_is_created_listed_rotated_and_revoked_on_postgres() {
    use crate::servers::postgres::SHARED;

    let store = engines::postgres("portcullis_").await;
    a_life(&SHARED.url(), &store).await;
}

#[test]
fn what_is_not_understood_does_nothing_and_says_so() {
    let folder = Folder::new();
    let file = folder.file();
    let store = file.to_str().unwrap();
    for arguments in [
        &[][..],
        &["destroy"],
        &["create"],
        &["create", "--owner", "alice"],
        &["create", "--owner", "alice", "--days"],
        &["create", "--owner", "alice", "--days", "soon"],
        &[
            "create",
            "--owner",
            "alice",
            "--days",
            "3",
            "--never-expires",
        ],
        &[
            "create", "--owner", "alice", "--owner", "bob", "--days", "3",
        ],
        &["create", "--owner", "alice", "--days", "3", "--scope", "a"],
        &["list"],
        &["list", "--owner", "alice", "more"],
        &["revoke"],
        &["revoke", "nonsense"],
        &["revoke", "0000000000000000", "0000000000000001"],
        &["rotate", "0000000000000000", "--overlap-hours", "-1"],
    ] {
        let output = keys(store, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
    assert!(!file.exists());
    let help = printed(&keys(store, &["help"]));
    assert!(help.contains("--never-expires"));
    let none = Command::new(built("keys"))
        .args(["revoke", "0000000000000000"])
        .env_remove("KEYS_STORE")
        .output()
        .unwrap();
    assert_eq!(none.status.code(), Some(2));
}

#[test]
fn what_fails_is_told_without_the_password() {
    let folder = Folder::new();
    let nowhere = folder.file().join("nowhere").display().to_string();
    let create = ["create", "--owner", "alice", "--days", "3"];
    for store in [nowhere.as_str(), "postgres://u:hunter2@127.0.0.1:1/db"] {
        let output = keys(store, &create);
        assert_eq!(output.status.code(), Some(1), "{store}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("cannot answer"), "{told}");
        assert!(
            !told.contains("hunter2") && output.stdout.is_empty(),
            "{told}"
        );
    }
    let empty = keys(
        folder.file().to_str().unwrap(),
        &["create", "--owner", "", "--days", "3"],
    );
    assert_eq!(empty.status.code(), Some(1));
}
