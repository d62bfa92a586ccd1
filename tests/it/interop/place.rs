//! Where the installed programs are, and how they are started.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// How long any one step may take: generous, since a build may have the machine to itself.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// The folder that `tests/interop/setup.sh` filled: beside this test's own build, in `target/interop`.
pub(crate) fn home() -> PathBuf {
    std::env::current_exe()
        .unwrap()
        .ancestors()
        .map(|folder| folder.join("interop"))
        .find(|folder| folder.join("ready").is_file())
        .expect("oidc-provider, jose, PyJWT, Authlib and the JSON-Schema-Test-Suite are not installed: run tests/run.sh, or its step tests/interop/setup.sh")
}

/// `program`, one of those in `tests/interop/`, to be run by Node.js or Python with its standard
/// input and output piped. It is killed, by its own process id, when its handle is dropped.
pub(crate) fn command(program: &str) -> Command {
    let home = home();
    let runner = match Path::new(program).extension() {
        Some(ending) if ending == "py" => home.join("venv/bin/python"),
        _ => home.join("node"),
    };
    let mut command = Command::new(runner);
    command
        .arg(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests/interop")
                .join(program),
        )
        .env("INTEROP_HOME", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}
