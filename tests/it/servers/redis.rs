//! Redis.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use super::Server;
use super::process::{Process, folder, free_port, keep, wait_for};

/// A Redis server that keeps what it is told on the disk.
#[derive(Debug)]
pub(crate) struct Redis {
    port: u16,
    folder: PathBuf,
    process: Option<Process>,
}

/// The one that the tests share which do not stop it.
pub(crate) static SHARED: LazyLock<Redis> = LazyLock::new(Redis::start);

impl Redis {
    pub(crate) fn start() -> Self {
        let mut server = Self {
            port: free_port(),
            folder: folder("redis"),
            process: None,
        };
        server.resume();
        server
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
            "redis-server",
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
        let process = Process::start(&command.map(str::to_owned), "TERM", &self.folder);
        wait_for(&process, &self.folder, || answers(self.port));
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

/// Whether it has loaded what it had and answers.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let mut answer = [0; 5];
    stream
        .set_read_timeout(Some(Duration::from_secs(1)))
        .and_then(|()| stream.write_all(b"PING\r\n"))
        .and_then(|()| stream.read_exact(&mut answer))
        .is_ok()
        && answer == *b"+PONG"
}
