use http::HeaderValue;

use super::*;

const MAC: &str = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const HEX: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

/// What becomes of a delivery with these headers: how many candidates, or why not.
fn read(layout: &Layout, lines: &[(&'static str, &str)]) -> Result<(usize, usize), &'static str> {
    let headers = headers(lines);
    let read = Envelope::read(&headers, layout);
    read.map(|read| (read.macs.len(), read.signatures.len()))
}

#[test]
fn a_moment_is_written_in_one_way() {
    for (text, moment_of) in [
        ("0", Ok(0)),
        ("1614265330", Ok(1_614_265_330)),
        ("999999999999", Ok(999_999_999_999)),
    ] {
        assert_eq!(moment(text), moment_of);
    }
    for text in [
        "",
        "+1",
        "-1",
        "-0",
        "00",
        "01",
        "1e3",
        " 1",
        "1 ",
        "1.5",
        "0x1",
        "1614265330000",
        "-9223372036854775808",
        "9223372036854775808",
        "\u{661}",
    ] {
        assert_eq!(
            moment(text),
            Err("webhook_timestamp_unreadable"),
            "{text:?}"
        );
    }
}

/// The three headers of a standard webhook, whose names begin as said.
fn standard(kind: &str, id: &str, time: &str, signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [("id", id), ("timestamp", time), ("signature", signature)] {
        let name: HeaderName = format!("{kind}-{name}").parse().unwrap();
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn count(headers: &HeaderMap) -> Result<(usize, usize), &'static str> {
    let read = Envelope::read(headers, &Layout::Standard);
    read.map(|read| (read.macs.len(), read.signatures.len()))
}

#[test]
fn the_headers_of_a_standard_webhook_are_read_by_the_letter() {
    let v1 = format!("v1,{MAC}");
    let ed = STANDARD.encode([7; 64]);
    let several = format!("v1,{MAC} v2,x v1,short v1a,{ed} v1,{MAC}");
    let many = vec![v1.as_str(); 16].join(" ");
    let one_more = format!("{many} {v1}");
    let id = "i".repeat(255);
    let longer = format!("{id}i");
    let unreadable = Err("webhook_id_unreadable");
    for (kind, id, signature, expected) in [
        ("webhook", "m_-9", &v1, Ok((1, 0))),
        ("svix", "m", &v1, Ok((1, 0))),
        ("webhook", &id, &several, Ok((2, 1))),
        ("webhook", "m", &many, Ok((16, 0))),
        (
            "webhook",
            "m",
            &one_more,
            Err("webhook_signatures_too_many"),
        ),
        ("webhook", "m.1", &v1, unreadable),
        ("webhook", "", &v1, unreadable),
        ("webhook", &longer, &v1, unreadable),
        (
            "webhook",
            "m",
            &"v1,".repeat(2_000),
            Err("webhook_header_too_long"),
        ),
    ] {
        let found = count(&standard(kind, id, "1", signature));
        assert_eq!(found, expected, "{kind} {id} {signature}");
    }
    let unpadded = v1.trim_end_matches('=');
    for bad in [
        "",
        "v1,",
        "v1",
        MAC,
        "v2,x",
        unpadded,
        &v1.replace('/', "_"),
    ] {
        let found = count(&standard("webhook", "m", "1", bad));
        assert_eq!(found, Err("webhook_signature_unreadable"), "{bad:?}");
    }
}

#[test]
fn the_two_families_of_names_are_not_mixed_and_none_stands_twice() {
    let v1 = format!("v1,{MAC}");
    let (both, missing) = (standard("webhook", "m", "1", &v1), "webhook_header_missing");
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let mut headers = both.clone();
        let value = headers.remove(name).unwrap();
        let foreign: HeaderName = name.replace("webhook", "svix").parse().unwrap();
        headers.insert(foreign, value.clone());
        assert_eq!(count(&headers), Err(missing), "{name}");
        let mut headers = both.clone();
        headers.append(name, value);
        assert_eq!(count(&headers), Err("webhook_header_repeated"), "{name}");
    }
    let mut headers = standard("svix", "other", "2", "v1,");
    headers.extend(both);
    let read = Envelope::read(&headers, &Layout::Standard).unwrap();
    assert_eq!((read.id, read.sent_at), (Some("m"), Some(1)));
}

#[test]
fn the_one_header_of_stripe_has_one_time_and_signatures_of_which_some_are_known() {
    for (line, expected) in [
        (format!("t=1,v1={HEX}"), Ok((1, 0))),
        (format!("v1={HEX},v0=abc,t=1,v1={HEX},odd"), Ok((2, 0))),
        (
            format!("t=1,t=1,v1={HEX}"),
            Err("webhook_timestamp_repeated"),
        ),
        (format!("v1={HEX}"), Err("webhook_timestamp_missing")),
        (format!("t=,v1={HEX}"), Err("webhook_timestamp_unreadable")),
        (format!("t=1,v0={HEX}"), Err("webhook_signature_unreadable")),
        (
            format!("t=1,v1={}", HEX.to_uppercase()),
            Err("webhook_signature_unreadable"),
        ),
        (
            format!("t=1,v1={HEX}00"),
            Err("webhook_signature_unreadable"),
        ),
        (
            format!("t=1{}", ",v1=0".repeat(16)),
            Err("webhook_signatures_too_many"),
        ),
    ] {
        assert_eq!(
            read(&Layout::Stripe, &[("stripe-signature", &line)]),
            expected,
            "{line}"
        );
    }
    assert_eq!(read(&Layout::Stripe, &[]), Err("webhook_header_missing"));
}

#[test]
fn a_plain_scheme_takes_its_prefix_and_its_time_and_nothing_else() {
    let github = WebhookScheme::hex("x-hub-signature-256")
        .unwrap()
        .with_prefix("sha256=");
    let github = Layout::Plain(github);
    for (line, expected) in [
        (format!("sha256={HEX}"), Ok((1, 0))),
        (HEX.to_owned(), Err("webhook_signature_unreadable")),
        (format!("sha1={HEX}"), Err("webhook_signature_unreadable")),
        (
            format!("sha256={}", &HEX[1..]),
            Err("webhook_signature_unreadable"),
        ),
    ] {
        assert_eq!(
            read(&github, &[("x-hub-signature-256", &line)]),
            expected,
            "{line}"
        );
    }
    let timed = WebhookScheme::hex("a")
        .unwrap()
        .with_timestamp("b", "v0:", ":");
    let timed = Layout::Plain(timed.unwrap());
    assert_eq!(read(&timed, &[("a", HEX)]), Err("webhook_header_missing"));
    let headers = headers(&[("a", HEX), ("b", "12")]);
    let read = Envelope::read(&headers, &timed).unwrap();
    assert_eq!(read.signed.concat(), b"v0:12:");
    assert_eq!(read.sent_at, Some(12));
}

#[test]
fn a_scheme_that_could_be_misread_does_not_build() {
    for (name, after, good) in [
        ("t", ".", true),
        ("t", "", false),
        ("t", "0", false),
        ("t t", ".", false),
    ] {
        let scheme = WebhookScheme::base64("s").unwrap();
        assert_eq!(
            scheme.with_timestamp(name, "", after).is_ok(),
            good,
            "{name:?} {after:?}"
        );
    }
    assert!(WebhookScheme::hex("").is_err());
}
