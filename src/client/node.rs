//! One hop, as proxies write it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::field::{end_of_quoted, is_tchar};

/// The address of one hop, with or without a port: `192.0.2.1`, `192.0.2.1:47011`, `2001:db8::1`,
/// `[2001:db8::1]`, `[2001:db8::1]:47011`. Names, zones and whatever else there is are none.
pub(super) fn address(text: &[u8]) -> Option<IpAddr> {
    // The longest is an IPv6 address in brackets with a port.
    let text = str::from_utf8(text).ok().filter(|text| text.len() <= 64)?;
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    let bracketed = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address = match bracketed {
        Some(inner) => inner.parse::<Ipv6Addr>().ok()?.into(),
        None => match text.parse::<SocketAddr>().ok()? {
            // The standard library also reads the number of a zone.
            SocketAddr::V6(peer) if peer.scope_id() != 0 || text.contains('%') => return None,
            peer => peer.ip(),
        },
    };
    Some(address.to_canonical())
}

/// The node that an element of `Forwarded` names as `for`, unescaped into `room`
/// (RFC 7239, sections 4 and 6). None if the element is malformed or does not name exactly one.
pub(super) fn forwarded_for<'r>(element: &[u8], room: &'r mut [u8; 64]) -> Option<&'r [u8]> {
    let mut found = None;
    let mut rest = element;
    loop {
        let (name, after) = split_at_byte(rest, b'=')?;
        if name.is_empty() || !name.iter().all(|byte| is_tchar(*byte)) {
            return None;
        }
        let (value, after) = value(after)?;
        if name.eq_ignore_ascii_case(b"for") && found.replace(value).is_some() {
            return None;
        }
        match after {
            [] => break,
            [b';', more @ ..] => rest = more,
            _ => return None,
        }
    }
    unescaped(found?, room)
}

/// A value as it is written.
#[derive(Clone, Copy)]
enum Value<'v> {
    Token(&'v [u8]),
    Quoted(&'v [u8]),
}

fn value(text: &[u8]) -> Option<(Value<'_>, &[u8])> {
    if let [b'"', inner @ ..] = text {
        let end = end_of_quoted(inner)?;
        return Some((Value::Quoted(inner.get(..end)?), inner.get(end + 1..)?));
    }
    let end = text.iter().position(|byte| !is_tchar(*byte));
    let (value, rest) = text.split_at(end.unwrap_or(text.len()));
    (!value.is_empty()).then_some((Value::Token(value), rest))
}

fn unescaped<'r>(value: Value<'_>, room: &'r mut [u8; 64]) -> Option<&'r [u8]> {
    let (text, is_quoted) = match value {
        Value::Token(text) => (text, false),
        Value::Quoted(text) => (text, true),
    };
    let mut length = 0;
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        let byte = if is_quoted && byte == b'\\' {
            *bytes.next()?
        } else {
            byte
        };
        *room.get_mut(length)? = byte;
        length += 1;
    }
    let node = room.get(..length)?;
    // An IPv6 address stands in brackets, whatever the walk takes elsewhere (section 6).
    let is_bare_v6 = str::from_utf8(node).is_ok_and(|node| node.parse::<Ipv6Addr>().is_ok());
    (!is_bare_v6).then_some(node)
}

fn split_at_byte(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|own| *own == byte)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_hop_is_an_address_with_or_without_a_port() {
        for (text, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:47011", Some("192.0.2.1")),
            ("192.0.2.1:0", Some("192.0.2.1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:47011", Some("2001:db8::1")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("[::ffff:192.0.2.1]", Some("192.0.2.1")),
            ("[::ffff:c000:201]:1", Some("192.0.2.1")),
            ("", None),
            ("unknown", None),
            ("_hidden", None),
            ("192.0.2.1:", None),
            ("192.0.2.1:65536", None),
            ("192.0.2.1:-1", None),
            ("192.0.2.1:http", None),
            ("192.0.2", None),
            ("192.0.2.1.", None),
            ("192.0.2.256", None),
            ("0192.0.2.1", None),
            ("0x7f.0.0.1", None),
            ("2130706433", None),
            ("[192.0.2.1]", None),
            ("[2001:db8::1", None),
            ("2001:db8::1]", None),
            ("[2001:db8::1]47011", None),
            ("[]", None),
            ("[fe80::1%eth0]", None),
            ("fe80::1%1", None),
            ("[fe80::1%1]:80", None),
            ("[fe80::1%0]:80", None),
            (" 192.0.2.1", None),
            ("192.0.2.1\t", None),
            ("192.0.2.1 192.0.2.2", None),
            ("localhost", None),
            ("2001:db8:::1", None),
            ("1:2:3:4:5:6:7:8:9", None),
        ] {
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(address(text.as_bytes()), expected, "{text:?}");
        }
        assert_eq!(address(b"\xff"), None);
    }

    #[test]
    fn an_element_names_one_node() {
        for (element, expected) in [
            ("for=192.0.2.1", Some("192.0.2.1")),
            ("FOR=192.0.2.1", Some("192.0.2.1")),
            ("for=\"192.0.2.1:80\"", Some("192.0.2.1:80")),
            ("for=\"[2001:db8::1]\"", Some("[2001:db8::1]")),
            ("for=\"[2001:db8::1]:80\"", Some("[2001:db8::1]:80")),
            ("for=\"1\\92.0.2.1\"", Some("192.0.2.1")),
            ("by=a;for=192.0.2.1;proto=https", Some("192.0.2.1")),
            ("proto=\"a;for=b,c\";for=192.0.2.1", Some("192.0.2.1")),
            ("for=unknown", Some("unknown")),
            ("for=_secret", Some("_secret")),
            ("for=\"\"", Some("")),
            ("", None),
            ("192.0.2.1", None),
            ("proto=https", None),
            ("for=", None),
            ("for", None),
            ("=192.0.2.1", None),
            ("for =192.0.2.1", None),
            ("for= 192.0.2.1", None),
            ("for=192.0.2.1;", None),
            (";for=192.0.2.1", None),
            ("for=192.0.2.1;for=192.0.2.2", None),
            ("for=192.0.2.1:80", None), // a colon stands in quotes alone
            ("for=[2001:db8::1]", None),
            ("for=\"2001:db8::1\"", None), // without brackets
            ("for=\"192.0.2.1", None),
            ("for=\"192.0.2.1\\", None),
            ("for=\"192.0.2.1\"x", None),
            ("for=192.0.2.1 for=192.0.2.2", None),
        ] {
            let mut room = [0; 64];
            let found = forwarded_for(element.as_bytes(), &mut room);
            let found = found.map(|node| str::from_utf8(node).unwrap());
            assert_eq!(found, expected, "{element:?}");
        }
        let long = format!("for={}", "a".repeat(65));
        assert_eq!(forwarded_for(long.as_bytes(), &mut [0; 64]), None);
    }

    proptest! {
        #[test]
        fn every_address_is_read_in_each_of_its_spellings(bits: u128, v4: u32, port: u16) {
            let v6 = Ipv6Addr::from_bits(bits);
            let v4 = std::net::Ipv4Addr::from_bits(v4);
            let canonical = IpAddr::from(v6).to_canonical();
            for text in [format!("{v6}"), format!("[{v6}]"), format!("[{v6}]:{port}")] {
                prop_assert_eq!(address(text.as_bytes()), Some(canonical), "{}", text);
            }
            for text in [format!("{v4}"), format!("{v4}:{port}"), format!("::ffff:{v4}")] {
                prop_assert_eq!(address(text.as_bytes()), Some(v4.into()), "{}", text);
            }
            for node in [format!("[{v6}]:{port}"), format!("{v4}:{port}")] {
                let element = format!("proto=https;for=\"{node}\"");
                let mut room = [0; 64];
                prop_assert_eq!(forwarded_for(element.as_bytes(), &mut room), Some(node.as_bytes()));
            }
        }

        #[test]
        fn no_bytes_make_the_parsers_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = address(&bytes);
            let _ = forwarded_for(&bytes, &mut [0; 64]);
        }
    }
}
