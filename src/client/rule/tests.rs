//! Chains, with the client that each is of.

mod chains;

use http::HeaderMap;
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> ClientAddr {
    ClientAddr::new(text.parse().unwrap())
}

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, line) in lines {
        headers.append(*name, HeaderValue::from_bytes(line.as_bytes()).unwrap());
    }
    headers
}

fn proxies() -> Proxies {
    Proxies::at(["10.0.0.0/8", "2001:db8:f::/48"]).unwrap()
}

/// The client of a request from `peer` with these lines of the header of `source`.
fn found(source: &Source, peer: &str, lines: &[&str]) -> (String, Why) {
    let name = match source {
        Source::Chain(Grammar::Forwarded, _) => "forwarded",
        Source::Single(..) => "x-client",
        _ => "x-forwarded-for",
    };
    let lines: Vec<_> = lines.iter().map(|line| (name, *line)).collect();
    let (client, why) = source.client(at(peer), &headers(&lines), |_, _| {});
    (client.to_string(), why)
}

type Case<'c> = (&'c str, &'c [&'c str], &'c str, Why);

fn check(source: &Source, cases: &[Case<'_>]) {
    for (peer, lines, client, why) in cases {
        let expected = ((*client).to_owned(), *why);
        assert_eq!(found(source, peer, lines), expected, "{peer} {lines:?}");
    }
}

use Why::{AllProxies, Named, NoHeader, NotAProxy, TooFewHops, Unreadable, UnreadableHop};

/// A client outside, and a proxy inside.
const OUT: &str = "203.0.113.9";
const PROXY: &str = "10.0.0.1";

#[test]
fn proxies_without_addresses_are_counted() {
    for (count, cases) in [
        (
            1,
            &[
                (PROXY, &[][..], PROXY, NoHeader),
                ("198.51.100.1", &[OUT], OUT, Named),
                (PROXY, &["6.6.6.6, 203.0.113.9"], OUT, Named),
                (PROXY, &["6.6.6.6", OUT], OUT, Named),
                (PROXY, &["203.0.113.9, garbage"], PROXY, UnreadableHop),
            ][..],
        ),
        (
            2,
            &[
                (PROXY, &[OUT], PROXY, TooFewHops),
                (PROXY, &["203.0.113.9, 10.0.0.2"], OUT, Named),
                (PROXY, &["6.6.6.6, 203.0.113.9, 10.0.0.2"], OUT, Named),
                (PROXY, &["203.0.113.9, garbage"], OUT, Named),
                (PROXY, &["garbage, 10.0.0.2"], PROXY, UnreadableHop),
            ],
        ),
    ] {
        let proxies = Proxies::hops(count).unwrap();
        check(&Source::Chain(Grammar::List, proxies), cases);
    }
}

#[test]
fn a_header_of_one_address_is_just_that() {
    let source = Source::Single(HeaderName::from_static("x-client"), proxies());
    check(
        &source,
        &[
            (OUT, &["6.6.6.6"], OUT, NotAProxy),
            (PROXY, &[], PROXY, NoHeader),
            (PROXY, &[OUT], OUT, Named),
            (PROXY, &["2001:db8::9"], "2001:db8::9", Named),
            (PROXY, &["10.0.0.2"], "10.0.0.2", Named),
            (PROXY, &["6.6.6.6, 203.0.113.9"], PROXY, UnreadableHop),
            (PROXY, &[""], PROXY, UnreadableHop),
            (PROXY, &["unknown"], PROXY, UnreadableHop),
            (PROXY, &["6.6.6.6", OUT], PROXY, Unreadable),
            (PROXY, &[OUT, OUT], PROXY, Unreadable),
        ],
    );
}

#[test]
fn no_other_header_is_looked_at() {
    let lines = headers(&[
        ("x-forwarded-for", "6.6.6.6"),
        ("forwarded", "for=7.7.7.7"),
        ("x-real-ip", "8.8.8.8"),
    ]);
    let single = HeaderName::from_static("x-client");
    for (source, client) in [
        (Source::Peer, PROXY),
        (Source::Chain(Grammar::List, proxies()), "6.6.6.6"),
        (Source::Chain(Grammar::Forwarded, proxies()), "7.7.7.7"),
        (Source::Single(single, proxies()), PROXY),
    ] {
        let (found, _) = source.client(at(PROXY), &lines, |_, _| {});
        assert_eq!(found, at(client), "{source:?}");
    }
}

#[test]
fn a_translated_address_is_known_by_what_was_translated() {
    for (address, expected) in [
        ("64:ff9b::203.0.113.9", OUT),
        ("64:ff9b:1::203.0.113.9", "64:ff9b:1::cb00:7109"),
        ("2002:cb00:7109::1", OUT),
        ("2002:cb00:7109:1:2:3:4:5", OUT),
        ("2001:db8::9", "2001:db8::9"),
        (OUT, OUT),
    ] {
        assert_eq!(embedded(at(address)), at(expected), "{address}");
    }
}

#[test]
fn private_addresses_are_told_from_public_ones_at_each_edge() {
    for (private, public) in [
        ("10.0.0.0", "9.255.255.255"),
        ("10.255.255.255", "11.0.0.0"),
        ("172.16.0.0", "172.15.255.255"),
        ("172.31.255.255", "172.32.0.0"),
        ("192.168.0.0", "192.167.255.255"),
        ("127.0.0.1", "128.0.0.1"),
        ("169.254.0.1", "169.253.0.1"),
        ("100.64.0.0", "100.63.255.255"),
        ("100.127.255.255", "100.128.0.0"),
        ("::1", "::2"),
        ("fc00::", "fbff::"),
        ("fdff::", "fe00::"),
        ("fe80::1", "fec0::1"),
    ] {
        assert!(is_private(at(private)), "{private}");
        assert!(!is_private(at(public)), "{public}");
    }
}

proptest! {
    /// Whatever a client writes, it is what the proxy in front of it says that it is.
    #[test]
    fn no_client_chooses_its_address(
        own in prop::collection::vec("[0-9a-f:., \"\\[\\]x=;for]{0,30}", 0..3),
        same_line: bool,
    ) {
        let mut lines: Vec<(&'static str, String)> =
            own.into_iter().map(|line| ("x-forwarded-for", line)).collect();
        match lines.last_mut() {
            Some((_, last)) if same_line => last.push_str(", 203.0.113.9"),
            _ => lines.push(("x-forwarded-for", OUT.to_owned())),
        }
        let lines: Vec<_> = lines.iter().map(|(name, line)| (*name, line.as_str())).collect();
        for proxies in [proxies(), Proxies::hops(1).unwrap()] {
            let source = Source::Chain(Grammar::List, proxies);
            let (client, why) = source.client(at(PROXY), &headers(&lines), |_, _| {});
            prop_assert_eq!((client, why), (at(OUT), Named));
        }
    }

    /// In `Forwarded` it may spoil the header by an open quote, and is then nobody but the proxy.
    #[test]
    fn no_client_chooses_its_address_by_quotes(
        own in "[0-9a-f:., \"\\\\=;for]{0,40}",
        same_line: bool,
    ) {
        let added = "for=203.0.113.9";
        let lines = if same_line {
            headers(&[("forwarded", &format!("{own}, {added}"))])
        } else {
            headers(&[("forwarded", &own), ("forwarded", added)])
        };
        let source = Source::Chain(Grammar::Forwarded, proxies());
        let (client, _) = source.client(at(PROXY), &lines, |_, _| {});
        prop_assert!([at(OUT), at(PROXY)].contains(&client), "{}", client);
    }
}
