//! A family of refresh tokens as the fields of a hash.

use super::fault::Fault;
use super::fields::{Fields, Written};
use crate::store::{Family, FamilyId, FamilyOwner};

pub(super) fn written(family: &Family) -> Written {
    Written::default()
        .bytes("salt", family.salt())
        .text("issuer", family.owner().issuer())
        .text("subject", family.owner().subject())
        .text("client", family.client())
        .text("scopes", &family.scopes().to_string())
        .optional(family.bound_key(), |all, key| all.bytes("bound_key", key))
        .text("details", family.details())
        .number("generation", family.generation())
        .number("created_at", family.created_at())
        .number("rotated_at", family.rotated_at())
        .number("idle_ends_at", family.idle_ends_at())
        .number("ends_at", family.ends_at())
        .optional(family.revoked_at(), |all, at| all.number("revoked_at", at))
}

pub(super) fn read(id: FamilyId, fields: &Fields) -> Result<Family, Fault> {
    let owner = FamilyOwner::new(fields.text("issuer")?, fields.text("subject")?);
    let (client, created_at) = (fields.text("client")?, fields.number("created_at")?);
    let idle_ends_at = fields.number("idle_ends_at")?;
    let generation = fields.small_number("generation")?;
    let mut family = Family::new(id, fields.bytes("salt")?, owner, client, created_at)
        .with_scopes(fields.scopes("scopes")?)
        .with_details(fields.text("details")?)
        .with_rotation(generation, fields.number("rotated_at")?, idle_ends_at)
        .with_ends(idle_ends_at, fields.number("ends_at")?);
    if let Some(key) = fields.optional_bytes("bound_key")? {
        family = family.with_bound_key(key);
    }
    if let Some(at) = fields.optional_number("revoked_at")? {
        family = family.with_revocation(at);
    }
    Ok(family)
}
