//! Families of refresh tokens, on a database.

use std::sync::Arc;

use super::dialect::{Columns, Dialect, Effect, Value};
use super::fault::Fault;
use super::row::Row;
use super::store::SqlStore;
use crate::store::{
    Answer, FAMILIES_A_PAGE, FAMILIES_A_PURGE, Family, FamilyId, FamilyOwner, RefreshFamilies,
    StoreError,
};

impl<D: Dialect> SqlStore<D> {
    /// How many rows a statement on families has changed.
    async fn changed(&self, sql: &Arc<str>, values: Vec<Value>) -> Result<u64, StoreError> {
        let rows = self.run(sql, values, Effect::Writes).await?;
        Ok(rows.len() as u64)
    }

    async fn families(
        &self,
        sql: &Arc<str>,
        values: Vec<Value>,
    ) -> Result<Vec<Arc<Family>>, StoreError> {
        let rows = self.run(sql, values, Effect::Reads).await?;
        rows.iter()
            .map(|row| family(row).map(Arc::new).map_err(Self::error))
            .collect()
    }
}

impl<D: Dialect> RefreshFamilies for SqlStore<D> {
    fn insert(&self, family: Arc<Family>) -> Answer<'_, bool> {
        Answer::later(async move {
            let sql = &self.statements.families.insert;
            Ok(self.changed(sql, values(&family)).await? > 0)
        })
    }

    fn find(&self, id: FamilyId) -> Answer<'_, Option<Arc<Family>>> {
        Answer::later(async move {
            let values = vec![id.as_bytes().as_slice().into()];
            let found = self.families(&self.statements.families.find, values).await;
            Ok(found?.pop())
        })
    }

    fn advance(&self, id: FamilyId, from: u32, now: u64, idle_ends_at: u64) -> Answer<'_, bool> {
        Answer::later(async move {
            let values = vec![
                id.as_bytes().as_slice().into(),
                u64::from(from).into(),
                now.into(),
                idle_ends_at.into(),
            ];
            let sql = &self.statements.families.advance;
            Ok(self.changed(sql, values).await? > 0)
        })
    }

    fn revoke(&self, id: FamilyId, at: u64) -> Answer<'_, bool> {
        Answer::later(async move {
            let values = vec![id.as_bytes().as_slice().into(), at.into()];
            let sql = &self.statements.families.revoke;
            Ok(self.changed(sql, values).await? > 0)
        })
    }

    fn revoke_owner<'a>(&'a self, owner: FamilyOwner<'a>, at: u64) -> Answer<'a, u64> {
        Answer::later(async move {
            let values = vec![owner.issuer().into(), owner.subject().into(), at.into()];
            let sql = &self.statements.families.revoke_owner;
            self.changed(sql, values).await
        })
    }

    fn list<'a>(
        &'a self,
        owner: FamilyOwner<'a>,
        after: Option<FamilyId>,
    ) -> Answer<'a, Vec<Arc<Family>>> {
        Answer::later(async move {
            // No bytes come before all bytes.
            let after = after.as_ref().map_or(&[][..], |id| id.as_bytes());
            let values = vec![
                owner.issuer().into(),
                owner.subject().into(),
                after.into(),
                (FAMILIES_A_PAGE as u64).into(),
            ];
            self.families(&self.statements.families.list, values).await
        })
    }

    fn purge(&self, before: u64) -> Answer<'_, u64> {
        Answer::later(async move {
            let values = vec![before.into(), (FAMILIES_A_PURGE as u64).into()];
            let sql = &self.statements.families.purge;
            self.changed(sql, values).await
        })
    }
}

/// The columns of a family, in the order of the table.
fn values(family: &Family) -> Vec<Value> {
    let end = family.idle_ends_at().min(family.ends_at());
    let dead_at = family.revoked_at().map_or(end, |at| at.min(end));
    vec![
        family.id().as_bytes().as_slice().into(),
        family.salt().as_slice().into(),
        family.owner().issuer().into(),
        family.owner().subject().into(),
        family.client().into(),
        family.scopes().to_string().as_str().into(),
        Value::Bytes(family.bound_key().map(|key| key.to_vec())),
        family.details().into(),
        u64::from(family.generation()).into(),
        family.created_at().into(),
        family.rotated_at().into(),
        family.idle_ends_at().into(),
        family.ends_at().into(),
        family.revoked_at().into(),
        dead_at.into(),
    ]
}

fn family(columns: &impl Columns) -> Result<Family, Fault> {
    let row = Row(columns);
    let (issuer, subject) = (row.text(2)?, row.text(3)?);
    let owner = FamilyOwner::new(&issuer, &subject);
    let id = FamilyId::from(row.bytes(0)?);
    let mut family = Family::new(id, row.bytes(1)?, owner, row.text(4)?, row.number(9)?)
        .with_scopes(row.scopes(5)?)
        .with_details(row.text(7)?)
        .with_rotation(row.small_number(8)?, row.number(10)?, row.number(11)?)
        .with_ends(row.number(11)?, row.number(12)?);
    if let Some(key) = row.optional_bytes(6)? {
        family = family.with_bound_key(key);
    }
    if let Some(at) = row.optional_number(13)? {
        family = family.with_revocation(at);
    }
    Ok(family)
}
