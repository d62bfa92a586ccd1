//! How origins may be written, after the tests of the Go library jub0bs/cors.

use super::OriginFault as F;
use super::*;

/// A host of 251 bytes, in labels of at most 60.
fn long_host() -> String {
    let label = "a".repeat(59) + ".";
    let host = label.repeat(4) + &"b".repeat(11);
    assert_eq!(host.len(), 251);
    host
}

#[test]
fn an_origin_is_written_as_browsers_write_it() {
    for text in [
        "https://example.com",
        "https://example.com:8443",
        "http://example.com:443",
        "https://example.com:80",
        "https://a.b.c.example.com",
        "https://foo:1",
        "https://foo:65535",
        "http://ex_am-ple.com:3999",
        "http://example.com.:3999",
        "http://localhost:3000",
        "https://127.0.0.1:90",
        "http://69.254.169.254",
        "https://[::1]:90",
        "http://[2001:db8:aaaa:1111::100]:9090",
        "https://xn--rsum-bpad.com",
        "connector://foo",
        "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai",
        "https://*.example.com",
        "http://*.example.com:3999",
        "https://*.a.example.co.uk",
    ] {
        let pattern = Pattern::parse(text).unwrap_or_else(|fault| panic!("{text} {fault}"));
        assert_eq!(pattern.is_subdomains, text.contains('*'), "{text}");
    }
    assert!(Pattern::parse(&format!("https://*.{}", long_host())).is_ok());
}

#[test]
fn what_is_written_otherwise_is_refused_for_its_reason() {
    for (text, fault) in [
        ("*", F::Any),
        ("null", F::Null),
        ("", F::NoScheme),
        ("ab", F::NoScheme),
        ("ab:", F::NoScheme),
        ("example.com", F::NoScheme),
        ("https:/example.com", F::NoScheme),
        ("://example.com", F::Scheme),
        (" http://example.com:6060 ", F::Scheme),
        ("42-chrome-extension://foo", F::Scheme),
        ("chrome-extension*://foo", F::Scheme),
        ("file:///foo", F::File),
        ("file://", F::File),
        ("HTTPS://example.com", F::UpperCase),
        ("http://exAmplE.coM:3999", F::UpperCase),
        ("http://[2001:DB8::1]", F::UpperCase),
        ("https://r\u{e9}sum\u{e9}.com", F::NotAscii),
        ("https://user:password@example.com:6060", F::UserInfo),
        ("https://@example.com", F::UserInfo),
        ("https://example.com/", F::TrailingSlash),
        ("https://example.com:6060/foo", F::Path),
        ("https://example.com//", F::Path),
        ("https://example.com:6060?", F::Path),
        ("https://example.com:6060?foo=bar", F::Path),
        ("https://example.com:6060#nav", F::Path),
        ("https://example.com\\", F::Path),
        ("http://foo:80", F::DefaultPort),
        ("https://foo:443", F::DefaultPort),
        ("wss://foo:443", F::DefaultPort),
        ("https://*.foo.example:443", F::DefaultPort),
        ("https://foo:", F::Port),
        ("https://foo:-1", F::Port),
        ("https://foo:+1", F::Port),
        ("https://foo:0", F::Port),
        ("https://foo:abc", F::Port),
        ("https://foo:06060", F::Port),
        ("https://foo:12345foo", F::Port),
        ("https://foo:123456", F::Port),
        ("https://foo:65536", F::Port),
        ("https://foo:12390abc", F::Port),
        ("https://foo:*", F::Port),
        ("http://127.0.0.1:", F::Port),
        ("http://127.0.0.1:-1", F::Port),
        ("http://127.0.0.1:0", F::Port),
        ("https://", F::Host),
        ("https://:8080", F::Host),
        ("https://^foo", F::Host),
        ("https://foo.^bar", F::Host),
        ("https://foo bar", F::Host),
        ("https://foo%2ecom", F::Host),
        ("https://foo!com", F::Host),
        ("http://1:6060", F::Host),
        ("http://foo.bar.255:6060", F::Host),
        (
            "http://foo.bar.baz.012345678901234567890123456789:6060",
            F::Host,
        ),
        ("http://0x7f.1", F::Host),
        ("http://127.1:3999", F::Host),
        ("http://127.0.0.1.1", F::Host),
        ("https://127.0.0.1.:90", F::Host),
        ("http://[::1]1:6060", F::Host),
        ("http://[example]:90", F::Host),
        ("https://::1:90", F::Host),
        ("http://[::1:90", F::Host),
        ("https://::1]:90", F::Host),
        ("https://abc[::1]:90", F::Host),
        ("https://[::1]abc:90", F::Host),
        ("http://[::::::::::::::::1]:90", F::Host),
        (
            "http://[2001:4860:4860:0000:0000:0000:0000:8888]:90",
            F::Host,
        ),
        ("http://[fe80::1ff:fe23:4567:890a%eth2]:90", F::Host),
        ("http://[::ffff:7f7f:7f7f]:90", F::Host),
        ("http://example.com..:3999", F::Host),
        ("http://example..com:3999", F::Host),
        ("http://.example.com", F::Host),
        ("http://xn--f", F::Host),
        ("https://*.", F::Host),
        ("http://**.example.com:3999", F::Wildcard),
        ("http://fooo.*.example.com:3999", F::Wildcard),
        ("http://*example.com:3999", F::Wildcard),
        ("https://*", F::Wildcard),
        ("https://*.*.example.com", F::Wildcard),
        ("http://*.[::1]:3999", F::SubdomainsOfAddress),
        ("http://*.127.0.0.1:3999", F::SubdomainsOfAddress),
    ] {
        assert_eq!(Pattern::parse(text), Err(fault), "{text}");
    }
    let long = format!("https://*.a{}", long_host());
    assert_eq!(Pattern::parse(&long), Err(F::Host));
    let label = format!("https://{}.example", "a".repeat(64));
    assert_eq!(Pattern::parse(&label), Err(F::Host));
    let scheme = format!("{}://example.com", "a".repeat(65));
    assert_eq!(Pattern::parse(&scheme), Err(F::Scheme));
}

#[test]
fn http_is_insecure_but_on_this_machine() {
    for (text, is_insecure) in [
        ("https://example.com", false),
        ("https://*.example.com", false),
        ("http://example.com", true),
        ("http://*.example.com", true),
        ("http://127.0.0.1", false),
        ("http://127.127.127.127", false),
        ("http://localhost:3000", false),
        ("http://app.localhost:3000", false),
        ("http://localhost.example.com", true),
        ("http://notlocalhost", true),
        ("http://169.254.169.254:90", true),
        ("http://[::1]:90", false),
        ("http://[2001:db8:aaaa:1111::100]:9090", true),
    ] {
        assert_eq!(
            Pattern::parse(text).unwrap().is_insecure(),
            is_insecure,
            "{text}"
        );
    }
}

#[test]
fn anybody_can_have_a_name_under_a_public_suffix() {
    for (text, is_public) in [
        ("https://*.com", true),
        ("https://*.com.", true),
        ("https://*.co.uk", true),
        ("https://*.github.io", true),
        ("https://*.kawasaki.jp", true),
        ("https://*.a.b.kawasaki.jp", false),
        ("https://*.intranet", true),
        ("https://*.example.com", false),
        ("https://*.alice.github.io", false),
        ("https://*.localhost", false),
        ("https://github.io", false),
    ] {
        assert_eq!(
            Pattern::parse(text).unwrap().is_of_public_suffix(),
            is_public,
            "{text}"
        );
    }
}
