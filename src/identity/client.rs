//! The address that a request came from.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use http::Extensions;

use super::facts::Facts;

/// The address of the client, in its one canonical form: an IPv4 address that came mapped into
/// IPv6 (`::ffff:192.0.2.1`) is that IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddr(IpAddr);

impl ClientAddr {
    /// The client at `address`.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// The client of the request with these `extensions`: what a client guard left, or else the
    /// peer of the connection, which is known if the application is served with
    /// `into_make_service_with_connect_info::<SocketAddr>()`. No header is read.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<Self> {
        Facts::of(extensions)
            .and_then(|facts| facts.client)
            .or_else(|| Self::of_peer(extensions))
    }

    /// Whoever is connected, whether it is the client or a proxy.
    pub(crate) fn of_peer(extensions: &Extensions) -> Option<Self> {
        extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|ConnectInfo(peer)| Self::new(peer.ip()))
    }

    /// The address.
    #[must_use]
    pub fn ip(self) -> IpAddr {
        self.0
    }

    /// The network that one subscriber holds: the address itself for IPv4, its /64 for IPv6, since
    /// whoever has one IPv6 address has a /64 of them (RFC 6177).
    #[must_use]
    pub fn network(self) -> Self {
        match self.0 {
            IpAddr::V4(_) => self,
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
            }
        }
    }
}

impl fmt::Display for ClientAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> ClientAddr {
        ClientAddr::new(text.parse().unwrap())
    }

    #[test]
    fn one_client_has_one_address_and_one_network() {
        for (address, network) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ] {
            assert_eq!(at(address).network(), at(network), "{address}");
        }
    }

    #[test]
    fn the_peer_counts_unless_a_guard_knows_better() {
        let mut extensions = Extensions::new();
        assert_eq!(ClientAddr::of(&extensions), None);
        let peer: SocketAddr = "[::ffff:192.0.2.1]:4711".parse().unwrap();
        extensions.insert(ConnectInfo(peer));
        assert_eq!(ClientAddr::of(&extensions), Some(at("192.0.2.1")));
        Facts::entry(&mut extensions).client = Some(at("192.0.2.9"));
        assert_eq!(ClientAddr::of(&extensions), Some(at("192.0.2.9")));
    }
}
