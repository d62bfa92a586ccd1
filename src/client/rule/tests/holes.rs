//! Ways by which clients of other limiters have chosen their address, or been given another's.

use super::*;

fn in_list() -> Source {
    Source::Chain(Grammar::List, proxies())
}

fn in_forwarded() -> Source {
    Source::Chain(Grammar::Forwarded, proxies())
}

#[test]
fn the_leftmost_hop_is_not_believed() {
    check(
        &in_list(),
        &[(PROXY, &["6.6.6.6, 203.0.113.9"], OUT, Named)],
    );
}

#[test]
fn the_first_line_is_not_all_of_the_header() {
    check(&in_list(), &[(PROXY, &["6.6.6.6", OUT], OUT, Named)]);
}

#[test]
fn a_hop_with_a_port_is_not_passed_over() {
    check(
        &in_list(),
        &[
            (PROXY, &["6.6.6.6, 203.0.113.9:4711"], OUT, Named),
            (
                PROXY,
                &["6.6.6.6, [2001:db8::9]:4711"],
                "2001:db8::9",
                Named,
            ),
        ],
    );
}

#[test]
fn an_ipv6_hop_is_not_cut_at_its_colons() {
    check(
        &in_list(),
        &[
            (PROXY, &["2001:db8::9"], "2001:db8::9", Named),
            (PROXY, &["6.6.6.6, 2001:db8::9"], "2001:db8::9", Named),
        ],
    );
}

#[test]
fn the_leftmost_element_of_forwarded_is_not_believed() {
    check(
        &in_forwarded(),
        &[
            (PROXY, &["for=6.6.6.6, for=203.0.113.9"], OUT, Named),
            (
                PROXY,
                &["for=6.6.6.6, for=203.0.113.9, for=10.0.0.2"],
                OUT,
                Named,
            ),
        ],
    );
}

#[test]
fn a_header_that_no_proxy_writes_does_not_get_round_the_one_that_it_writes() {
    let forged = [
        "x-forwarded-for",
        "x-real-ip",
        "x-client-ip",
        "true-client-ip",
        "cf-connecting-ip",
        "fly-client-ip",
        "x-forwarded",
    ];
    for name in forged {
        let lines = headers(&[(name, "6.6.6.6"), ("forwarded", "for=203.0.113.9")]);
        let (client, why) = in_forwarded().client(at(PROXY), &lines, |_, _| {});
        assert_eq!((client, why), (at(OUT), Named), "{name}");
        let lines = headers(&[(name, "6.6.6.6")]);
        let (client, _) = Source::Peer.client(at(OUT), &lines, |_, _| {});
        assert_eq!(client, at(OUT), "{name}");
    }
}

/// The class of CVE-2026-30827: a prefix of the mapped notation is one for all of IPv4.
#[test]
fn mapped_clients_do_not_share_one_network() {
    let (one, other) = ("::ffff:1.2.3.4", "::ffff:9.9.9.9");
    let network = |peer: &str| {
        let (client, _) = Source::Peer.client(at(peer), &HeaderMap::new(), |_, _| {});
        client.network().to_string()
    };
    assert_eq!(
        (network(one), network(other)),
        ("1.2.3.4".into(), "9.9.9.9".into())
    );
    let line = |peer: &str| found(&in_list(), PROXY, &[&format!("[{peer}]:1")]).0;
    assert_eq!(
        (line(one), line(other)),
        ("1.2.3.4".into(), "9.9.9.9".into())
    );
}

#[test]
fn a_proxy_on_a_socket_of_both_families_is_a_proxy() {
    check(
        &in_list(),
        &[("::ffff:10.0.0.1", &["203.0.113.9"], OUT, Named)],
    );
}

#[test]
fn who_is_no_proxy_is_not_turned_away_for_a_header() {
    check(&in_list(), &[(OUT, &["6.6.6.6"], OUT, NotAProxy)]);
}
