//! Networks from which a credential may be used.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::client::ClientAddr;
use crate::config::ConfigError;

/// An IPv4 or an IPv6 network: an address and the length of its prefix (RFC 4632, RFC 4291,
/// section 2.3). In its one canonical form: an IPv4 network that was written mapped into IPv6 is
/// that IPv4 network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// The network that `text` names: `203.0.113.0/24`, `2001:db8::/32`, or one address. Untrusted
    /// text is fine. An address with bits after the prefix is none, since it cannot be told
    /// whether the address or the prefix was meant.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(length(prefix)?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let whole = bits(address);
        let prefix = prefix.unwrap_or(whole);
        let network = match (address, address.to_canonical()) {
            // ::ffff:0:0/96 is all of IPv4; a shorter prefix reaches beyond it.
            (IpAddr::V6(_), IpAddr::V4(mapped)) => Self {
                address: mapped.into(),
                prefix: prefix.checked_sub(96)?,
            },
            (address, _) => Self { address, prefix },
        };
        (network.prefix <= bits(network.address)
            && network.masked(network.address) == address.to_canonical())
        .then_some(network)
    }

    /// The network that an author means by `name`.
    ///
    /// # Errors
    /// [`ConfigError`] if it names none ([`parse`](Self::parse)).
    pub(crate) fn named(name: &str) -> Result<Self, ConfigError> {
        Self::parse(name).ok_or_else(|| {
            ConfigError::new(format!(
                "{name:?} is no network: use one like 203.0.113.0/24 or 2001:db8::/32, with no \
                 bits after the prefix"
            ))
        })
    }

    /// Whether it is all of IPv4 or all of IPv6.
    pub(crate) fn is_everything(self) -> bool {
        self.prefix == 0
    }

    /// Whether `client` is in the network. No IPv4 client is in an IPv6 network, `::/0` included.
    #[must_use]
    pub fn contains(self, client: ClientAddr) -> bool {
        self.masked(client.ip()) == self.address
    }

    /// `address` without the bits after the prefix.
    fn masked(self, address: IpAddr) -> IpAddr {
        let rest = u32::from(bits(address).saturating_sub(self.prefix));
        match address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(rest).unwrap_or(0);
                Ipv4Addr::from_bits(v4.to_bits() & mask).into()
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(rest).unwrap_or(0);
                Ipv6Addr::from_bits(v6.to_bits() & mask).into()
            }
        }
    }
}

/// The text that [`parse`](Network::parse) reads.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The networks from which a credential may be used; by default all. A list that was given is
/// never empty, so that nothing which went wrong with it opens a door.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Box<[Network]>);

impl Networks {
    /// The most networks of one credential.
    pub const MAX: usize = 32;

    /// The networks of these names.
    ///
    /// # Errors
    /// [`ConfigError`] if one of them names no network ([`Network::parse`]), or there are none or
    /// more than [`MAX`](Self::MAX).
    pub fn of<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        let mut networks = Vec::new();
        for name in names {
            let network = Network::named(name.as_ref())?;
            if networks.len() == Self::MAX {
                return Err(ConfigError::new(format!(
                    "too many networks: use at most {}",
                    Self::MAX
                )));
            }
            networks.push(network);
        }
        if networks.is_empty() {
            return Err(ConfigError::new(
                "no networks were named: leave the restriction out if every network will do",
            ));
        }
        Ok(Self(networks.into()))
    }

    /// The networks as [`Display`](fmt::Display) writes them, parted by single spaces; none, for
    /// an empty text, is no restriction. None if the text is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        Self::of(text.split(' ')).ok()
    }

    /// Whether every network will do.
    #[must_use]
    pub fn are_all(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a credential may be used by `client`.
    #[must_use]
    pub fn admit(&self, client: ClientAddr) -> bool {
        self.are_all() || self.0.iter().any(|network| network.contains(client))
    }

    /// The networks, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = Network> {
        self.0.iter().copied()
    }
}

/// The networks, parted by spaces, for engines to store.
impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, network) in self.iter().enumerate() {
            let gap = if i > 0 { " " } else { "" };
            write!(f, "{gap}{network}")?;
        }
        Ok(())
    }
}

/// A length in decimal digits, without sign or leading zero.
fn length(text: &str) -> Option<u8> {
    let plain = text.bytes().all(|c| c.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok())?
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn client(text: &str) -> ClientAddr {
        ClientAddr::new(text.parse().unwrap())
    }

    #[test]
    fn a_network_holds_the_addresses_with_its_prefix() {
        for (network, address, inside) in [
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.0/24", "203.0.112.255", false),
            ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.0/24", "::ffff:203.0.113.7", true),
            ("203.0.113.7", "203.0.113.7", true),
            ("203.0.113.7", "203.0.113.6", false),
            ("203.0.113.6/31", "203.0.113.7", true),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "203.0.113.7", false),
            ("::ffff:203.0.113.0/120", "203.0.113.7", true),
            ("::ffff:0:0/96", "203.0.113.7", true),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("2001:db8::1", "2001:db8::1", true),
            ("2001:db8::1/128", "2001:db8::2", false),
        ] {
            let parsed = Network::parse(network).unwrap();
            assert_eq!(
                parsed.contains(client(address)),
                inside,
                "{network} {address}"
            );
        }
    }

    #[test]
    fn what_is_not_clear_is_no_network() {
        for text in [
            "",
            "/",
            "/8",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "10.0.0.0/8/8",
            "10.0.0.0/256",
            "10.0.0.1/8", // is it the address or the network?
            "10.0.0/8",
            "010.0.0.0/8",
            "10.0.0.0 /8",
            "2001:db8::/129",
            "2001:db8::1/64",
            "::ffff:10.0.0.0/95",
            "::ffff:10.0.0.1/104",
            "fe80::1%eth0/64",
            "[2001:db8::]/32",
            "example.com",
        ] {
            assert_eq!(Network::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_list_of_networks_is_bounded_and_never_empty() {
        let names = |count| (0..count).map(|n| format!("10.0.0.{n}"));
        assert!(Networks::of(names(Networks::MAX)).is_ok());
        assert!(Networks::of(names(Networks::MAX + 1)).is_err());
        assert!(Networks::of(names(0)).is_err());
        assert!(Networks::of(["10.0.0.0/8", "all"]).is_err());
        for text in [" ", "10.0.0.0/8 ", "10.0.0.0/8  ::/0", "10.0.0.0/8,::/0"] {
            assert_eq!(Networks::parse(text), None, "{text:?}");
        }
        let all = Networks::parse("").unwrap();
        assert!(all.are_all() && all.admit(client("::1")));
        let two = Networks::of(["10.0.0.0/8", "2001:db8::/32"]).unwrap();
        assert!(two.admit(client("10.1.2.3")) && two.admit(client("2001:db8::9")));
        assert!(!two.admit(client("11.1.2.3")) && !two.are_all());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic_and_every_network_reads_its_own_text(
            text in prop_oneof![".*", "[0-9a-f:.]{0,20}/[0-9]{0,3}", "([0-9]{1,3}[.]){3}[0-9]{1,3}/[0-9]{1,2}"],
        ) {
            if let Some(network) = Network::parse(&text) {
                prop_assert_eq!(Network::parse(&network.to_string()), Some(network));
                let networks = Networks::of([&text]).unwrap();
                prop_assert_eq!(Networks::parse(&networks.to_string()), Some(networks));
            }
        }

        #[test]
        fn a_network_is_all_addresses_that_share_its_first_bits(
            one: u128, other: u128, prefix in 0_u32..=128,
        ) {
            let keep = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
            let (one, other) = (Ipv6Addr::from_bits(one), Ipv6Addr::from_bits(other & !keep | one & keep));
            let base = Ipv6Addr::from_bits(one.to_bits() & keep);
            prop_assume!([one, other, base].iter().all(|address| address.to_ipv4_mapped().is_none()));
            let network = Network::parse(&format!("{base}/{prefix}")).unwrap();
            prop_assert!(network.contains(ClientAddr::new(one.into())));
            prop_assert!(network.contains(ClientAddr::new(other.into())));
            if prefix > 0 {
                let outside = Ipv6Addr::from_bits(other.to_bits() ^ 1 << (128 - prefix));
                prop_assert!(!network.contains(ClientAddr::new(outside.into())));
            }
        }
    }
}
