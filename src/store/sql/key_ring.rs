//! API keys, on a database.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use super::dialect::{Columns, Dialect, Effect, Value};
use super::fault::Fault;
use super::row::Row;
use super::store::SqlStore;
use crate::identity::{Allowance, Networks};
use crate::store::{Answer, KEYS_A_PAGE, KeyHash, KeyId, KeyOwner, KeyRecord, KeyRing, StoreError};

impl<D: Dialect> SqlStore<D> {
    /// Whether a statement on keys has changed one.
    async fn has_changed(&self, sql: &Arc<str>, values: Vec<Value>) -> Result<bool, StoreError> {
        let rows = self.run(sql, values, Effect::Writes).await?;
        Ok(!rows.is_empty())
    }

    async fn keys(
        &self,
        sql: &Arc<str>,
        values: Vec<Value>,
    ) -> Result<Vec<Arc<KeyRecord>>, StoreError> {
        let rows = self.run(sql, values, Effect::Reads).await?;
        rows.iter()
            .map(|row| record(row).map(Arc::new).map_err(Self::error))
            .collect()
    }
}

impl<D: Dialect> KeyRing for SqlStore<D> {
    fn find(&self, id: KeyId) -> Answer<'_, Option<Arc<KeyRecord>>> {
        Answer::later(async move {
            let values = vec![id.as_str().into()];
            Ok(self.keys(&self.statements.keys.find, values).await?.pop())
        })
    }

    fn insert(&self, record: Arc<KeyRecord>) -> Answer<'_, bool> {
        Answer::later(async move {
            let sql = &self.statements.keys.insert;
            self.has_changed(sql, values(&record)).await
        })
    }

    fn revoke(&self, id: KeyId, at: u64) -> Answer<'_, bool> {
        Answer::later(async move {
            let values = vec![id.as_str().into(), at.into()];
            self.has_changed(&self.statements.keys.revoke, values).await
        })
    }

    fn retire(&self, id: KeyId, at: u64) -> Answer<'_, bool> {
        Answer::later(async move {
            let values = vec![id.as_str().into(), at.into()];
            self.has_changed(&self.statements.keys.retire, values).await
        })
    }

    /// The one operation that takes a transaction: two rows change.
    fn replace(&self, successor: Arc<KeyRecord>, ends_at: u64) -> Answer<'_, bool> {
        let Some(old) = successor.supersedes() else {
            return Answer::ready(false);
        };
        Answer::later(async move {
            let superseded = vec![
                old.as_str().into(),
                successor.id().as_str().into(),
                ends_at.into(),
                successor.created_at().into(),
            ];
            let statements = &self.statements.keys;
            self.both(
                (&statements.supersede, superseded),
                (&statements.insert, values(&successor)),
            )
            .await
        })
    }

    fn rehash(&self, id: KeyId, from: KeyHash, to: KeyHash) -> Answer<'_, bool> {
        Answer::later(async move {
            let values = vec![
                id.as_str().into(),
                from.as_bytes().as_slice().into(),
                u64::from(from.rule()).into(),
                to.as_bytes().as_slice().into(),
                u64::from(to.rule()).into(),
            ];
            self.has_changed(&self.statements.keys.rehash, values).await
        })
    }

    fn touch<'a>(&'a self, uses: &'a [(KeyId, u64)]) -> Answer<'a, ()> {
        if uses.is_empty() {
            return Answer::ready(());
        }
        Answer::later(async move {
            let values = vec![latest(uses).as_str().into()];
            let sql = &self.statements.keys.touch;
            self.run(sql, values, Effect::Writes).await?;
            Ok(())
        })
    }

    fn list<'a>(
        &'a self,
        owner: KeyOwner<'a>,
        after: Option<KeyId>,
    ) -> Answer<'a, Vec<Arc<KeyRecord>>> {
        Answer::later(async move {
            let values = vec![
                owner.subject().into(),
                owner.tenant().into(),
                after.as_ref().map_or("", KeyId::as_str).into(),
                (KEYS_A_PAGE as u64).into(),
            ];
            self.keys(&self.statements.keys.list, values).await
        })
    }
}

/// The latest use of each id, as a JSON object. Ids need no escape.
fn latest(uses: &[(KeyId, u64)]) -> String {
    let mut latest = BTreeMap::new();
    for (id, at) in uses {
        let known = latest.entry(id).or_insert(*at);
        *known = (*known).max(*at);
    }
    let mut object = String::from("{");
    for (place, (id, at)) in latest.into_iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        // What no database can hold is cut, as bound moments are.
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        let _ = write!(object, "{comma}\"{id}\":{at}");
    }
    object.push('}');
    object
}

/// The columns of a key, in the order of the table.
fn values(record: &KeyRecord) -> Vec<Value> {
    let allowance = record.allowance();
    vec![
        record.id().as_str().into(),
        record.hash().as_bytes().as_slice().into(),
        u64::from(record.hash().rule()).into(),
        record.owner().subject().into(),
        record.owner().tenant().into(),
        record.prefix().into(),
        record.label().into(),
        record.scopes().to_string().as_str().into(),
        record.networks().to_string().as_str().into(),
        allowance.map(|own| u64::from(own.units())).into(),
        allowance.map(|own| u64::from(own.seconds())).into(),
        record.created_at().into(),
        record.not_before().into(),
        record.expires_at().into(),
        record.revoked_at().into(),
        record.last_used_at().into(),
        record.supersedes().as_ref().map(KeyId::as_str).into(),
        record.replaced_by().as_ref().map(KeyId::as_str).into(),
    ]
}

/// What cannot be read is a fault: a restriction that was lost would open a door.
fn record(columns: &impl Columns) -> Result<KeyRecord, Fault> {
    let row = Row(columns);
    let id = |at: usize| -> Result<Option<KeyId>, Fault> {
        let text = row.optional_text(at)?;
        text.map(|text| KeyId::parse(&text).ok_or(Fault::Column(at)))
            .transpose()
    };
    let hash = KeyHash::made_by(row.small_number(2)?, row.bytes(1)?);
    let own = id(0)?.ok_or(Fault::Column(0))?;
    let networks = Networks::parse(&row.text(8)?).ok_or(Fault::Column(8))?;
    let expires_at = row.optional_number(13)?;
    let mut record = KeyRecord::new(own, hash, row.text(3)?, row.number(11)?, expires_at)
        .with_prefix(row.text(5)?)
        .with_scopes(row.scopes(7)?)
        .with_networks(networks);
    if let Some(tenant) = row.optional_text(4)? {
        record = record.with_tenant(tenant);
    }
    if let Some(label) = row.optional_text(6)? {
        record = record.with_label(label);
    }
    if row.optional_number(9)?.is_some() {
        let allowance = Allowance::new(row.small_number(9)?, row.small_number(10)?);
        record = record.with_allowance(allowance.map_err(|_| Fault::Column(9))?);
    }
    if let Some(start) = row.optional_number(12)? {
        record = record.with_not_before(start);
    }
    if let Some(at) = row.optional_number(14)? {
        record = record.with_revocation(at);
    }
    if let Some(at) = row.optional_number(15)? {
        record = record.with_last_use(at);
    }
    if let Some(old) = id(16)? {
        record = record.with_predecessor(old);
    }
    if let Some(new) = id(17)? {
        record = record.with_successor(new);
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_key_the_latest_use_is_written() {
        let id = |last| KeyId::parse(&format!("000000000000000{last}")).unwrap();
        let uses = [(id('b'), 3), (id('a'), 2), (id('a'), 7), (id('a'), 5)];
        let expected = r#"{"000000000000000a":7,"000000000000000b":3}"#;
        assert_eq!(latest(&uses), expected);
        let beyond = [(id('a'), u64::MAX)];
        assert_eq!(
            latest(&beyond),
            r#"{"000000000000000a":9223372036854775807}"#
        );
    }
}
