//! Remember once, on a database.

use super::dialect::{Dialect, Effect};
use super::store::SqlStore;
use crate::store::{Answer, Seen, SeenKey};

impl<D: Dialect> Seen for SqlStore<D> {
    fn insert(&self, key: SeenKey, until: u64, now: u64) -> Answer<'_, bool> {
        Answer::later(async move {
            let values = vec![key.as_slice().into(), until.into(), now.into()];
            let statements = &self.statements.seen;
            let first = self.run(&statements.insert, values, Effect::Writes).await?;
            self.tidy(&statements.purge, now).await;
            Ok(!first.is_empty())
        })
    }
}
