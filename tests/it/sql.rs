//! What the engines on SQL promise beyond the shapes of stores: their tables, and their errors.

use std::error::Error;
use std::sync::Arc;

use portcullis::config::ConfigError;
use portcullis::store::sql::{Dialect, PostgresStore, SqlStore, SqliteStore};
use portcullis::store::{Family, FamilyId, FamilyOwner};
use portcullis::store::{KeyHash, KeyId, KeyRecord, KeyRing, RefreshFamilies, Seen, StoreError};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;

use crate::servers::engines::{self, Folder, own_word};
use crate::servers::postgres::SHARED;

fn id(number: usize) -> KeyId {
    KeyId::parse(&format!("{number:016}")).unwrap()
}

fn key(number: usize, owner: &str) -> Arc<KeyRecord> {
    let hash = KeyHash::from([7; 32]);
    Arc::new(KeyRecord::new(id(number), hash, owner, 1_000, None))
}

fn digest(number: usize) -> [u8; 32] {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    digest
}

/// All that an error says to whoever prints it.
fn shown(error: &StoreError) -> String {
    format!(
        "{error} {error:?} {:?}",
        error.source().map(ToString::to_string)
    )
}

async fn all_migrate_at_once<D: Dialect>(nodes: Vec<SqlStore<D>>) {
    let nodes: Vec<_> = nodes
        .into_iter()
        .map(|node| tokio::spawn(async move { (node.migrate().await, node) }))
        .collect();
    let mut done = Vec::new();
    for node in nodes {
        let (migrated, node) = node.await.unwrap();
        migrated.unwrap();
        done.push(node);
    }
    for (number, node) in done.iter().enumerate() {
        assert!(KeyRing::insert(node, key(number, "alice")).await.unwrap());
    }
    // Doing it again changes nothing.
    done[0].migrate().await.unwrap();
    for number in 0..done.len() {
        let last = done.last().unwrap();
        assert!(KeyRing::find(last, id(number)).await.unwrap().is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_nodes_may_start_at_once() {
    let folder = Folder::new();
    let nodes = (0..8).map(|_| SqliteStore::open(folder.file())).collect();
    all_migrate_at_once(nodes).await;

    let word = own_word();
    let connect = |_| -> Result<_, ConfigError> {
        PostgresStore::connect(&SHARED.url())?.with_table_prefix(&word)
    };
    let nodes: Result<_, _> = (0..8).map(connect).collect();
    all_migrate_at_once::<_>(nodes.unwrap()).await;
}

#[tokio::test]
async fn tables_with_other_prefixes_are_other_stores() {
    let folder = Folder::new();
    let one = engines::sqlite(&folder).await;
    let other = one.clone().with_table_prefix("acme_").unwrap();
    other.migrate().await.unwrap();
    assert!(KeyRing::insert(&one, key(1, "alice")).await.unwrap());
    assert!(KeyRing::find(&other, id(1)).await.unwrap().is_none());
    assert!(KeyRing::insert(&other, key(1, "bob")).await.unwrap());
}

#[tokio::test]
async fn a_prefix_is_a_plain_word() {
    let store = SqliteStore::open("/nowhere/at/all");
    let longest = "a".repeat(32);
    for (prefix, fits) in [
        ("acme_", true),
        ("a1", true),
        (longest.as_str(), true),
        (&format!("{longest}a"), false),
        ("", false),
        ("1a", false),
        ("_a", false),
        ("Acme", false),
        ("a b", false),
        ("a;drop table users;--", false),
        ("a\"", false),
        ("\u{e9}", false),
        ("{p}", false),
    ] {
        let named = store.clone().with_table_prefix(prefix);
        assert_eq!(named.is_ok(), fits, "{prefix:?}");
    }
}

#[tokio::test]
async fn a_store_without_its_tables_says_so_and_a_later_schema_is_left_alone() {
    let folder = Folder::new();
    let pool = SqlitePoolOptions::new().connect_lazy_with(SqliteStore::options(folder.file()));
    let sqlite = SqliteStore::new(pool.clone());
    let word = own_word();
    let server = PgPoolOptions::new().connect_lazy(&SHARED.url()).unwrap();
    let postgres = PostgresStore::new(server.clone());
    let postgres = postgres.with_table_prefix(&word).unwrap();
    for store in [&sqlite as &dyn KeyRing, &postgres] {
        let error = store.find(id(1)).await.unwrap_err();
        assert!(shown(&error).contains("migrate()"), "{}", shown(&error));
    }
    sqlite.migrate().await.unwrap();
    postgres.migrate().await.unwrap();
    sqlx::query("UPDATE portcullis_schema SET version = version + 1")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE {word}schema SET version = version + 1"
    )))
    .execute(&server)
    .await
    .unwrap();
    for error in [sqlite.migrate().await, postgres.migrate().await] {
        let error = shown(&error.unwrap_err());
        assert!(error.contains("update this program"), "{error}");
    }
}

/// Asks of each kind of thing what the database has to refuse, with a word that must not be seen.
async fn errors_of(store: &(impl KeyRing + Seen + RefreshFamilies), word: &str) -> Vec<StoreError> {
    let owner = FamilyOwner::new("https://id.example", word);
    let family = Family::new(FamilyId::from([1; 16]), [9; 32], owner, word, 0);
    let record = KeyRecord::clone(&key(1, word)).with_label(word);
    [
        KeyRing::insert(store, Arc::new(record)).await.err(),
        KeyRing::list(store, portcullis::store::KeyOwner::named(word), None)
            .await
            .err(),
        RefreshFamilies::insert(store, Arc::new(family)).await.err(),
        RefreshFamilies::revoke_owner(store, owner, 1).await.err(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[tokio::test]
async fn no_error_repeats_a_value() {
    // PostgreSQL cannot hold the zero character, and says so.
    let word = "hunter2\0";
    let store = engines::postgres(&own_word()).await;
    let errors = errors_of(&store, word).await;
    assert_eq!(errors.len(), 4);
    let missing = PostgresStore::connect(&SHARED.url()).unwrap();
    let missing = missing.with_table_prefix(&own_word()).unwrap();
    let more = errors_of(&missing, "hunter2").await;
    assert_eq!(more.len(), 4);
    for error in errors.iter().chain(&more) {
        let shown = shown(error);
        assert!(!shown.contains("hunter"), "{shown}");
        assert!(
            !shown.to_ascii_lowercase().contains("insert into"),
            "{shown}"
        );
    }
    for url in [
        "postgres://u:hunter2@[::1/db",
        "postgres://u:hunter2@h/db?sslmode=hunter2",
        "hunter2",
    ] {
        let error = PostgresStore::connect(url).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{url}");
    }
    let store = PostgresStore::connect("postgres://u:hunter2@127.0.0.1:1/db").unwrap();
    let error = KeyRing::find(&store, id(1)).await.unwrap_err();
    let shown = format!("{} {store:?}", shown(&error));
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn what_is_over_is_dropped_in_batches_and_what_counts_is_not() {
    let folder = Folder::new();
    let pool = SqlitePoolOptions::new().connect_lazy_with(SqliteStore::options(folder.file()));
    let store = SqliteStore::new(pool.clone());
    store.migrate().await.unwrap();
    let rows = || async {
        let count = sqlx::query_scalar("SELECT count(*) FROM portcullis_seen");
        let count: i64 = count.fetch_one(&pool).await.unwrap();
        count
    };
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
        INSERT INTO portcullis_seen SELECT CAST(printf('%032d', i) AS BLOB), 100 FROM n";
    sqlx::query(fill).execute(&pool).await.unwrap();
    // A minute after their end the first batch goes, with the 64th insert.
    for number in 0..63 {
        let now = 160;
        assert!(
            Seen::insert(&store, digest(number), 9_999, now)
                .await
                .unwrap()
        );
    }
    assert_eq!(rows().await, 1_063);
    assert!(Seen::insert(&store, digest(63), 9_999, 160).await.unwrap());
    assert_eq!(rows().await, 1_064 - 256);
    for number in 64..512 {
        assert!(
            Seen::insert(&store, digest(number), 9_999, 160)
                .await
                .unwrap()
        );
    }
    assert_eq!(rows().await, 512);
    for number in 0..512 {
        assert!(
            !Seen::insert(&store, digest(number), 9_999, 160)
                .await
                .unwrap()
        );
    }
}

#[tokio::test]
async fn on_postgres_an_operation_is_one_statement() {
    let word = own_word();
    engines::postgres(&word).await;
    let url = format!("{}?options=-c%20log_statement%3Dall", SHARED.url());
    let store = PostgresStore::connect(&url)
        .and_then(|store| store.with_table_prefix(&word))
        .unwrap();
    let owner = FamilyOwner::new("https://id.example", "alice");
    let family = Family::new(FamilyId::from([1; 16]), [9; 32], owner, "web", 0);
    let hash = KeyHash::from([7; 32]);
    // No other connection of the tests has its statements logged.
    let is_statement = |line: &&str| line.contains("LOG:  execute");
    let count = || SHARED.log().lines().filter(is_statement).count();
    let before = count();
    KeyRing::find(&store, id(1)).await.unwrap();
    assert_eq!(count(), before + 1, "a miss");
    KeyRing::insert(&store, key(1, "alice")).await.unwrap();
    KeyRing::find(&store, id(1)).await.unwrap();
    KeyRing::revoke(&store, id(1), 5).await.unwrap();
    store.retire(id(1), 5).await.unwrap();
    store.rehash(id(1), hash, hash).await.unwrap();
    store.touch(&[(id(1), 5), (id(2), 6)]).await.unwrap();
    RefreshFamilies::insert(&store, Arc::new(family.with_ends(9, 9)))
        .await
        .unwrap();
    store
        .advance(FamilyId::from([1; 16]), 1, 5, 9)
        .await
        .unwrap();
    RefreshFamilies::find(&store, FamilyId::from([1; 16]))
        .await
        .unwrap();
    RefreshFamilies::revoke(&store, FamilyId::from([1; 16]), 5)
        .await
        .unwrap();
    store.revoke_owner(owner, 5).await.unwrap();
    Seen::insert(&store, digest(1), 9, 5).await.unwrap();
    assert_eq!(count(), before + 13);
}
