//! Chains as proxies and attackers write them, with the client that each is of.

use super::*;

#[test]
fn x_forwarded_for_is_walked_from_the_right() {
    let source = Source::Chain(Grammar::List, proxies());
    let many = vec!["10.0.0.2"; 63].join(", ");
    check(
        &source,
        &[
            // Who is no proxy is the client, whatever it says.
            (OUT, &[], OUT, NotAProxy),
            (OUT, &["6.6.6.6"], OUT, NotAProxy),
            (OUT, &["10.0.0.1"], OUT, NotAProxy),
            (OUT, &["garbage"], OUT, NotAProxy),
            ("11.0.0.1", &["6.6.6.6"], "11.0.0.1", NotAProxy),
            ("9.255.255.255", &["6.6.6.6"], "9.255.255.255", NotAProxy),
            ("2001:db8:e::1", &["6.6.6.6"], "2001:db8:e::1", NotAProxy),
            ("127.0.0.1", &["6.6.6.6"], "127.0.0.1", NotAProxy),
            ("::1", &["6.6.6.6"], "::1", NotAProxy),
            ("::ffff:203.0.113.9", &["6.6.6.6"], OUT, NotAProxy),
            // A proxy that tells nothing is the client.
            (PROXY, &[], PROXY, NoHeader),
            (PROXY, &[""], PROXY, NoHeader),
            (PROXY, &[" "], PROXY, NoHeader),
            (PROXY, &[","], PROXY, NoHeader),
            (PROXY, &["", ""], PROXY, NoHeader),
            (PROXY, &[", ,", "\t"], PROXY, NoHeader),
            // One hop.
            (PROXY, &[OUT], OUT, Named),
            ("10.255.255.255", &[OUT], OUT, Named),
            ("::ffff:10.0.0.1", &[OUT], OUT, Named),
            ("2001:db8:f::1", &[OUT], OUT, Named),
            (PROXY, &[" 203.0.113.9 "], OUT, Named),
            (PROXY, &["203.0.113.9:4711"], OUT, Named),
            (PROXY, &["::ffff:203.0.113.9"], OUT, Named),
            (PROXY, &["[::ffff:203.0.113.9]:1"], OUT, Named),
            (PROXY, &["2001:db8::9"], "2001:db8::9", Named),
            (PROXY, &["[2001:db8::9]"], "2001:db8::9", Named),
            (PROXY, &["[2001:db8::9]:4711"], "2001:db8::9", Named),
            (PROXY, &["2001:DB8:0::9"], "2001:db8::9", Named),
            (PROXY, &["127.0.0.1"], "127.0.0.1", Named),
            (PROXY, &["0.0.0.0"], "0.0.0.0", Named),
            (PROXY, &["255.255.255.255"], "255.255.255.255", Named),
            // What stands left of the first stranger is that stranger's own invention.
            (PROXY, &["6.6.6.6, 203.0.113.9"], OUT, Named),
            (PROXY, &["6.6.6.6,203.0.113.9"], OUT, Named),
            (PROXY, &["6.6.6.6, 203.0.113.9:4711"], OUT, Named),
            (PROXY, &["10.0.0.9, 203.0.113.9"], OUT, Named),
            (PROXY, &["garbage, 203.0.113.9"], OUT, Named),
            (PROXY, &["\", 203.0.113.9"], OUT, Named),
            (PROXY, &["6.6.6.6", OUT], OUT, Named),
            (PROXY, &[OUT, "6.6.6.6"], "6.6.6.6", Named),
            (
                PROXY,
                &["6.6.6.6, 7.7.7.7", "8.8.8.8, 203.0.113.9"],
                OUT,
                Named,
            ),
            (PROXY, &["203.0.113.9,"], OUT, Named),
            (PROXY, &["203.0.113.9, ,"], OUT, Named),
            (PROXY, &[OUT, ""], OUT, Named),
            // Proxies behind proxies.
            (PROXY, &["203.0.113.9, 10.0.0.2"], OUT, Named),
            (PROXY, &["203.0.113.9, 10.0.0.3, 10.0.0.2"], OUT, Named),
            (PROXY, &["6.6.6.6, 203.0.113.9, 10.0.0.2"], OUT, Named),
            (PROXY, &["203.0.113.9", "10.0.0.2"], OUT, Named),
            (PROXY, &["203.0.113.9, ::ffff:10.0.0.2"], OUT, Named),
            (PROXY, &["203.0.113.9, [::ffff:10.0.0.2]:80"], OUT, Named),
            (PROXY, &["203.0.113.9, 2001:db8:f::2"], OUT, Named),
            (PROXY, &["203.0.113.9, [2001:db8:f::2]:443"], OUT, Named),
            (PROXY, &["2001:db8::9, 10.0.0.2"], "2001:db8::9", Named),
            // All are proxies: a machine of the house.
            (PROXY, &["10.0.0.2"], "10.0.0.2", AllProxies),
            (PROXY, &["10.0.0.3, 10.0.0.2"], "10.0.0.3", AllProxies),
            (PROXY, &[PROXY], PROXY, AllProxies),
            (PROXY, &[&many], "10.0.0.2", AllProxies),
        ],
    );
}

#[test]
fn what_cannot_be_read_ends_the_walk_and_is_not_passed_over() {
    let source = Source::Chain(Grammar::List, proxies());
    let many = vec!["10.0.0.2"; 63].join(", ");
    let too_many = vec!["10.0.0.2"; 65].join(", ");
    let longest = format!("{OUT}{}", " ".repeat(4096 - OUT.len()));
    let too_long = format!("{longest} ");
    check(
        &source,
        &[
            (PROXY, &["garbage"], PROXY, UnreadableHop),
            (PROXY, &["unknown"], PROXY, UnreadableHop),
            (PROXY, &["_hidden"], PROXY, UnreadableHop),
            (PROXY, &["203.0.113.9, garbage"], PROXY, UnreadableHop),
            (PROXY, &["6.6.6.6, unknown"], PROXY, UnreadableHop),
            (
                PROXY,
                &["203.0.113.9, x, 10.0.0.2"],
                "10.0.0.2",
                UnreadableHop,
            ),
            (
                PROXY,
                &["203.0.113.9, 10.0.0.2:99999"],
                PROXY,
                UnreadableHop,
            ),
            (PROXY, &["203.0.113.9 10.0.0.2"], PROXY, UnreadableHop),
            (PROXY, &["203.0.113.9; 10.0.0.2"], PROXY, UnreadableHop),
            (PROXY, &["203.0.113.9:"], PROXY, UnreadableHop),
            (PROXY, &["203.0.113.9:port"], PROXY, UnreadableHop),
            (PROXY, &["203.0.113.09"], PROXY, UnreadableHop),
            (PROXY, &["203.0.113"], PROXY, UnreadableHop),
            (PROXY, &["3405803785"], PROXY, UnreadableHop),
            (PROXY, &["0xcb007109"], PROXY, UnreadableHop),
            (PROXY, &["fe80::1%eth0"], PROXY, UnreadableHop),
            (PROXY, &["[fe80::1%eth0]:80"], PROXY, UnreadableHop),
            (PROXY, &["[203.0.113.9]"], PROXY, UnreadableHop),
            (PROXY, &["[2001:db8::9"], PROXY, UnreadableHop),
            (PROXY, &["2001:db8::9]:80"], PROXY, UnreadableHop),
            (PROXY, &["for=203.0.113.9"], PROXY, UnreadableHop),
            (PROXY, &["\"203.0.113.9\""], PROXY, UnreadableHop),
            (PROXY, &["203.0.113.9/32"], PROXY, UnreadableHop),
            (PROXY, &["http://203.0.113.9"], PROXY, UnreadableHop),
            (PROXY, &["localhost"], PROXY, UnreadableHop),
            (PROXY, &["\u{661}.1.1.1"], PROXY, UnreadableHop),
            (PROXY, &["203.0.113.9\u{a0}"], PROXY, UnreadableHop),
            // Too much.
            (PROXY, &[&too_many], "10.0.0.2", Unreadable),
            (
                PROXY,
                &["10.0.0.3, 10.0.0.2", &many],
                "10.0.0.2",
                Unreadable,
            ),
            // A client cannot hide behind what it puts in front of itself.
            (PROXY, &[&too_many, OUT], OUT, Named),
            (PROXY, &[&format!("{too_many}, {OUT}")], OUT, Named),
            (PROXY, &[&too_long, OUT], OUT, Named),
            (PROXY, &[&format!("{too_long}, {OUT}")], OUT, Named),
            (
                PROXY,
                &[&format!("{too_long}, {OUT}, 10.0.0.2")],
                OUT,
                Named,
            ),
            (PROXY, &[&longest], OUT, Named),
            (PROXY, &[&too_long], PROXY, Unreadable),
            (PROXY, &[&longest, " "], PROXY, Unreadable),
        ],
    );
}

#[test]
fn forwarded_is_walked_by_its_own_grammar() {
    let source = Source::Chain(Grammar::Forwarded, proxies());
    check(
        &source,
        &[
            (OUT, &["for=6.6.6.6"], OUT, NotAProxy),
            (PROXY, &[], PROXY, NoHeader),
            (PROXY, &[""], PROXY, NoHeader),
            (PROXY, &["for=203.0.113.9"], OUT, Named),
            (PROXY, &["For=203.0.113.9"], OUT, Named),
            (PROXY, &["for=\"203.0.113.9\""], OUT, Named),
            (PROXY, &["for=\"203.0.113.9:4711\""], OUT, Named),
            (PROXY, &["for=\"[2001:db8::9]\""], "2001:db8::9", Named),
            (PROXY, &["for=\"[2001:db8::9]:4711\""], "2001:db8::9", Named),
            (PROXY, &["for=\"[::ffff:203.0.113.9]\""], OUT, Named),
            (
                PROXY,
                &["for=203.0.113.9;proto=https;by=10.0.0.1"],
                OUT,
                Named,
            ),
            (
                PROXY,
                &["by=10.0.0.1;for=203.0.113.9;host=\"a,b\""],
                OUT,
                Named,
            ),
            (PROXY, &["for=6.6.6.6, for=203.0.113.9"], OUT, Named),
            (PROXY, &["for=6.6.6.6", "for=203.0.113.9"], OUT, Named),
            (PROXY, &["for=203.0.113.9, for=10.0.0.2"], OUT, Named),
            (
                PROXY,
                &["for=203.0.113.9, for=\"[2001:db8:f::2]:80\""],
                OUT,
                Named,
            ),
            (PROXY, &["garbage, for=203.0.113.9"], OUT, Named),
            (
                PROXY,
                &["for=\"a, for=6.6.6.6\", for=203.0.113.9"],
                OUT,
                Named,
            ),
            (PROXY, &["for=10.0.0.2"], "10.0.0.2", AllProxies),
            (PROXY, &["for=unknown"], PROXY, UnreadableHop),
            (PROXY, &["for=_secret"], PROXY, UnreadableHop),
            (
                PROXY,
                &["for=203.0.113.9, for=unknown"],
                PROXY,
                UnreadableHop,
            ),
            (
                PROXY,
                &["for=203.0.113.9, for=_x, for=10.0.0.2"],
                "10.0.0.2",
                UnreadableHop,
            ),
            (PROXY, &["203.0.113.9"], PROXY, UnreadableHop),
            (PROXY, &["proto=https"], PROXY, UnreadableHop),
            (
                PROXY,
                &["for=203.0.113.9;for=6.6.6.6"],
                PROXY,
                UnreadableHop,
            ),
            (PROXY, &["for=203.0.113.9:4711"], PROXY, UnreadableHop),
            (PROXY, &["for=2001:db8::9"], PROXY, UnreadableHop),
            (PROXY, &["for=\"2001:db8::9\""], PROXY, UnreadableHop),
            (PROXY, &["for = 203.0.113.9"], PROXY, UnreadableHop),
            (PROXY, &["for=203.0.113.9;"], PROXY, UnreadableHop),
            (PROXY, &["for=\"203.0.113.9\"x"], PROXY, UnreadableHop),
            // A backslash that is escaped escapes nothing.
            (PROXY, &[r#"for="x\\", for=203.0.113.9"#], OUT, Named),
            // A quote that a client leaves open may not swallow what a proxy adds.
            (
                PROXY,
                &["for=\"6.6.6.6, for=203.0.113.9"],
                PROXY,
                Unreadable,
            ),
            (
                PROXY,
                &["for=\"6.6.6.6", "for=203.0.113.9"],
                PROXY,
                Unreadable,
            ),
            (PROXY, &["for=\"\\\", for=203.0.113.9"], PROXY, Unreadable),
        ],
    );
}
