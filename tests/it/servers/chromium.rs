//! A browser without a window, which looks at one page.

use std::path::PathBuf;

use super::process::{Process, folder, log};

/// A browser with a profile of its own, which goes with it.
pub(crate) struct Chromium {
    _process: Process,
    folder: PathBuf,
}

impl Chromium {
    /// Has a new browser look at `url`.
    pub(crate) fn open(url: &str) -> Self {
        let folder = folder("chromium");
        let command = [
            "chromium",
            "--headless",
            "--no-sandbox", // which root cannot have
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            "--no-proxy-server",
            "--remote-debugging-port=0", // without which it would end once the page is there
            &format!("--user-data-dir={}", folder.display()),
            url,
        ]
        .map(str::to_owned);
        Self {
            _process: Process::start(&command, "TERM", &folder),
            folder,
        }
    }

    /// What it has complained of.
    pub(crate) fn log(&self) -> String {
        log(&self.folder)
    }
}
