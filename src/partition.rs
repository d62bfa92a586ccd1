//! Whose quota a request takes from.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::request::Parts;

use crate::identity::{Caller, ClientAddr, Credential, Facts, Principal};
use crate::store::{Key, KeyKind};

/// A key of the author's own.
type OwnKey = dyn for<'a> Fn(&'a Parts) -> Option<Key<'a>> + Send + Sync;

/// By what callers are told apart.
#[derive(Clone)]
pub(crate) enum By {
    Client,
    Principal,
    ApiKey,
    Own(Arc<OwnKey>),
}

impl By {
    /// The key of the request with this head.
    ///
    /// # Errors
    /// The reason, if the application is put together so that nobody can know.
    pub(crate) fn key<'a>(&self, head: &'a Parts) -> Result<Key<'a>, &'static str> {
        let caller = match self {
            Self::Client => return client(head),
            Self::Own(own) => return own(head).map_or_else(|| client(head), Ok),
            Self::Principal | Self::ApiKey => Facts::caller(&head.extensions),
        };
        match (caller, self) {
            (Caller::Known(caller), Self::ApiKey) => Ok(api_key(caller)),
            (Caller::Known(caller), _) => Ok(principal(caller)),
            (Caller::Anonymous, _) => client(head),
            (Caller::Unasked, _) => Err("rate_limit_without_authentication"),
        }
    }

    /// Whether a guard that runs before authentication can tell.
    pub(crate) fn is_known_early(&self) -> bool {
        match self {
            Self::Client | Self::Own(_) => true,
            Self::Principal | Self::ApiKey => false,
        }
    }

    /// In one word, for names and audits.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Principal => "principal",
            Self::ApiKey => "api-key",
            Self::Own(_) => "own",
        }
    }
}

impl fmt::Debug for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

fn client(head: &Parts) -> Result<Key<'_>, &'static str> {
    let address = ClientAddr::of(&head.extensions).ok_or("rate_limit_without_client_address")?;
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
fn principal(caller: &Principal) -> Key<'_> {
    Key::of_kind(KeyKind::Principal, caller.subject()).within(caller.issuer().unwrap_or_default())
}

/// A caller who came with another credential is known by name.
fn api_key(caller: &Principal) -> Key<'_> {
    match caller.credential() {
        Credential::ApiKey { id } => Key::of_kind(KeyKind::ApiKey, id.as_ref()),
        _ => principal(caller),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNASKED: Caller = Caller::Unasked;

    fn head(client: Option<&str>, caller: Caller) -> Parts {
        let (mut head, ()) = http::Request::new(()).into_parts();
        let facts = Facts::entry(&mut head.extensions);
        facts.client = client.map(|text| ClientAddr::new(text.parse().unwrap()));
        facts.caller = caller;
        head
    }

    fn alice() -> Principal {
        Principal::new("alice").with_issuer("https://a.example")
    }

    fn with_key() -> Caller {
        let id = "k1".into();
        Caller::Known(alice().with_credential(Credential::ApiKey { id }))
    }

    fn own(key: Option<&'static str>) -> By {
        By::Own(Arc::new(move |_| key.map(Key::from)))
    }

    #[test]
    fn each_way_to_tell_callers_apart_has_its_own_key() {
        let v4 = Some("192.0.2.1");
        let address = b"\xff\xff\xff\xff\xc0\0\x02\x01".as_slice();
        let issuer = b"https://a.example".as_slice();
        for (by, client, caller, kind, realm, value) in [
            (By::Client, v4, UNASKED, KeyKind::Client, &b""[..], address),
            (By::Client, v4, with_key(), KeyKind::Client, b"", address),
            (
                By::Principal,
                v4,
                with_key(),
                KeyKind::Principal,
                issuer,
                b"alice",
            ),
            (
                By::Principal,
                v4,
                Caller::Anonymous,
                KeyKind::Client,
                b"",
                address,
            ),
            (By::ApiKey, None, with_key(), KeyKind::ApiKey, b"", b"k1"),
            (
                By::ApiKey,
                None,
                Caller::Known(alice()),
                KeyKind::Principal,
                issuer,
                b"alice",
            ),
            (
                By::ApiKey,
                v4,
                Caller::Anonymous,
                KeyKind::Client,
                b"",
                address,
            ),
            (own(Some("t1")), None, UNASKED, KeyKind::Own, b"", b"t1"),
            (own(None), v4, UNASKED, KeyKind::Client, b"", address),
        ] {
            let head = head(client, caller);
            let expected = (kind, realm, value);
            assert_eq!(by.key(&head).unwrap().parts(), expected, "{by:?}");
        }
    }

    #[test]
    fn where_nobody_can_know_nobody_guesses() {
        let address = "rate_limit_without_client_address";
        let authentication = "rate_limit_without_authentication";
        let v4 = Some("192.0.2.1");
        for (by, client, caller, reason) in [
            (By::Client, None, with_key(), address),
            (By::Principal, v4, UNASKED, authentication),
            (By::Principal, None, Caller::Anonymous, address),
            (By::ApiKey, v4, UNASKED, authentication),
            (own(None), None, UNASKED, address),
        ] {
            let head = head(client, caller);
            assert_eq!(by.key(&head).unwrap_err(), reason, "{by:?}");
        }
    }

    #[test]
    fn a_whole_subscriber_network_is_one_client() {
        let key = |address| {
            let head = head(Some(address), UNASKED);
            By::Client.key(&head).unwrap().parts().2.to_vec()
        };
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }
}
