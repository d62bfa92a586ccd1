//! A store of its own for each test, on the servers that the tests share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

#[cfg(feature = "redis")]
use portcullis::store::redis::RedisStore;
#[cfg(feature = "postgres")]
use portcullis::store::sql::PostgresStore;
#[cfg(feature = "sqlite")]
use portcullis::store::sql::SqliteStore;

/// A folder that goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(super::process::folder("file"))
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("store.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A word that no other test of this run has.
pub(crate) fn own_word() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("t{}_", NUMBER.fetch_add(1, Ordering::Relaxed))
}

#[cfg(feature = "sqlite")]
pub(crate) async fn sqlite(folder: &Folder) -> SqliteStore {
    let store = SqliteStore::open(folder.file());
    store.migrate().await.unwrap();
    store
}

/// A store with tables of its own; `word` tells which.
#[cfg(feature = "postgres")]
pub(crate) async fn postgres(word: &str) -> PostgresStore {
    let store = PostgresStore::connect(&super::postgres::SHARED.url())
        .and_then(|store| store.with_table_prefix(word))
        .unwrap();
    store.migrate().await.unwrap();
    store
}

/// A store with keys of its own; `word` tells which.
#[cfg(feature = "redis")]
pub(crate) fn redis(word: &str) -> RedisStore {
    RedisStore::connect(&super::redis::SHARED.url())
        .and_then(|store| store.with_key_prefix(word))
        .unwrap()
}
