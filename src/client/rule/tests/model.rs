//! Who the client is, found out slowly: all is copied, nothing is clever. The fuzz target holds the
//! guard to it as well.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The client of a request from `peer` whose header has these `lines`, as written in `Forwarded` or
/// else in `X-Forwarded-For`, behind proxies for which `is_proxy` holds.
pub(super) fn client(
    peer: IpAddr,
    lines: &[Vec<u8>],
    is_forwarded: bool,
    is_proxy: impl Fn(IpAddr) -> bool,
) -> IpAddr {
    let peer = peer.to_canonical();
    let is_long = lines.iter().map(Vec::len).sum::<usize>() > 4096;
    if !is_proxy(peer) || is_forwarded && is_long {
        return peer;
    }
    let mut hops = Vec::new();
    for line in lines {
        let Some(parts) = split(line, b',', is_forwarded) else {
            return peer;
        };
        hops.extend(parts);
    }
    if !is_forwarded {
        // The nearest that, with a comma each, fit into the room.
        let mut room = 4097;
        let fits = |hop: &&Vec<u8>| {
            let left = usize::checked_sub(room, hop.len() + 1);
            room = left.unwrap_or(0);
            left.is_some()
        };
        let near = hops.iter().rev().take_while(fits).count();
        hops.drain(..hops.len() - near);
    }
    let mut hops: Vec<_> = hops.iter().map(|hop| hop.trim_ascii().to_vec()).collect();
    hops.retain(|hop| !hop.is_empty());
    if hops.len() > 64 {
        if is_forwarded {
            return peer;
        }
        hops.drain(..hops.len() - 64);
    }
    let mut client = peer;
    while let Some(hop) = hops.pop() {
        let node = if is_forwarded { named(&hop) } else { Some(hop) };
        let Some(address) = node.and_then(|node| address(&node)) else {
            break;
        };
        client = address;
        if !is_proxy(address) {
            break;
        }
    }
    client
}

/// The parts of `text` between those `mark`s that stand in no quotes; none if a quote is left open.
fn split(text: &[u8], mark: u8, has_quotes: bool) -> Option<Vec<Vec<u8>>> {
    let (mut parts, mut part) = (Vec::new(), Vec::new());
    let (mut is_quoted, mut is_escaped) = (false, false);
    for &byte in text {
        if is_escaped {
            is_escaped = false;
        } else if is_quoted {
            is_escaped = byte == b'\\';
            is_quoted = byte != b'"';
        } else if byte == mark {
            parts.push(std::mem::take(&mut part));
            continue;
        } else {
            is_quoted = has_quotes && byte == b'"';
        }
        part.push(byte);
    }
    parts.push(part);
    (!is_quoted).then_some(parts)
}

/// What the one `for` of an element says, all of whose pairs are well formed.
fn named(element: &[u8]) -> Option<Vec<u8>> {
    let mut nodes = Vec::new();
    for pair in split(element, b';', true)? {
        let end = pair.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (pair[..end].to_vec(), pair[end + 1..].to_vec());
        let value = if value.first() == Some(&b'"') {
            unquoted(&value)?
        } else {
            is_token(&value).then_some(value)?
        };
        if !is_token(&name) {
            return None;
        }
        if name.eq_ignore_ascii_case(b"for") {
            nodes.push(value);
        }
    }
    let node = nodes.pop().filter(|_| nodes.is_empty())?;
    let is_bare_v6 = node.first() != Some(&b'[') && node.split(|byte| *byte == b':').count() > 2;
    (!is_bare_v6).then_some(node)
}

fn unquoted(value: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let mut bytes = value.iter().skip(1);
    loop {
        match bytes.next()? {
            b'"' => return bytes.next().is_none().then_some(plain),
            b'\\' => plain.push(*bytes.next()?),
            byte => plain.push(*byte),
        }
    }
}

fn is_token(text: &[u8]) -> bool {
    let is_mark = |byte: &u8| b"!#$%&'*+-.^_`|~".contains(byte);
    let good = |byte: &u8| byte.is_ascii_alphanumeric() || is_mark(byte);
    !text.is_empty() && text.iter().all(good)
}

fn address(node: &[u8]) -> Option<IpAddr> {
    let text = String::from_utf8(node.to_vec()).ok()?;
    if text.len() > 64 {
        return None;
    }
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest.split_once(']')?;
        (host.parse::<Ipv6Addr>().ok()?.into(), port)
    } else if text.matches(':').count() == 1 {
        let (host, _) = text.split_once(':')?;
        (host.parse::<Ipv4Addr>().ok()?.into(), &text[host.len()..])
    } else {
        (text.parse::<IpAddr>().ok()?, "")
    };
    if !port.is_empty() {
        let digits = port.strip_prefix(':')?;
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let value = digits.trim_start_matches('0');
        if !is_number || value.len() > 5 || !value.is_empty() && value.parse::<u32>().ok()? > 65535
        {
            return None;
        }
    }
    Some(host.to_canonical())
}
