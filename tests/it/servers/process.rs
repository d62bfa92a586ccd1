//! A server as a process of its own, which does not outlive the tests.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Starts a server, tells its process id, and ends it when the pipe to the tests closes: at the end
/// of the tests, however they end; within ten seconds in any case. `$0` is the folder of the server, `$1` the signal that ends it,
/// the rest the command. The folder goes with the server unless it holds a file `keep`.
const KEEPER: &str = r#"
trap '' HUP INT TERM
signal=$1; shift
"$@" </dev/null >&2 &
child=$!
echo "$child"
read -r _
kill -s "$signal" "$child" 2>/dev/null
kill -s CONT "$child" 2>/dev/null
(sleep 10; kill -s KILL "$child") >/dev/null 2>&1 </dev/null &
killer=$!
wait "$child" 2>/dev/null
kill -s KILL "$killer" 2>/dev/null
[ -e "$0/keep" ] || rm -rf -- "$0"
"#;

/// How long a server may take to start or to end.
const LIMIT: Duration = Duration::from_secs(30);

/// A process that ends when this is dropped, and at the latest with the tests.
#[derive(Debug)]
pub(crate) struct Process {
    keeper: Child,
    pipe: Option<ChildStdin>,
    id: String,
}

impl Process {
    /// Starts `command` with `folder`, where its log is; `end` is the signal that ends it.
    pub(super) fn start(command: &[String], end: &str, folder: &Path) -> Self {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(log_in(folder))
            .unwrap();
        let _ = std::fs::remove_file(folder.join("keep"));
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER])
            .arg(folder)
            .arg(end)
            .args(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let pipe = keeper.stdin.take();
        let mut id = String::new();
        let mut lines = BufReader::new(keeper.stdout.take().unwrap());
        lines.read_line(&mut id).unwrap();
        Self {
            keeper,
            pipe,
            id: id.trim().to_owned(),
        }
    }

    /// Sends a signal: `KILL`, `STOP`, `CONT`, ...
    pub(crate) fn signal(&self, signal: &str) {
        let done = Command::new("kill")
            .args(["-s", signal, &self.id])
            .status()
            .unwrap();
        assert!(done.success(), "no signal {signal} to {}", self.id);
    }

    /// Sends a signal to it and to all processes that it has started.
    pub(crate) fn signal_all(&self, signal: &str) {
        let mut ids = children(&self.id);
        ids.push(self.id.clone());
        // One of them may have ended meanwhile.
        let _ = Command::new("kill")
            .args(["-s", signal])
            .args(&ids)
            .stderr(Stdio::null())
            .status();
    }

    /// Sends a signal to one of the processes that it has started, of those whose command line
    /// holds `word`. `false` if there is none.
    pub(crate) fn signal_child(&self, signal: &str, word: &str) -> bool {
        let is_meant = |id: &String| {
            std::fs::read_to_string(format!("/proc/{id}/cmdline"))
                .is_ok_and(|line| line.contains(word))
        };
        let Some(id) = children(&self.id).into_iter().find(is_meant) else {
            return false;
        };
        let done = Command::new("kill").args(["-s", signal, &id]).status();
        done.unwrap().success()
    }

    /// Whether it has ended, for whatever reason.
    pub(super) fn has_ended(&self) -> bool {
        !Path::new("/proc").join(&self.id).exists()
            || std::fs::read_to_string(format!("/proc/{}/stat", self.id))
                .is_ok_and(|stat| stat.contains(") Z "))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.pipe = None;
        let _ = self.keeper.wait();
    }
}

/// The processes that the process `parent` has started.
fn children(parent: &str) -> Vec<String> {
    let is_child = |id: &String| {
        // The name, in parentheses, may hold anything; behind it stand the state and the parent.
        std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| {
            let behind = stat.rsplit(") ").next().unwrap_or_default();
            behind.split(' ').nth(1) == Some(parent)
        })
    };
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(is_child)
        .collect()
}

/// Where the servers of the folder write what happens to them.
fn log_in(folder: &Path) -> PathBuf {
    folder.join("log")
}

/// What the servers of the folder have written.
pub(super) fn log(folder: &Path) -> String {
    std::fs::read_to_string(log_in(folder)).unwrap_or_default()
}

/// Has the folder outlive the server that is about to end.
pub(super) fn keep(folder: &Path) {
    std::fs::write(folder.join("keep"), []).unwrap();
}

/// A port that was free a moment ago.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A new empty folder.
pub(crate) fn folder(name: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let own = format!("portcullis-{name}-{}-{number}", std::process::id());
    let path = room().join(own);
    std::fs::create_dir(&path).unwrap();
    path
}

/// Where folders are made: in memory if there is room, since a disk that is busy with what was built
/// keeps servers waiting for longer than stores do. What a killed process wrote is in either.
fn room() -> PathBuf {
    const ENOUGH_KIB: u64 = 2 << 20;
    let memory = Path::new("/dev/shm");
    let answer = Command::new("df")
        .args(["-k", "--output=avail"])
        .arg(memory)
        .output();
    let free = answer.ok().and_then(|answer| {
        let text = String::from_utf8(answer.stdout).ok()?;
        text.lines().nth(1)?.trim().parse::<u64>().ok()
    });
    match free {
        Some(free) if free >= ENOUGH_KIB => memory.to_path_buf(),
        _ => std::env::temp_dir(),
    }
}

/// Waits until `ready` or the process has ended.
///
/// # Panics
/// If the server does not start; the log is shown.
pub(super) fn wait_for(process: &Process, folder: &Path, mut ready: impl FnMut() -> bool) {
    let start = Instant::now();
    while !ready() {
        assert!(
            !process.has_ended(),
            "the server has ended: {}",
            log(folder)
        );
        assert!(start.elapsed() < LIMIT, "not ready: {}", log(folder));
        std::thread::sleep(Duration::from_millis(20));
    }
}
