//! Whether the server keeps what it is told.

use super::fault::Fault;
use super::store::{RedisConnection, RedisStore, error};
use crate::store::StoreError;

impl<C: RedisConnection> RedisStore<C> {
    /// Asks the server whether it keeps what it is told: that it writes an append-only file, and
    /// drops nothing when its memory is full. Whether the file is flushed at each write
    /// (`appendfsync always`) cannot be asked without an administrator's rights.
    ///
    /// # Errors
    /// [`StoreError`] if it does not, or does not say.
    pub async fn check_persistence(&self) -> Result<(), StoreError> {
        let mut command = redis::cmd("INFO");
        command.arg("everything");
        let info: String = self.query(&command).await?;
        forgets(&info).map_or(Ok(()), |why| Err(error(Fault::Forgetful(why))))
    }
}

/// Why a server that tells this of itself forgets.
fn forgets(info: &str) -> Option<&'static str> {
    let says = |line: &str| info.lines().any(|told| told.trim_end() == line);
    if !says("aof_enabled:1") {
        return Some("set `appendonly yes`");
    }
    if !says("maxmemory_policy:noeviction") {
        return Some("set `maxmemory-policy noeviction`");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_keeps_everything_or_is_told_what_to_change() {
        let info = |aof, policy| {
            format!(
                "# Memory\r\nmaxmemory_policy:{policy}\r\n# Persistence\r\naof_enabled:{aof}\r\n"
            )
        };
        for (info, wrong) in [
            (info("1", "noeviction"), None),
            (info("0", "noeviction"), Some("appendonly")),
            (info("1", "allkeys-lru"), Some("maxmemory-policy")),
            (info("1", "volatile-ttl"), Some("maxmemory-policy")),
            (String::new(), Some("appendonly")),
        ] {
            let told = forgets(&info);
            assert_eq!(told.is_some(), wrong.is_some(), "{info}");
            assert!(told.unwrap_or_default().contains(wrong.unwrap_or_default()));
        }
    }
}
