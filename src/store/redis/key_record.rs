//! An API key as the fields of a hash.

use super::fault::Fault;
use super::fields::{Fields, Written};
use crate::identity::{Allowance, Networks};
use crate::store::{KeyHash, KeyId, KeyRecord};

pub(super) fn written(record: &KeyRecord) -> Written {
    let owner = record.owner();
    Written::default()
        .bytes("hash", record.hash().as_bytes())
        .number("hash_rule", record.hash().rule())
        .text("subject", owner.subject())
        .optional(owner.tenant(), |all, tenant| all.text("tenant", tenant))
        .text("prefix", record.prefix())
        .optional(record.label(), |all, label| all.text("label", label))
        .text("scopes", &record.scopes().to_string())
        .text("networks", &record.networks().to_string())
        .optional(record.allowance(), |all, own| {
            all.number("allowance_units", own.units())
                .number("allowance_seconds", own.seconds())
        })
        .number("created_at", record.created_at())
        .optional(record.not_before(), |all, at| all.number("not_before", at))
        .optional(record.expires_at(), |all, at| all.number("expires_at", at))
        .optional(record.revoked_at(), |all, at| all.number("revoked_at", at))
        .optional(record.last_used_at(), |all, at| {
            all.number("last_used_at", at)
        })
        .optional(record.supersedes(), |all, id| {
            all.text("supersedes", id.as_str())
        })
        .optional(record.replaced_by(), |all, id| {
            all.text("replaced_by", id.as_str())
        })
}

/// What cannot be read is a fault: a restriction that was lost would open a door.
pub(super) fn read(id: KeyId, fields: &Fields) -> Result<KeyRecord, Fault> {
    let hash = KeyHash::made_by(fields.small_number("hash_rule")?, fields.bytes("hash")?);
    let networks = Networks::parse(fields.text("networks")?).ok_or(Fault::Field("networks"))?;
    let (owner, created_at) = (fields.text("subject")?, fields.number("created_at")?);
    let expires_at = fields.optional_number("expires_at")?;
    let mut record = KeyRecord::new(id, hash, owner, created_at, expires_at)
        .with_prefix(fields.text("prefix")?)
        .with_scopes(fields.scopes("scopes")?)
        .with_networks(networks);
    if let Some(tenant) = fields.optional_text("tenant")? {
        record = record.with_tenant(tenant);
    }
    if let Some(label) = fields.optional_text("label")? {
        record = record.with_label(label);
    }
    if fields.optional_number("allowance_units")?.is_some() {
        let units = fields.small_number("allowance_units")?;
        let allowance = Allowance::new(units, fields.small_number("allowance_seconds")?);
        let allowance = allowance.map_err(|_| Fault::Field("allowance_units"))?;
        record = record.with_allowance(allowance);
    }
    if let Some(start) = fields.optional_number("not_before")? {
        record = record.with_not_before(start);
    }
    if let Some(at) = fields.optional_number("revoked_at")? {
        record = record.with_revocation(at);
    }
    if let Some(at) = fields.optional_number("last_used_at")? {
        record = record.with_last_use(at);
    }
    if let Some(old) = key_id(fields, "supersedes")? {
        record = record.with_predecessor(old);
    }
    if let Some(new) = key_id(fields, "replaced_by")? {
        record = record.with_successor(new);
    }
    Ok(record)
}

/// The id in the field `name`, if there is one.
pub(super) fn key_id(fields: &Fields, name: &'static str) -> Result<Option<KeyId>, Fault> {
    let text = fields.optional_text(name)?;
    text.map(|text| KeyId::parse(text).ok_or(Fault::Field(name)))
        .transpose()
}
