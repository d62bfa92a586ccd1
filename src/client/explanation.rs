//! Why a client was found to be that client.

use std::fmt;

use super::rule::Why;
use crate::identity::ClientAddr;

/// The way from who is connected to the client; made by
/// [`ClientAddress::explain`](super::ClientAddress::explain). Its `Display` is for people.
#[derive(Clone, Debug)]
pub struct Explanation {
    peer: ClientAddr,
    hops: Vec<(String, Option<ClientAddr>)>,
    client: ClientAddr,
    why: Why,
}

impl Explanation {
    pub(super) fn new(
        peer: ClientAddr,
        hops: Vec<(String, Option<ClientAddr>)>,
        client: ClientAddr,
        why: Why,
    ) -> Self {
        Self {
            peer,
            hops,
            client,
            why,
        }
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> ClientAddr {
        self.client
    }

    /// Why it is that one.
    #[must_use]
    pub fn why(&self) -> Why {
        self.why
    }

    /// The hops that were looked at, the nearest first: as written, and as an address if it is one.
    pub fn hops(&self) -> impl Iterator<Item = (&str, Option<ClientAddr>)> {
        self.hops
            .iter()
            .map(|(written, address)| (written.as_str(), *address))
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connected: {}", self.peer)?;
        for (written, address) in self.hops() {
            match address {
                Some(address) => write!(f, "; forwarded for {address}")?,
                None => write!(f, "; forwarded for {written:?}, which is no address")?,
            }
        }
        write!(f, "; the client is {} ({})", self.client, self.why.word())
    }
}
