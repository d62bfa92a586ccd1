//! Tables on whose quota it is.

use http::HeaderName;
use http::request::Parts;

use super::{By, Unknown};
use crate::identity::{Caller, ClientAddr, Credential, Facts, Principal};
use crate::store::{Key, KeyKind};

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
    By::key(move |_| key.map(Key::from))
}

#[test]
fn each_way_to_tell_callers_apart_has_its_own_key() {
    let v4 = Some("192.0.2.1");
    let address = b"\xff\xff\xff\xff\xc0\0\x02\x01".as_slice();
    let issuer = b"https://a.example".as_slice();
    for (by, client, caller, kind, realm, value) in [
        (
            By::client(),
            v4,
            UNASKED,
            KeyKind::Client,
            &b""[..],
            address,
        ),
        (By::client(), v4, with_key(), KeyKind::Client, b"", address),
        (
            By::principal(),
            v4,
            with_key(),
            KeyKind::Principal,
            issuer,
            b"alice",
        ),
        (
            By::principal(),
            v4,
            Caller::Anonymous,
            KeyKind::Client,
            b"",
            address,
        ),
        (By::api_key(), None, with_key(), KeyKind::ApiKey, b"", b"k1"),
        (
            By::api_key(),
            None,
            Caller::Known(alice()),
            KeyKind::Principal,
            issuer,
            b"alice",
        ),
        (
            By::api_key(),
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
        assert_eq!(by.find(&head).unwrap().unwrap().parts(), expected, "{by:?}");
    }
}

#[test]
fn where_nobody_can_know_nobody_guesses() {
    let (address, caller) = (Unknown::ClientAddress, Unknown::Caller);
    let v4 = Some("192.0.2.1");
    for (by, client, who, reason) in [
        (By::client(), None, with_key(), address),
        (By::principal(), v4, UNASKED, caller),
        (By::principal(), None, Caller::Anonymous, address),
        (By::api_key(), v4, UNASKED, caller),
        (own(None), None, UNASKED, address),
    ] {
        let head = head(client, who);
        assert_eq!(by.find(&head).unwrap_err(), reason, "{by:?}");
    }
}

#[test]
fn a_whole_subscriber_network_is_one_client() {
    let key = |address| {
        let head = head(Some(address), UNASKED);
        By::client()
            .find(&head)
            .unwrap()
            .unwrap()
            .parts()
            .2
            .to_vec()
    };
    assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::"));
    assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
    assert_eq!(key("192.0.2.1"), key("::ffff:192.0.2.1"));
    assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
}

#[test]
fn a_tenant_is_counted_within_its_issuer_and_who_has_none_by_name() {
    let find = |caller| {
        let head = head(None, Caller::Known(caller));
        let key = By::tenant().find(&head).unwrap().unwrap();
        let (kind, realm, value) = key.parts();
        (kind, realm.to_vec(), value.to_vec())
    };
    let issuer = b"https://a.example".to_vec();
    assert_eq!(
        find(alice().with_tenant("t")),
        (KeyKind::Tenant, issuer.clone(), b"t".to_vec())
    );
    assert_eq!(
        find(alice()),
        (KeyKind::Principal, issuer, b"alice".to_vec())
    );
}

#[test]
fn a_header_counts_only_if_there_is_exactly_one() {
    let by = By::dangerous_header(HeaderName::from_static("x-tenant"));
    for (lines, kind) in [
        (&[][..], KeyKind::Client),
        (&["t"], KeyKind::Header),
        (&["t", "t"], KeyKind::Client),
    ] {
        let mut head = head(Some("192.0.2.1"), UNASKED);
        for line in lines {
            head.headers.append("x-tenant", line.parse().unwrap());
        }
        assert_eq!(by.find(&head).unwrap().unwrap().parts().0, kind);
    }
}

#[test]
fn networks_are_those_of_ipv6_alone_and_as_wide_as_asked_for() {
    let same = |one, other, length| {
        let [one, other] = [one, other].map(|address| {
            let head = head(Some(address), UNASKED);
            let key = By::network(length).find(&head).unwrap();
            key.map(|key| key.parts().2.to_vec())
        });
        assert_eq!(one.is_some(), other.is_some());
        one.is_some() && one == other
    };
    for (other, length, expected) in [
        ("2001:db8:1:2ff::1", 56, true),
        ("2001:db8:1:3ff::1", 56, false),
        ("2001:db8:1:ffff::1", 48, true),
        ("2001:db8:2:200::1", 48, false),
        ("2001:db8:1:200:ffff::", 64, true),
        ("2001:db8:1:201::", 64, false),
    ] {
        assert_eq!(same("2001:db8:1:200::", other, length), expected, "{other}");
    }
    assert!(!same("192.0.2.1", "::ffff:192.0.2.1", 48));
}

#[test]
fn a_combination_is_known_if_each_part_is() {
    let both = By::client().and(By::principal()).and(By::route());
    assert_eq!(both.to_string(), "client and principal and route");
    assert!(!both.is_known_early() && By::client().and(By::route()).is_known_early());
    let key = |client, caller| {
        let head = head(client, caller);
        let found = both.find(&head);
        found.map(|key| key.unwrap().parts().2.to_vec())
    };
    let known = || Caller::Known(alice());
    let here = key(Some("192.0.2.1"), known()).unwrap();
    assert_eq!(key(Some("192.0.2.1"), known()).unwrap(), here);
    assert_ne!(key(Some("192.0.2.2"), known()).unwrap(), here);
    assert!(key(None, known()).is_err() && key(Some("192.0.2.1"), UNASKED).is_err());
}
