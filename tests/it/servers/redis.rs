//! Redis.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use super::Server;
use super::process::{Process, folder, free_port, keep, wait_for};

/// A Redis server, or one of Valkey, that keeps what it is told on the disk.
#[derive(Debug)]
pub(crate) struct Redis {
    program: &'static str,
    port: u16,
    folder: PathBuf,
    process: Option<Process>,
    arguments: &'static [&'static str],
}

/// The one that the tests share which do not stop it.
pub(crate) static SHARED: LazyLock<Redis> = LazyLock::new(Redis::start);

/// A cluster of one server, which refuses what touches several slots at once.
pub(crate) static CLUSTER: LazyLock<Redis> = LazyLock::new(Redis::start_cluster);

impl Redis {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(arguments: &'static [&'static str]) -> Self {
        Self::start_program("redis-server", arguments)
    }

    pub(crate) fn start_valkey() -> Self {
        Self::start_program("valkey-server", &[])
    }

    fn start_program(program: &'static str, arguments: &'static [&'static str]) -> Self {
        let mut server = Self {
            program,
            port: free_port(),
            folder: folder("redis"),
            process: None,
            arguments,
        };
        server.resume();
        server
    }

    pub(crate) fn start_cluster() -> Self {
        let server = Self::start_with(&["--cluster-enabled", "yes"]);
        server.say("CLUSTER ADDSLOTSRANGE 0 16383", "+OK");
        wait_for(server.process(), &server.folder, || {
            server.answers("SET ready yes", "+OK")
        });
        server
    }

    fn say(&self, command: &str, answer: &str) {
        assert!(self.answers(command, answer), "{command}");
    }

    /// Whether it answers the command so.
    fn answers(&self, command: &str, expected: &str) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else {
            return false;
        };
        let mut answer = vec![0; expected.len()];
        stream
            .set_read_timeout(Some(Duration::from_secs(1)))
            .and_then(|()| stream.write_all(format!("{command}\r\n").as_bytes()))
            .and_then(|()| stream.read_exact(&mut answer))
            .is_ok()
            && answer == expected.as_bytes()
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(crate) fn process(&self) -> &Process {
        self.process.as_ref().unwrap()
    }
}

impl Server for Redis {
    /// Ends it; what it holds stays on the disk.
    fn stop(&mut self) {
        keep(&self.folder);
        self.process = None;
    }

    /// Starts it again on the same port with what it had.
    fn resume(&mut self) {
        let port = self.port.to_string();
        let dir = self.folder.to_str().unwrap();
        let command = [
            self.program,
            "--port",
            &port,
            "--bind",
            "127.0.0.1",
            "--dir",
            dir,
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--save",
            "",
            "--maxmemory-policy",
            "noeviction",
        ];
        let command = command.iter().chain(self.arguments);
        let command: Vec<_> = command.map(|word| (*word).to_owned()).collect();
        let process = Process::start(&command, "TERM", &self.folder);
        wait_for(&process, &self.folder, || self.answers("PING", "+PONG"));
        self.process = Some(process);
    }

    fn signal_all(&self, signal: &str) {
        self.process().signal_all(signal);
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.process = None;
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
