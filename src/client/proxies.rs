//! The machines in front that are believed.

use std::fmt;

use crate::config::ConfigError;
use crate::identity::{ClientAddr, Network};

/// The proxies in front of this service, whose word on who they forward for is taken.
#[derive(Clone, Debug)]
pub struct Proxies(pub(super) Trust);

#[derive(Clone, Debug)]
pub(super) enum Trust {
    Networks(Box<[Network]>),
    Hops(usize),
}

const MOST_NETWORKS: usize = 256;
const MOST_HOPS: usize = super::chain::MOST_HOPS;

impl Proxies {
    /// The proxies in these networks (`10.0.0.0/8`, `2001:db8::/32`, or single addresses). Who
    /// connects from elsewhere is the client itself, whatever headers it sends.
    ///
    /// # Errors
    /// [`ConfigError`] if a name is no network ([`Network::parse`]), one holds every address, or
    /// there are none or more than 256.
    pub fn at<N: AsRef<str>>(networks: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        let mut known = Vec::new();
        for name in networks {
            let name = name.as_ref();
            let network = Network::named(name)?;
            if network.is_everything() {
                return Err(ConfigError::new(format!(
                    "{name} trusts everybody, so that every client names its own address: name \
                     the networks of your proxies, or say how many there are"
                )));
            }
            known.push(network);
        }
        if !(1..=MOST_NETWORKS).contains(&known.len()) {
            return Err(ConfigError::new(format!(
                "the proxies have to stand in 1 to {MOST_NETWORKS} networks"
            )));
        }
        Ok(Self(Trust::Networks(known.into())))
    }

    /// So many proxies, one behind the other, each of which adds the address of who connected to
    /// it. For platforms whose proxies have no fixed addresses: this service must not be reachable
    /// but through all of them, or clients choose their own address.
    ///
    /// # Errors
    /// [`ConfigError`] unless there are 1 to 64.
    pub fn hops(count: usize) -> Result<Self, ConfigError> {
        if !(1..=MOST_HOPS).contains(&count) {
            return Err(ConfigError::new(format!(
                "there cannot be {count} proxies: use 1 to {MOST_HOPS}"
            )));
        }
        Ok(Self(Trust::Hops(count)))
    }

    /// Whether `peer`, who is connected, is taken for a proxy.
    pub(super) fn believe(&self, peer: ClientAddr) -> bool {
        match &self.0 {
            Trust::Networks(networks) => networks.iter().any(|network| network.contains(peer)),
            Trust::Hops(_) => true,
        }
    }
}

impl fmt::Display for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Trust::Networks(networks) => write!(f, "proxies in {} networks", networks.len()),
            Trust::Hops(count) => write!(f, "{count} proxies"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_somewhere_and_not_everywhere() {
        for (networks, good) in [
            (&["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"][..], true),
            (&["::/1"], true),
            (&[], false),
            (&["0.0.0.0/0"], false),
            (&["::/0"], false),
            (&["::ffff:0:0/96"], false),
            (&["::ffff:0:0/97"], true),
            (&["10.0.0.1/8"], false),
            (&["proxy.example"], false),
        ] {
            assert_eq!(Proxies::at(networks).is_ok(), good, "{networks:?}");
        }
        let many = |count| Proxies::at((0..count).map(|n| format!("10.0.{n}.0/24")));
        assert!(many(MOST_NETWORKS).is_ok());
        assert!(Proxies::at(vec!["10.0.0.0/8"; MOST_NETWORKS + 1]).is_err());
        for (count, good) in [(0, false), (1, true), (64, true), (65, false)] {
            assert_eq!(Proxies::hops(count).is_ok(), good, "{count}");
        }
    }
}
