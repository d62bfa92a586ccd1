//! The example beside a provider is started, and what it prints is pasted.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// The running example; it ends with the test, and the provider with it.
struct Example(Child);

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn started() -> Example {
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join("examples/oidc");
    let child = Command::new(&path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!(
                "{} does not start ({error}): run `cargo build --all-features --example oidc`, or \
                 tests/run.sh, which does",
                path.display()
            )
        });
    Example(child)
}

/// The printed commands, each with the status that the comment above it promises.
fn commands(example: &mut Example) -> Vec<(String, String)> {
    let mut promised = String::new();
    let mut commands = Vec::new();
    for line in BufReader::new(example.0.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if line == "Press Ctrl-C to stop." {
            break;
        }
        match line.strip_prefix("# ") {
            Some(comment) => promised = comment.chars().take(3).collect(),
            None if line.starts_with("curl ") => commands.push((promised.clone(), line)),
            None => {}
        }
    }
    commands
}

#[test]
fn every_command_that_the_example_prints_answers_as_the_line_above_it_says() {
    let mut example = started();
    let commands = commands(&mut example);
    for status in ["200", "400", "401", "403"] {
        assert!(commands.iter().any(|(promised, _)| promised == status));
    }
    assert_eq!(commands.len(), 11);
    for (promised, command) in commands {
        let pasted = Command::new("bash").args(["-c", &command]).output();
        let shown = String::from_utf8(pasted.unwrap().stdout).unwrap();
        let line = format!("HTTP/1.1 {promised} ");
        assert!(shown.starts_with(&line), "{command}\n{shown}");
    }
}
