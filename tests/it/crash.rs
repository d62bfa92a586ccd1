//! A process that issues, withdraws and rotates is killed at any moment, again and again: what it
//! was told was done is done.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;

use portcullis::store::sql::{PostgresStore, SqliteStore};
use portcullis::store::{Family, FamilyId, FamilyOwner, KeyHash, KeyId, KeyRecord};
use portcullis::store::{KeyRing, RefreshFamilies};

use crate::servers::Server;
use crate::servers::engines::Folder;
use crate::servers::postgres::Postgres;

const ROUNDS: usize = 15;
/// Tells the process that is killed which store to use.
const STORE: &str = "PORTCULLIS_CRASH_STORE";
const NOW: u64 = 1_000;
const END: u64 = 4_000_000_000;

/// All that the load needs of a store.
trait Store: KeyRing + RefreshFamilies {}

impl<S: KeyRing + RefreshFamilies> Store for S {}

fn opened(address: &str) -> Arc<dyn Store> {
    match address.strip_prefix("sqlite:") {
        Some(file) => Arc::new(SqliteStore::open(file)),
        None => Arc::new(PostgresStore::connect(address).unwrap()),
    }
}

/// What the process says once it is done, one line each.
#[derive(Clone, Copy, Debug)]
enum Done {
    Issued(KeyId),
    Revoked(KeyId),
    Begun(FamilyId),
    /// From this generation.
    Rotated(FamilyId, u32),
}

impl Done {
    fn tell(self) {
        let line = match self {
            Self::Issued(id) => format!("done issued {id} 0"),
            Self::Revoked(id) => format!("done revoked {id} 0"),
            Self::Begun(id) => format!("done begun {id} 0"),
            Self::Rotated(id, from) => format!("done rotated {id} {from}"),
        };
        // One write a line, so that no line is torn by another thread.
        let line = format!("\n{line}\n");
        std::io::stdout().write_all(line.as_bytes()).unwrap();
        std::io::stdout().flush().unwrap();
    }

    /// `None` for a line of the test harness, or one that was cut off.
    fn read(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("done ")?.split(' ');
        let (word, id, from) = (words.next()?, words.next()?, words.next()?);
        match word {
            "issued" => KeyId::parse(id).map(Self::Issued),
            "revoked" => KeyId::parse(id).map(Self::Revoked),
            "begun" => FamilyId::parse(id).map(Self::Begun),
            _ => Some(Self::Rotated(FamilyId::parse(id)?, from.parse().ok()?)),
        }
    }
}

/// One of eight who work at once, until the process is killed. What fails is not told.
async fn work(store: Arc<dyn Store>) {
    loop {
        let id = KeyId::parse(&format!("{:016x}", rand::random::<u64>())).unwrap();
        let record = KeyRecord::new(id, KeyHash::from([7; 32]), "alice", NOW, None);
        if let Ok(true) = KeyRing::insert(&*store, Arc::new(record)).await {
            Done::Issued(id).tell();
            if let Ok(true) = KeyRing::revoke(&*store, id, NOW).await {
                Done::Revoked(id).tell();
            }
        }
        let id = FamilyId::from(rand::random::<[u8; 16]>());
        let owner = FamilyOwner::new("https://id.example", "alice");
        let family = Family::new(id, rand::random(), owner, "web", NOW).with_ends(END, END);
        if let Ok(true) = RefreshFamilies::insert(&*store, Arc::new(family)).await {
            Done::Begun(id).tell();
            for from in 1..=4 {
                if let Ok(true) = store.advance(id, from, NOW, END).await {
                    Done::Rotated(id, from).tell();
                }
            }
        }
        tokio::task::yield_now().await;
    }
}

#[test]
#[ignore = "the process that the other tests kill"]
fn the_load() {
    let Ok(address) = std::env::var(STORE) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = opened(&address);
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..8 {
            all.spawn(work(Arc::clone(&store)));
        }
        all.join_all().await;
    });
}

/// Starts the load, kills it after so many operations as chance will have it, and gives what it
/// was told was done. `with` is given what kills it, so that something else can be killed with it.
fn killed_under_load(address: &str, with: impl FnOnce(&mut dyn FnMut())) -> Vec<Done> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::the_load", "--ignored", "--nocapture"])
        .env(STORE, address)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok).filter_map(|l| Done::read(&l));
    let count = rand::random_range(20..200);
    let mut done: Vec<_> = lines.by_ref().take(count).collect();
    with(&mut || child.kill().unwrap()); // SIGKILL
    done.extend(lines);
    child.wait().unwrap();
    assert!(done.len() >= count, "the load has ended early");
    done
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Losses {
    lost_keys: usize,
    revocations_undone: usize,
    lost_families: usize,
    used_tokens_good_again: usize,
}

/// What was said to be done and is not, as a process that starts anew sees it.
async fn losses(store: &dyn Store, told: &[Done]) -> Losses {
    let mut losses = Losses::default();
    for done in told {
        match *done {
            Done::Issued(id) => {
                let lost = KeyRing::find(store, id).await.unwrap().is_none();
                losses.lost_keys += usize::from(lost);
            }
            Done::Revoked(id) => {
                let key = KeyRing::find(store, id).await.unwrap();
                let undone = key.is_none_or(|key| !key.is_revoked());
                losses.revocations_undone += usize::from(undone);
            }
            Done::Begun(id) => {
                let lost = RefreshFamilies::find(store, id).await.unwrap().is_none();
                losses.lost_families += usize::from(lost);
            }
            Done::Rotated(id, from) => {
                let family = RefreshFamilies::find(store, id).await.unwrap();
                let again = family.is_none_or(|family| family.generation() <= from)
                    || store.advance(id, from, NOW, END).await.unwrap();
                losses.used_tokens_good_again += usize::from(again);
            }
        }
    }
    losses
}

/// No kind of operation was left out, so that the counts mean something.
fn assert_each_was_done(told: &[Done]) {
    let count = |is: fn(&Done) -> bool| told.iter().filter(|done| is(done)).count();
    for of_a_kind in [
        count(|done| matches!(done, Done::Issued(_))),
        count(|done| matches!(done, Done::Revoked(_))),
        count(|done| matches!(done, Done::Begun(_))),
        count(|done| matches!(done, Done::Rotated(..))),
    ] {
        assert!(of_a_kind >= ROUNDS, "{of_a_kind} of {}", told.len());
    }
}

#[tokio::test]
async fn on_sqlite_a_killed_process_loses_nothing_and_revives_nothing() {
    let folder = Folder::new();
    let address = format!("sqlite:{}", folder.file().display());
    SqliteStore::open(folder.file()).migrate().await.unwrap();
    let mut told = Vec::new();
    for round in 0..ROUNDS {
        let done = killed_under_load(&address, |kill| kill());
        let lost = losses(&*opened(&address), &done).await;
        assert_eq!(lost, Losses::default(), "in round {round}");
        told.extend(done);
    }
    assert_each_was_done(&told);
    let lost = losses(&*opened(&address), &told).await;
    assert_eq!(lost, Losses::default(), "of {}", told.len());
}

#[tokio::test]
async fn on_postgres_a_killed_process_or_server_loses_nothing_and_revives_nothing() {
    let mut server = Postgres::start();
    let store = PostgresStore::connect(&server.url()).unwrap();
    store.migrate().await.unwrap();
    let address = server.url();
    let mut told = Vec::new();
    for round in 0..ROUNDS {
        let done = killed_under_load(&address, |kill| match round % 3 {
            0 => kill(),
            1 => {
                server.process().signal("KILL");
                kill();
            }
            _ => server.kill_backend(kill),
        });
        if round % 3 == 1 {
            server.stop();
            server.resume();
        }
        let lost = losses(&*opened(&address), &done).await;
        assert_eq!(lost, Losses::default(), "in round {round}");
        told.extend(done);
    }
    assert_each_was_done(&told);
    let lost = losses(&*opened(&address), &told).await;
    assert_eq!(lost, Losses::default(), "of {}", told.len());
}
