//! Whose failures are counted: digests of accounts and networks.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use crate::identity::ClientAddr;

/// What is counted under: it has a fixed size, however long the name of the account is.
pub(super) type Counted = [u8; 32];

/// The keys of one attempt.
#[derive(Clone, Copy)]
pub(super) struct Keys {
    pub(super) account: Counted,
    pub(super) network: Counted,
    pub(super) pair: Counted,
}

impl Keys {
    /// The keys of an attempt at `account` from the network of `client`.
    pub(super) fn of(account: &str, client: ClientAddr) -> Self {
        let account: Counted = Sha256::digest(account).into();
        let network = network(client);
        let mut pair = Sha256::new();
        pair.update(account);
        pair.update(network);
        Self {
            account,
            network,
            pair: pair.finalize().into(),
        }
    }
}

/// The network of `client`.
pub(super) fn network(client: ClientAddr) -> Counted {
    match client.network().ip() {
        IpAddr::V4(address) => Sha256::digest(address.octets()),
        IpAddr::V6(address) => Sha256::digest(address.octets()),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(account: &str, address: &str) -> Keys {
        Keys::of(account, ClientAddr::new(address.parse().unwrap()))
    }

    #[test]
    fn a_subscriber_is_one_network_and_each_account_its_own() {
        let (one, other) = (keys("a", "2001:db8::1"), keys("a", "2001:db8::2"));
        assert_eq!((one.pair, one.network), (other.pair, other.network));
        let all = [
            ("a", "192.0.2.1"),
            ("a", "192.0.2.2"),
            ("b", "192.0.2.1"),
            ("", "192.0.2.1"),
            ("a", "2001:db8::1"),
            ("a", "2001:db8:0:1::1"),
        ];
        let mut pairs: Vec<_> = all.map(|(name, from)| keys(name, from).pair).into();
        pairs.sort_unstable();
        pairs.dedup();
        assert_eq!(pairs.len(), all.len());
    }
}
