//! Remember once, on a database.

use std::sync::atomic::Ordering;

use super::dialect::{Dialect, Effect};
use super::store::SqlStore;
use crate::store::{Answer, Seen, SeenKey, StoreError};

/// Every so many inserts of a handle, what is over is dropped.
const INSERTS_A_PURGE: u32 = 64;
/// At most so many rows at once, so that no request waits long for it.
const ROWS_A_PURGE: u64 = 256;
/// The clocks of nodes may differ by so many seconds before one drops what counts for another.
const CLOCK_SKEW: u64 = 60;

impl<D: Dialect> SqlStore<D> {
    async fn first_seen(&self, key: SeenKey, until: u64, now: u64) -> Result<bool, StoreError> {
        let values = vec![key.as_slice().into(), until.into(), now.into()];
        let rows = self
            .run(&self.statements.seen.insert, values, Effect::Writes)
            .await?;
        let number = self.inserted.fetch_add(1, Ordering::Relaxed);
        if number % INSERTS_A_PURGE == INSERTS_A_PURGE - 1 {
            // What was asked is answered; that the old is still there harms nobody.
            let _ = self.forget_seen_before(now).await;
        }
        Ok(!rows.is_empty())
    }

    async fn forget_seen_before(&self, now: u64) -> Result<(), StoreError> {
        let over = now.saturating_sub(CLOCK_SKEW);
        let values = vec![over.into(), ROWS_A_PURGE.into()];
        self.run(&self.statements.seen.purge, values, Effect::Writes)
            .await?;
        Ok(())
    }
}

impl<D: Dialect> Seen for SqlStore<D> {
    fn insert(&self, key: SeenKey, until: u64, now: u64) -> Answer<'_, bool> {
        Answer::later(self.first_seen(key, until, now))
    }
}
