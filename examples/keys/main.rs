//! The operator's tool: API keys are created, listed, rotated and revoked where the application
//! keeps them. `cargo run --example keys -- help` tells the rest.

mod arguments;
mod moment;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use portcullis::api_key::{IssueError, IssuedApiKey, KeyHasher, KeyRotation, NewApiKey, Pepper};
use portcullis::clock::{Clock, SystemClock};
use portcullis::identity::Scopes;
#[cfg(feature = "postgres")]
use portcullis::store::sql::PostgresStore;
use portcullis::store::sql::SqliteStore;
use portcullis::store::{KEYS_A_PAGE, KeyOwner, KeyRecord, KeyRing};

use arguments::{Command, HELP, NewKey, Owner, Usage};

type Failure = Box<dyn Error>;

/// What was asked for is not there, or not in a state for it.
const NOTHING: u8 = 3;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let asked = match arguments::read(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(Usage(what)) => {
            eprintln!("keys: {what}\nTry `help`.");
            return ExitCode::from(2);
        }
    };
    let (Some(store), command) = (asked.store, asked.command) else {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    };
    match run(&store, command).await {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("keys: {failure}");
            let mut cause = failure.source();
            while let Some(error) = cause {
                eprintln!("  because {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// The tables are created if they are not there.
async fn opened(store: &str) -> Result<Arc<dyn KeyRing>, Failure> {
    if store.starts_with("postgres://") || store.starts_with("postgresql://") {
        #[cfg(feature = "postgres")]
        {
            let store = PostgresStore::connect(store)?;
            store.migrate().await?;
            return Ok(Arc::new(store));
        }
        #[cfg(not(feature = "postgres"))]
        return Err("this tool was built without `--features postgres`".into());
    }
    let store = SqliteStore::open(store);
    store.migrate().await?;
    Ok(Arc::new(store))
}

/// How the application hashes its keys: with the pepper of the environment, if there is one.
fn hasher() -> Result<KeyHasher, Failure> {
    let Ok(pepper) = std::env::var("KEYS_PEPPER") else {
        return Ok(KeyHasher::default());
    };
    let (number, secret) = pepper
        .split_once(':')
        .ok_or("KEYS_PEPPER must be NUMBER:SECRET")?;
    let number = number
        .parse()
        .map_err(|_| "KEYS_PEPPER must begin with a number")?;
    Ok(KeyHasher::peppered(Pepper::new(number, secret)?))
}

async fn run(store: &str, command: Command) -> Result<ExitCode, Failure> {
    let ring = opened(store).await?;
    match command {
        Command::Help => print!("{HELP}"),
        Command::Create(key) => show(&create(&*ring, key).await?),
        Command::List(owner) => list(&*ring, &owner).await?,
        Command::Revoke(id) => {
            if !ring.revoke(id, SystemClock.now()).await? {
                eprintln!("keys: there is no key {id}");
                return Ok(ExitCode::from(NOTHING));
            }
            println!("revoked {id}");
        }
        Command::Rotate { id, overlap } => {
            let rotation = KeyRotation::of(id).with_overlap(overlap)?;
            let rotated = rotation.with_hasher(hasher()?).rotate(&*ring, &SystemClock);
            match rotated.await {
                Ok(issued) => show(&issued),
                Err(IssueError::NotReplaceable) => {
                    eprintln!("keys: {}", IssueError::NotReplaceable);
                    return Ok(ExitCode::from(NOTHING));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn create(ring: &dyn KeyRing, asked: NewKey) -> Result<IssuedApiKey, Failure> {
    let mut key = NewApiKey::owned_by(asked.owner.subject)
        .with_prefix(&asked.prefix)?
        .with_scopes(Scopes::of(asked.scopes.split_whitespace())?)
        .with_hasher(hasher()?);
    if let Some(tenant) = asked.owner.tenant {
        key = key.with_tenant(tenant);
    }
    if let Some(label) = asked.label {
        key = key.with_label(label);
    }
    if !asked.networks.is_empty() {
        key = key.with_networks(&asked.networks)?;
    }
    let key = match asked.days {
        Some(days) => key.expiring_in(Duration::from_hours(24 * u64::from(days))),
        None => key.never_expiring(),
    };
    Ok(key.issue(ring, &SystemClock).await?)
}

fn show(issued: &IssuedApiKey) {
    let expires = issued.record.expires_at();
    println!("id       {}", issued.record.id());
    println!("key      {}", issued.key.expose());
    println!(
        "expires  {}",
        expires.map_or("never".into(), moment::written)
    );
    eprintln!("The key is shown this once, and kept nowhere: hand it to its owner now.");
}

async fn list(ring: &dyn KeyRing, owner: &Owner) -> Result<(), Failure> {
    let mut of = KeyOwner::named(&owner.subject);
    if let Some(tenant) = &owner.tenant {
        of = of.in_tenant(tenant);
    }
    println!("id\tprefix\tstate\tcreated\texpires\tlast used\tscopes\tlabel");
    let now = SystemClock.now();
    let mut after = None;
    loop {
        let page = ring.list(of, after).await?;
        for record in &page {
            println!("{}", line(record, now));
        }
        if page.len() < KEYS_A_PAGE {
            return Ok(());
        }
        after = page.last().map(|record| record.id());
    }
}

fn line(record: &KeyRecord, now: u64) -> String {
    let state = match record {
        key if key.is_revoked() => "revoked",
        key if key.is_expired(now) => "expired",
        key if key.is_premature(now) => "premature",
        key if key.replaced_by().is_some() => "replaced",
        _ => "live",
    };
    let at = |moment: Option<u64>| moment.map_or("-".into(), moment::written);
    // A label is its owner's, and may hold what a terminal obeys.
    let label = record.label().unwrap_or("-").escape_debug().to_string();
    [
        record.id().to_string(),
        record.prefix().to_owned(),
        state.to_owned(),
        moment::written(record.created_at()),
        at(record.expires_at()),
        at(record.last_used_at()),
        record.scopes().to_string(),
        label,
    ]
    .join("\t")
}
