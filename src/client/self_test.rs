//! Whether the setup looks right, judged by the first requests.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use http::header::{FORWARDED, HeaderMap};

use super::rule::{Source, Why, X_FORWARDED_FOR, is_private};
use crate::identity::ClientAddr;

/// After so many requests something can be said.
const ENOUGH: u32 = 100;
/// So many requests are looked at.
const MOST: u32 = 10_000;

/// What the first requests say of a setup; made by
/// [`ClientAddress::self_test`](super::ClientAddress::self_test).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SelfTest {
    /// How many requests were looked at.
    pub requests: u32,
    /// What looks wrong; nothing is said before there were 100 requests.
    pub suspicions: Vec<Suspicion>,
}

/// Something about a setup that looks wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Suspicion {
    /// Most requests bear a header for clients' addresses, and none is read: there seems to be a
    /// proxy in front, for which all clients are taken.
    HeaderIgnored,
    /// Nobody who connected is one of the proxies: their networks seem to be others.
    NoProxySeen,
    /// Most of what the proxies forward bears no header: they seem to write another one, or none.
    HeaderMissing,
    /// Most headers cannot be read.
    HeaderUnreadable,
    /// All clients have one address: there seems to be a proxy that is not known to be one.
    OneClient,
    /// All clients have private addresses, as is so behind a proxy that is not known to be one.
    PrivateClients,
}

impl Suspicion {
    const ALL: [Self; 6] = [
        Self::HeaderIgnored,
        Self::NoProxySeen,
        Self::HeaderMissing,
        Self::HeaderUnreadable,
        Self::OneClient,
        Self::PrivateClients,
    ];

    /// In one sentence, with what to do.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::HeaderIgnored => {
                "requests bear a forwarding header that is not read: name the proxies in front"
            }
            Self::NoProxySeen => {
                "nobody who connects is one of the proxies that were named: look at their networks"
            }
            Self::HeaderMissing => {
                "the proxies do not send the header that is read: look at which one they write"
            }
            Self::HeaderUnreadable => "the header that the proxies send cannot be read",
            Self::OneClient => "all requests are of one client: if that is a proxy, name it as one",
            Self::PrivateClients => {
                "all clients have private addresses: if they are proxies, name them as such"
            }
        }
    }
}

/// Counts of the first requests. Of addresses only a keyed hash is kept, of one of them.
#[derive(Debug, Default)]
pub(super) struct Watch {
    requests: AtomicU32,
    not_proxies: AtomicU32,
    no_headers: AtomicU32,
    unreadable: AtomicU32,
    ignored: AtomicU32,
    private: AtomicU32,
    like_the_first: AtomicU32,
    first: OnceLock<u64>,
    key: RandomState,
}

impl Watch {
    pub(super) fn is_on(&self) -> bool {
        self.requests.load(Relaxed) < MOST
    }

    pub(super) fn note(&self, source: &Source, headers: &HeaderMap, client: ClientAddr, why: Why) {
        let count = |counter: &AtomicU32, is_so: bool| {
            if is_so {
                counter.fetch_add(1, Relaxed);
            }
        };
        let hash = self.key.hash_one(client);
        let is_forwarded = [X_FORWARDED_FOR, FORWARDED]
            .iter()
            .any(|name| headers.contains_key(name));
        let is_unreadable = matches!(why, Why::Unreadable | Why::UnreadableHop | Why::TooFewHops);
        count(&self.not_proxies, why == Why::NotAProxy);
        count(&self.no_headers, why == Why::NoHeader);
        count(&self.unreadable, is_unreadable);
        count(&self.ignored, is_forwarded && !source.is_in(headers));
        count(&self.private, is_private(client));
        count(
            &self.like_the_first,
            *self.first.get_or_init(|| hash) == hash,
        );
        let requests = self.requests.fetch_add(1, Relaxed) + 1;
        if [ENOUGH, 10 * ENOUGH, MOST].contains(&requests) {
            for suspicion in self.report(source).suspicions {
                tracing::warn!(target: "portcullis", requests, "{}", suspicion.advice());
            }
        }
    }

    pub(super) fn report(&self, source: &Source) -> SelfTest {
        let requests = self.requests.load(Relaxed);
        let holds =
            |suspicion: &Suspicion| requests >= ENOUGH && self.holds(*suspicion, source, requests);
        SelfTest {
            requests,
            suspicions: Suspicion::ALL.into_iter().filter(holds).collect(),
        }
    }

    fn holds(&self, suspicion: Suspicion, source: &Source, requests: u32) -> bool {
        let are_most = |count: &AtomicU32, of: u32| of > 0 && count.load(Relaxed) > of / 2;
        let are_all = |count: &AtomicU32| count.load(Relaxed) >= requests;
        let reads_nothing = matches!(source, Source::Peer);
        let forwarded = requests.saturating_sub(self.not_proxies.load(Relaxed));
        match suspicion {
            Suspicion::HeaderIgnored => reads_nothing && are_most(&self.ignored, requests),
            Suspicion::NoProxySeen => !reads_nothing && are_all(&self.not_proxies),
            Suspicion::HeaderMissing => !reads_nothing && are_most(&self.no_headers, forwarded),
            Suspicion::HeaderUnreadable => are_most(&self.unreadable, forwarded),
            Suspicion::OneClient => are_all(&self.like_the_first),
            Suspicion::PrivateClients => are_all(&self.private),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::chain::Grammar;
    use crate::client::proxies::Proxies;

    fn at(text: &str) -> ClientAddr {
        ClientAddr::new(text.parse().unwrap())
    }

    /// What is suspected after `count` requests of several clients with this outcome.
    fn suspected(
        source: &Source,
        count: u32,
        header: Option<&'static str>,
        net: &str,
        why: Why,
    ) -> Vec<Suspicion> {
        let watch = Watch::default();
        let mut headers = HeaderMap::new();
        if let Some(name) = header {
            headers.insert(name, "203.0.113.9".parse().unwrap());
        }
        for number in 0..count {
            let client = at(&format!("{net}.{}", number % 7));
            watch.note(source, &headers, client, why);
        }
        let test = watch.report(source);
        assert_eq!(test.requests, count);
        test.suspicions
    }

    #[test]
    fn what_looks_wrong_is_told_once_there_is_enough_to_judge_by() {
        use Suspicion::{
            HeaderIgnored, HeaderMissing, HeaderUnreadable, NoProxySeen, PrivateClients,
        };
        let peer = Source::Peer;
        let chain = Source::Chain(Grammar::List, Proxies::at(["10.0.0.0/8"]).unwrap());
        let (x, forwarded) = (Some("x-forwarded-for"), Some("forwarded"));
        for (source, header, net, why, expected) in [
            (&peer, None, "203.0.113", Why::Peer, None),
            (&peer, x, "203.0.113", Why::Peer, Some(HeaderIgnored)),
            (
                &peer,
                forwarded,
                "203.0.113",
                Why::Peer,
                Some(HeaderIgnored),
            ),
            (&peer, None, "10.0.0", Why::Peer, Some(PrivateClients)),
            (&chain, x, "203.0.113", Why::Named, None),
            (&chain, None, "203.0.113", Why::NotAProxy, Some(NoProxySeen)),
            (
                &chain,
                forwarded,
                "203.0.113",
                Why::NoHeader,
                Some(HeaderMissing),
            ),
            (
                &chain,
                x,
                "203.0.113",
                Why::Unreadable,
                Some(HeaderUnreadable),
            ),
            (
                &chain,
                x,
                "203.0.113",
                Why::UnreadableHop,
                Some(HeaderUnreadable),
            ),
            (
                &chain,
                x,
                "203.0.113",
                Why::TooFewHops,
                Some(HeaderUnreadable),
            ),
        ] {
            let expected: Vec<_> = expected.into_iter().collect();
            let found = suspected(source, ENOUGH, header, net, why);
            assert_eq!(found, expected, "{source:?} {header:?} {why:?}");
            assert_eq!(suspected(source, ENOUGH - 1, header, net, why), []);
        }
    }

    #[test]
    fn one_client_alone_is_suspect_and_a_second_one_clears_it() {
        let watch = Watch::default();
        let headers = HeaderMap::new();
        for _ in 0..ENOUGH {
            watch.note(&Source::Peer, &headers, at("203.0.113.9"), Why::Peer);
        }
        assert_eq!(
            watch.report(&Source::Peer).suspicions,
            [Suspicion::OneClient]
        );
        watch.note(&Source::Peer, &headers, at("203.0.113.10"), Why::Peer);
        assert_eq!(watch.report(&Source::Peer).suspicions, []);
    }

    #[test]
    fn half_is_not_most() {
        let watch = Watch::default();
        let chain = Source::Chain(Grammar::List, Proxies::at(["10.0.0.0/8"]).unwrap());
        for number in 0..ENOUGH {
            let why = if number % 2 == 0 {
                Why::NoHeader
            } else {
                Why::Named
            };
            watch.note(
                &chain,
                &HeaderMap::new(),
                at(&format!("203.0.113.{number}")),
                why,
            );
        }
        assert_eq!(watch.report(&chain).suspicions, []);
        for why in [Why::NoHeader, Why::NoHeader] {
            watch.note(&chain, &HeaderMap::new(), at("203.0.113.9"), why);
        }
        assert_eq!(watch.report(&chain).suspicions, [Suspicion::HeaderMissing]);
    }

    #[test]
    fn after_ten_thousand_requests_nobody_looks_any_more() {
        let watch = Watch::default();
        for number in 0..MOST {
            assert!(watch.is_on(), "{number}");
            watch.note(
                &Source::Peer,
                &HeaderMap::new(),
                at("203.0.113.9"),
                Why::Peer,
            );
        }
        assert!(!watch.is_on());
    }
}
