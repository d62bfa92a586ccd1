//! The keys of clients and callers.

use std::net::IpAddr;

use http::request::Parts;

use super::by::Unknown;
use crate::identity::{ClientAddr, Credential, Principal};
use crate::store::{Key, KeyKind};

pub(super) fn client(head: &Parts) -> Result<Key<'_>, Unknown> {
    let address = ClientAddr::of(&head.extensions).ok_or(Unknown::ClientAddress)?;
    // One word for both families: no client has an address that begins with ffff:ffff, since those
    // are multicast (RFC 4291, section 2.7).
    let network = match address.network().ip() {
        IpAddr::V4(address) => 0xffff_ffff << 32 | u64::from(address.to_bits()),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments().map(u64::from);
            a << 48 | b << 32 | c << 16 | d
        }
    };
    Ok(Key::of_kind(KeyKind::Client, network))
}

/// A subject is unique only within its issuer.
pub(super) fn principal(caller: &Principal) -> Key<'_> {
    Key::of_kind(KeyKind::Principal, caller.subject()).within(caller.issuer().unwrap_or_default())
}

/// A caller who came with another credential is known by name.
pub(super) fn api_key(caller: &Principal) -> Key<'_> {
    match caller.credential() {
        Credential::ApiKey { id } => Key::of_kind(KeyKind::ApiKey, id.as_ref()),
        _ => principal(caller),
    }
}

/// A tenant is unique only within the issuer of those who belong to it.
pub(super) fn tenant(caller: &Principal) -> Key<'_> {
    match caller.tenant() {
        Some(tenant) => {
            Key::of_kind(KeyKind::Tenant, tenant).within(caller.issuer().unwrap_or_default())
        }
        None => principal(caller),
    }
}

pub(super) fn network(head: &Parts, length: u8) -> Result<Option<Key<'_>>, Unknown> {
    let address = ClientAddr::of(&head.extensions).ok_or(Unknown::ClientAddress)?;
    let IpAddr::V6(address) = address.ip() else {
        return Ok(None);
    };
    let bits = address.to_bits() >> 64;
    let bits = u64::try_from(bits).unwrap_or_default();
    let rest = 64_u32.saturating_sub(length.into());
    let prefix = bits & u64::MAX.checked_shl(rest).unwrap_or(0);
    Ok(Some(Key::of_kind(KeyKind::Client, prefix)))
}
