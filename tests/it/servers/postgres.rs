//! PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use super::Server;
use super::process::{Process, folder, free_port, keep, log, wait_for};

/// A PostgreSQL server with one database, which trusts whoever is on this machine.
#[derive(Debug)]
pub(crate) struct Postgres {
    port: u16,
    folder: PathBuf,
    process: Option<Process>,
}

/// The one that the tests share which do not stop it.
pub(crate) static SHARED: LazyLock<Postgres> = LazyLock::new(Postgres::start);

/// The folder of the newest server that is installed.
fn programs() -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is not installed: run tests/run.sh, which installs it")
        .map(|version| version.unwrap().path().join("bin"))
        .filter(|programs| programs.join("initdb").exists())
        .collect();
    let version_of = |programs: &PathBuf| -> u32 {
        let version = programs.parent().and_then(Path::file_name).unwrap();
        version.to_str().unwrap().parse().unwrap_or_default()
    };
    versions.sort_by_key(version_of);
    versions
        .pop()
        .expect("no server among PostgreSQL's programs")
}

/// `program` with its arguments, as another user if this one is root, whom it refuses to serve.
fn unprivileged(program: &str, arguments: &[&str]) -> Vec<String> {
    let program = programs().join(program);
    let become_postgres = [
        "setpriv",
        "--reuid=postgres",
        "--regid=postgres",
        "--clear-groups",
    ];
    let prefix = if is_root() { &become_postgres[..] } else { &[] };
    prefix
        .iter()
        .copied()
        .chain([program.to_str().unwrap()])
        .chain(arguments.iter().copied())
        .map(str::to_owned)
        .collect()
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

impl Postgres {
    pub(crate) fn start() -> Self {
        let folder = folder("postgres");
        if is_root() {
            let done = Command::new("chown").arg("postgres").arg(&folder).status();
            assert!(done.unwrap().success(), "there is no user postgres");
        }
        let data = folder.join("data");
        let command = unprivileged(
            "initdb",
            &[
                "--auth=trust",
                "--username=portcullis",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
                "-D",
                data.to_str().unwrap(),
            ],
        );
        let made = Command::new(&command[0])
            .args(&command[1..])
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let mut server = Self {
            port: free_port(),
            folder,
            process: None,
        };
        server.resume();
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://portcullis@127.0.0.1:{}/postgres", self.port)
    }

    pub(crate) fn process(&self) -> &Process {
        self.process.as_ref().unwrap()
    }

    /// What it has written about itself.
    pub(crate) fn log(&self) -> String {
        log(&self.folder)
    }

    /// Kills one of the processes that serve a connection, and waits until the server, which then
    /// ends all others, has recovered. `during` happens in between.
    pub(crate) fn kill_backend(&self, during: impl FnOnce()) {
        let crashes = || self.log().matches("reinitializing").count();
        let before = crashes();
        let killed = self.process().signal_child("KILL", "postgres: portcullis");
        assert!(killed, "no connection is served");
        during();
        wait_for(self.process(), &self.folder, || {
            crashes() > before && self.answers()
        });
    }

    /// Whether it has recovered and takes statements.
    fn answers(&self) -> bool {
        let port = self.port.to_string();
        let ready = Command::new(programs().join("pg_isready"))
            .args(["-q", "-h", "127.0.0.1", "-p", &port])
            .status();
        ready.unwrap().success()
    }
}

impl Server for Postgres {
    /// Ends it as an operator does; what it holds stays on the disk.
    fn stop(&mut self) {
        keep(&self.folder);
        self.process = None;
    }

    /// Starts it again on the same port with what it had.
    fn resume(&mut self) {
        let port = self.port.to_string();
        let data = self.folder.join("data");
        let command = unprivileged(
            "postgres",
            &[
                "-D",
                data.to_str().unwrap(),
                "-h",
                "127.0.0.1",
                "-p",
                &port,
                "-k",
                "",
                "-c",
                "max_connections=60",
            ],
        );
        // After a violent end the last of the old processes may live on for a moment.
        for _ in 0..50 {
            let process = Process::start(&command, "INT", &self.folder);
            // That it listens says little: it looks for old processes only then.
            while !(process.has_ended() || self.answers()) {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            if !process.has_ended() {
                self.process = Some(process);
                return;
            }
            keep(&self.folder);
            drop(process);
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("{}", log(&self.folder));
    }

    fn signal_all(&self, signal: &str) {
        self.process().signal_all(signal);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.process = None;
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
