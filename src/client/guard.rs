//! The guard that says who the client is.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::header::{HeaderMap, HeaderName};
use http::request::Parts;
use tower_layer::Layer;

use super::chain::Grammar;
use super::explanation::Explanation;
use super::proxies::Proxies;
use super::rule::{self, Source, Why};
use super::self_test::{SelfTest, Watch};
use crate::guard::{Demand, Guard, GuardService, Pass, Place, Stop};
use crate::identity::{ClientAddr, Facts};
use crate::problem::{Kind, Problem};

/// Finds out the address of the client, for whatever stands further in: limits per client, keys that
/// are good from some networks only, events.
///
/// A handle: clones share their [`self_test`](Self::self_test).
#[derive(Clone)]
pub struct ClientAddress {
    source: Source,
    is_embedded: bool,
    is_proxy_instead: bool,
    watch: Arc<Watch>,
}

impl ClientAddress {
    /// Whoever is connected is the client; no header is believed.
    #[must_use]
    pub fn of_peer() -> Self {
        Self::from(Source::Peer)
    }

    /// The client is who `proxies` name in `X-Forwarded-For`.
    #[must_use]
    pub fn in_x_forwarded_for(proxies: Proxies) -> Self {
        Self::from(Source::Chain(Grammar::List, proxies))
    }

    /// The client is who `proxies` name in `Forwarded` (RFC 7239). Hidden and unknown hops
    /// (section 6) are no addresses: the last proxy before them counts.
    #[must_use]
    pub fn in_forwarded(proxies: Proxies) -> Self {
        Self::from(Source::Chain(Grammar::Forwarded, proxies))
    }

    /// The client is whose one address `proxies` write into the header `name`, such as
    /// `CF-Connecting-IP`. See to it that they set it on every request, or else delete it: what a
    /// client sends must not come through.
    #[must_use]
    pub fn in_header(name: HeaderName, proxies: Proxies) -> Self {
        Self::from(Source::Single(name, proxies))
    }

    /// Takes clients whose address was translated (NAT64, RFC 6052; 6to4, RFC 3056) for the IPv4
    /// address within (default: for the IPv6 address, so that all behind one translator may be
    /// one client).
    #[must_use]
    pub fn with_embedded_ipv4(mut self) -> Self {
        self.is_embedded = true;
        self
    }

    /// Takes the last proxy that is known for the client where its header cannot be read at all
    /// ([`Why::Unreadable`]), instead of answering 400. Then whoever sends
    /// half a header through the proxy is known as the proxy: free of limits on their own address, in
    /// what the proxy's may do, and able to use that up for all others.
    #[must_use]
    pub fn dangerous_with_proxy_for_unreadable(mut self) -> Self {
        self.is_proxy_instead = true;
        self
    }

    /// Which client a request from `peer` with `headers` is of, and why: for tests of a setup.
    ///
    /// ```
    /// use http::HeaderMap;
    /// use portcullis::client::{ClientAddress, Proxies, Why};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = ClientAddress::in_x_forwarded_for(Proxies::at(["10.0.0.0/8"])?);
    /// let mut headers = HeaderMap::new();
    /// headers.insert("x-forwarded-for", "6.6.6.6, 203.0.113.9, 10.0.0.2".parse()?);
    /// let explanation = client.explain("10.0.0.1".parse()?, &headers);
    /// assert_eq!(explanation.client().to_string(), "203.0.113.9");
    /// assert_eq!(explanation.why(), Why::Named);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn explain(&self, peer: IpAddr, headers: &HeaderMap) -> Explanation {
        let peer = ClientAddr::new(peer);
        let mut hops = Vec::new();
        let see =
            |written: &[u8], address| hops.push((written.escape_ascii().to_string(), address));
        let (client, why) = self.source.client(peer, headers, see);
        Explanation::new(peer, hops, self.known_as(client), why)
    }

    /// What the first 10 000 requests say of the setup. What looks wrong is also written to the log
    /// (`tracing`, at `WARN`, target `portcullis`), after 100, 1 000 and 10 000 requests.
    #[must_use]
    pub fn self_test(&self) -> SelfTest {
        self.watch.report(&self.source)
    }

    fn known_as(&self, client: ClientAddr) -> ClientAddr {
        if self.is_embedded {
            rule::embedded(client)
        } else {
            client
        }
    }

    fn decide(&self, head: &mut Parts) -> Result<Pass, Stop> {
        let peer = ClientAddr::of_peer(&head.extensions).ok_or_else(|| {
            Problem::new(Kind::Misconfigured).because("client_address_without_peer")
        })?;
        let (client, why) = self.source.client(peer, &head.headers, |_, _| {});
        let client = self.known_as(client);
        if self.watch.is_on() {
            self.watch.note(&self.source, &head.headers, client, why);
        }
        if why == Why::Unreadable && !self.is_proxy_instead {
            return Err(Problem::new(Kind::InvalidRequest)
                .because("client_address_unreadable")
                .into());
        }
        Facts::entry(&mut head.extensions).client = Some(client);
        Ok(Pass::default())
    }
}

impl From<Source> for ClientAddress {
    fn from(source: Source) -> Self {
        Self {
            source,
            is_embedded: false,
            is_proxy_instead: false,
            watch: Arc::default(),
        }
    }
}

impl Guard for ClientAddress {
    const PLACE: Place = Place::Client;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        self.decide(head)
    }

    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        Some(self.decide(head))
    }

    fn describe(&self) -> Demand {
        Demand::Nothing
    }
}

impl<S> Layer<S> for ClientAddress {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}

impl fmt::Debug for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientAddress")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}
