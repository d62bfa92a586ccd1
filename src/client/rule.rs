//! Who the client is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::header::{FORWARDED, HeaderMap, HeaderName, HeaderValue};

use super::chain::{Chain, Grammar};
use super::node;
use super::proxies::{Proxies, Trust};
use crate::field::{Repeated, exactly_one};
use crate::identity::ClientAddr;

pub(super) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What tells who the client is, of which there is one.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Peer,
    Chain(Grammar, Proxies),
    /// A header with one address and nothing else.
    Single(HeaderName, Proxies),
}

/// Why it was found to be this client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// Whoever is connected is the client, as was said.
    Peer,
    /// Whoever is connected is none of the proxies.
    NotAProxy,
    /// The proxy told nothing.
    NoHeader,
    /// The header cannot be read, or is too long: no proxy writes it so, and the guard answers 400.
    Unreadable,
    /// A hop is no address: the last proxy before it counts as the client.
    UnreadableHop,
    /// The header names fewer hops than there are proxies.
    TooFewHops,
    /// All hops are proxies: the furthest counts as the client.
    AllProxies,
    /// The proxies named the client.
    Named,
}

impl Why {
    /// In a stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::NotAProxy => "not_a_proxy",
            Self::NoHeader => "no_header",
            Self::Unreadable => "unreadable",
            Self::UnreadableHop => "unreadable_hop",
            Self::TooFewHops => "too_few_hops",
            Self::AllProxies => "all_proxies",
            Self::Named => "named",
        }
    }
}

impl Source {
    /// The client on whose behalf `peer` is connected and sent `headers`; `see` is shown each hop
    /// that is looked at.
    pub(super) fn client(
        &self,
        peer: ClientAddr,
        headers: &HeaderMap,
        mut see: impl FnMut(&[u8], Option<ClientAddr>),
    ) -> (ClientAddr, Why) {
        match self {
            Self::Peer => (peer, Why::Peer),
            Self::Chain(_, proxies) | Self::Single(_, proxies) if !proxies.believe(peer) => {
                (peer, Why::NotAProxy)
            }
            Self::Single(name, _) => single(peer, headers, name, &mut see),
            Self::Chain(grammar, proxies) => {
                let lines = headers.get_all(grammar.header());
                let lines = lines.iter().map(HeaderValue::as_bytes);
                match Chain::read(lines, *grammar) {
                    None => (peer, Why::Unreadable),
                    Some(chain) if chain.is_empty() && !chain.is_cut() => (peer, Why::NoHeader),
                    Some(chain) => match &proxies.0 {
                        Trust::Hops(count) => counted(peer, &chain, *count, &mut see),
                        Trust::Networks(_) => walked(peer, &chain, proxies, &mut see),
                    },
                }
            }
        }
    }

    /// Whether the headers that it reads are there.
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        match self {
            Self::Peer => false,
            Self::Chain(grammar, _) => headers.contains_key(grammar.header()),
            Self::Single(name, _) => headers.contains_key(name),
        }
    }
}

impl Grammar {
    pub(super) fn header(self) -> HeaderName {
        match self {
            Self::List => X_FORWARDED_FOR,
            Self::Forwarded => FORWARDED,
        }
    }
}

type See<'s> = &'s mut dyn FnMut(&[u8], Option<ClientAddr>);

/// From the nearest hop on, as long as each is a proxy. What cannot be read is never passed over.
fn walked(
    peer: ClientAddr,
    chain: &Chain<'_>,
    proxies: &Proxies,
    see: See<'_>,
) -> (ClientAddr, Why) {
    let mut last = peer;
    for (written, address) in chain.hops_from_the_right() {
        let address = address.map(ClientAddr::new);
        see(written, address);
        match address {
            None => return (last, Why::UnreadableHop),
            Some(hop) if proxies.believe(hop) => last = hop,
            Some(hop) => return (hop, Why::Named),
        }
    }
    let why = if chain.is_cut() {
        Why::Unreadable
    } else {
        Why::AllProxies
    };
    (last, why)
}

/// The hop that the furthest of `count` proxies added.
fn counted(peer: ClientAddr, chain: &Chain<'_>, count: usize, see: See<'_>) -> (ClientAddr, Why) {
    let Some((written, address)) = chain.hops_from_the_right().nth(count.saturating_sub(1)) else {
        let why = if chain.is_cut() {
            Why::Unreadable
        } else {
            Why::TooFewHops
        };
        return (peer, why);
    };
    let address = address.map(ClientAddr::new);
    see(written, address);
    match address {
        Some(client) => (client, Why::Named),
        None => (peer, Why::UnreadableHop),
    }
}

fn single(
    peer: ClientAddr,
    headers: &HeaderMap,
    name: &HeaderName,
    see: See<'_>,
) -> (ClientAddr, Why) {
    match exactly_one(headers, name) {
        Ok(None) => (peer, Why::NoHeader),
        Ok(Some(line)) => {
            let written = line.as_bytes();
            let address = node::address(written).map(ClientAddr::new);
            see(written, address);
            address.map_or((peer, Why::UnreadableHop), |client| (client, Why::Named))
        }
        Err(Repeated) => (peer, Why::Unreadable),
    }
}

/// The IPv4 address within an IPv6 address that a translator made: NAT64 (`64:ff9b::/96`, RFC
/// 6052, section 2.1) and 6to4 (`2002::/16`, RFC 3056, section 2).
pub(super) fn embedded(client: ClientAddr) -> ClientAddr {
    let IpAddr::V6(address) = client.ip() else {
        return client;
    };
    let v4 = match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
        }
        _ => return client,
    };
    ClientAddr::new(v4.into())
}

/// Whether it is an address of no public network (RFC 1918, 4193, 4291, 6598), as clients from the
/// internet do not have.
pub(super) fn is_private(client: ClientAddr) -> bool {
    match client.ip() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || (a, b & 0xc0) == (100, 64)
        }
        IpAddr::V6(v6) => {
            v6 == Ipv6Addr::LOCALHOST || v6.is_unique_local() || v6.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests;
