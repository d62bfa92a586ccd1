//! No headers panic the reader of webhooks, and none that were not signed get in.

#![no_main]

use std::sync::LazyLock;

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use portcullis::clock::ManualClock;
use portcullis::webhook::WebhookVerifier;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

static VERIFIERS: LazyLock<[WebhookVerifier; 4]> = LazyLock::new(|| {
    [
        WebhookVerifier::standard(SECRET),
        WebhookVerifier::stripe(SECRET),
        WebhookVerifier::slack(SECRET),
        WebhookVerifier::shopify(SECRET),
    ]
    .map(|verifier| verifier.unwrap().with_clock(ManualClock::at(1_000)))
});

const NAMES: [&str; 8] = [
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "svix-id",
    "stripe-signature",
    "x-slack-signature",
    "x-slack-request-timestamp",
    "x-shopify-hmac-sha256",
];

fuzz_target!(|input: (Vec<(u8, &[u8])>, &[u8])| {
    let (lines, body) = input;
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let name = HeaderName::from_static(NAMES[usize::from(name) % NAMES.len()]);
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(name, value);
        }
    }
    for verifier in &*VERIFIERS {
        assert!(verifier.verify(&headers, body).is_err());
    }
});
