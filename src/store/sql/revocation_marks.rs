//! What was withdrawn, on a database.

use super::dialect::{Columns, Dialect, Effect, Value};
use super::store::SqlStore;
use crate::store::{Answer, RevocationMarks, SeenKey, StoreError};

/// How many marks one statement looks for.
const MARKS_AT_ONCE: usize = 4;

impl<D: Dialect> SqlStore<D> {
    async fn latest_of(&self, marks: &[SeenKey], now: u64) -> Result<Option<u64>, StoreError> {
        let mut latest = None;
        for marks in marks.chunks(MARKS_AT_ONCE) {
            let names = marks.iter().cycle().take(MARKS_AT_ONCE);
            let values = [Value::from(now)]
                .into_iter()
                .chain(names.map(|mark| mark.as_slice().into()));
            let sql = &self.statements.revocations.latest;
            let rows = self.run(sql, values.collect(), Effect::Reads).await?;
            for row in rows {
                let issued = row.number(0).map_err(Self::error)?;
                latest = latest.max(issued.and_then(|at| u64::try_from(at).ok()));
            }
        }
        Ok(latest)
    }
}

impl<D: Dialect> RevocationMarks for SqlStore<D> {
    fn revoke(&self, mark: SeenKey, issued: u64, until: u64, now: u64) -> Answer<'_, ()> {
        Answer::later(async move {
            let key = mark.as_slice().into();
            let values = vec![key, issued.into(), until.into(), now.into()];
            let statements = &self.statements.revocations;
            self.run(&statements.revoke, values, Effect::Writes).await?;
            self.tidy(&statements.purge, now).await;
            Ok(())
        })
    }

    fn latest<'a>(&'a self, marks: &'a [SeenKey], now: u64) -> Answer<'a, Option<u64>> {
        Answer::later(self.latest_of(marks, now))
    }
}
