//! The example is started, and what it prints is pasted.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::servers::engines::Folder;

/// The running example; it ends with the test.
struct Example {
    process: Child,
    log: PathBuf,
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn built(name: &str) -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(name);
    assert!(
        path.exists(),
        "{} is not built: run `cargo build --example {name}`, or tests/run.sh, which does",
        path.display()
    );
    path
}

/// The printed commands, each with the status that the comment above it promises and after the
/// variables that it needs.
fn printed_commands(example: &mut Example) -> Vec<(String, String)> {
    let stdout = example.process.stdout.take().unwrap();
    let mut variables = String::new();
    let mut promised = None;
    let mut commands = Vec::new();
    for line in BufReader::new(stdout).lines() {
        let line = line.unwrap();
        if line == "Press Ctrl-C to stop." {
            break;
        }
        if let Some(comment) = line.strip_prefix("# ") {
            promised = comment.split(' ').next().map(str::to_owned);
        } else if line.contains("curl ") {
            let status = promised
                .take()
                .expect("a comment stands above each command");
            commands.push((status, format!("{variables}{line}")));
        } else if line.contains("='") {
            variables = format!("{variables}{line}\n");
        }
    }
    assert!(
        !commands.is_empty(),
        "the example ended early: {}",
        std::fs::read_to_string(&example.log).unwrap_or_default()
    );
    commands
}

/// The last status that `command` shows, pasted into a shell.
fn status_of(command: &str) -> Option<String> {
    let output = Command::new("bash").args(["-c", command]).output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    let mut statuses = shown.lines().filter_map(|line| {
        let rest = line.strip_prefix("HTTP/1.1 ")?;
        rest.split(' ').next().map(str::to_owned)
    });
    statuses.next_back()
}

/// The articles API, with its keys in `file`.
fn articles(file: &Path) -> Example {
    started("articles", file.as_os_str(), file)
}

/// The example `name` with one argument; its log goes beside `file`.
fn started(name: &str, argument: &OsStr, file: &Path) -> Example {
    let log = file.with_extension("log");
    let process = Command::new(built(name))
        .arg(argument)
        .stdout(Stdio::piped())
        .stderr(File::create(&log).unwrap())
        .spawn()
        .unwrap();
    Example { process, log }
}

#[test]
fn a_key_that_was_made_before_a_restart_is_good_after_it() {
    let folder = Folder::new();
    let statistics = |example: &mut Example| {
        let commands = printed_commands(example);
        let with_key = |(status, command): &&(String, String)| {
            status == "200" && command.contains("$KEY\" $API/statistics")
        };
        commands.iter().find(with_key).unwrap().1.clone()
    };
    let mut example = articles(&folder.file());
    let before = statistics(&mut example);
    assert_eq!(status_of(&before).as_deref(), Some("200"));
    drop(example); // by SIGKILL
    let mut example = articles(&folder.file());
    let after = statistics(&mut example);
    let key = |command: &str| {
        let line = command.lines().find(|line| line.starts_with("KEY='"));
        line.unwrap().to_owned()
    };
    assert_ne!(key(&before), key(&after));
    let old_key = after.replace(&key(&after), &key(&before));
    assert_eq!(status_of(&old_key).as_deref(), Some("200"), "{old_key}");
    assert_eq!(status_of(&after).as_deref(), Some("200"));
    // With another file it is a stranger's.
    let elsewhere = Folder::new();
    let mut example = articles(&elsewhere.file());
    let command = statistics(&mut example);
    let strange = command.replace(&key(&command), &key(&before));
    assert_eq!(status_of(&strange).as_deref(), Some("401"), "{strange}");
}

#[test]
fn the_articles_api_prints_its_audit() {
    let folder = Folder::new();
    let mut example = articles(&folder.file());
    let stdout = example.process.stdout.take().unwrap();
    let lines = BufReader::new(stdout).lines().map(Result::unwrap);
    let printed: Vec<_> = lines
        .take_while(|line| line != "Press Ctrl-C to stop.")
        .collect();
    let audit = printed.join("\n");
    for part in [
        "POST /api/v1/articles ",
        "scopes articles:write",
        "5 in any 60s by client",
        "whatever is unknown",
        "public-write@POST /api/v1/token",
    ] {
        assert!(audit.contains(part), "{part:?} is not in\n{audit}");
    }
}

#[test]
fn every_printed_command_answers_as_the_line_above_it_says() {
    let folder = Folder::new();
    let mut example = articles(&folder.file());
    let commands = printed_commands(&mut example);
    for promised in [
        "200", "201", "400", "401", "403", "404", "405", "413", "415", "422", "429",
    ] {
        assert!(
            commands.iter().any(|(status, _)| status == promised),
            "no command shows a {promised}"
        );
    }
    for (promised, command) in &commands {
        let shown = status_of(command);
        assert_eq!(shown.as_ref(), Some(promised), "{command}");
    }
}

#[cfg(feature = "redis")]
#[test]
fn two_nodes_with_one_redis_are_one_door() {
    let folder = Folder::new();
    let redis = crate::servers::redis::Redis::start();
    let url = redis.url();
    let mut example = started("fleet", url.as_ref(), &folder.file());
    let commands = printed_commands(&mut example);
    let promised: Vec<_> = commands.iter().map(|(status, _)| status.as_str()).collect();
    assert_eq!(promised, ["200", "200", "429", "429"]);
    for (promised, command) in &commands {
        let shown = status_of(command);
        assert_eq!(shown.as_ref(), Some(promised), "{command}");
    }
    // Without Redis each node has half of it, of which each has admitted three.
    drop(redis);
    let (_, command) = &commands[0];
    assert_eq!(status_of(command).as_deref(), Some("429"));
}
