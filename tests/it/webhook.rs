//! Webhooks, verified before anybody reads them.

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ed25519_dalek::Signer;
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, StatusCode};
use portcullis::clock::ManualClock;
use portcullis::webhook::{Delivery, Webhook, WebhookScheme, WebhookVerifier};
use sha2::Sha256;
use tower::ServiceExt;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const SENT_AT: u64 = 1_614_265_330;
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

/// A delivery: its headers and its body.
#[derive(Clone)]
struct Sent {
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Sent {
    fn new(headers: &[(&'static str, &str)], body: &[u8]) -> Self {
        let headers = headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        Self {
            headers: headers.collect(),
            body: body.to_vec(),
        }
    }

    fn published() -> Self {
        let time = SENT_AT.to_string();
        let headers = [
            ("webhook-id", ID),
            ("webhook-timestamp", &time),
            ("webhook-signature", SIGNATURE),
        ];
        Self::new(&headers, BODY)
    }

    /// A standard webhook of our own.
    fn signed(key: &[u8], id: &str, time: &str, body: &[u8]) -> Self {
        let signed = [id.as_bytes(), b".", time.as_bytes(), b".", body].concat();
        let signature = format!("v1,{}", STANDARD.encode(mac(key, &signed)));
        let headers = [
            ("webhook-id", id),
            ("webhook-timestamp", time),
            ("webhook-signature", &signature),
        ];
        Self::new(&headers, body)
    }

    /// What becomes of it before `verifier`, whose receiver answers with the body it was given.
    async fn to(self, verifier: &WebhookVerifier) -> (StatusCode, Bytes) {
        let app: Router = Router::new()
            .route("/", post(|body: Bytes| async { body }))
            .layer(verifier.clone());
        let mut request = Request::post("/");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let response = app
            .oneshot(request.body(Body::from(self.body)).unwrap())
            .await;
        let (head, body) = response.unwrap().into_parts();
        (
            head.status,
            axum::body::to_bytes(body, 1 << 21).await.unwrap(),
        )
    }

    async fn gets_in(self, verifier: &WebhookVerifier) -> bool {
        let sent = self.body.clone();
        let (status, answer) = self.to(verifier).await;
        match status {
            StatusCode::OK => {
                assert_eq!(answer, sent, "the receiver is given what was signed");
                true
            }
            StatusCode::UNAUTHORIZED => false,
            other => panic!("{other}"),
        }
    }
}

fn mac(key: &[u8], signed: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(signed);
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn at(now: u64) -> WebhookVerifier {
    let verifier = WebhookVerifier::standard(SECRET).unwrap();
    verifier.with_clock(ManualClock::at(now))
}

fn key() -> Vec<u8> {
    STANDARD.decode(&SECRET[6..]).unwrap()
}

#[tokio::test]
async fn the_published_vectors_of_the_providers_are_let_in() {
    assert!(Sent::published().gets_in(&at(SENT_AT)).await);
    let second = Sent::new(
        &[
            ("svix-id", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk"),
            ("svix-timestamp", "1649367553"),
            (
                "svix-signature",
                "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
            ),
        ],
        br#"{"email":"test@example.com","username":"test_user"}"#,
    );
    let verifier = WebhookVerifier::standard("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
    let verifier = verifier.with_clock(ManualClock::at(1_649_367_553));
    assert!(second.gets_in(&verifier).await);
    let github = WebhookVerifier::github("It's a Secret to Everybody").unwrap();
    let hello = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let hello = Sent::new(&[("x-hub-signature-256", hello)], b"Hello, World!");
    assert!(hello.gets_in(&github).await);
    let slack = WebhookVerifier::slack("8f742231b10e8888abcd99yyyzzz85a5").unwrap();
    let slack = slack.with_clock(ManualClock::at(1_531_420_618));
    let command = Sent::new(
        &[
            ("x-slack-request-timestamp", "1531420618"),
            (
                "x-slack-signature",
                "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
            ),
        ],
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=\
          G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=\
          %2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J\
          %2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a\
          14d10d2c447fce8b6703c",
    );
    assert!(command.gets_in(&slack).await);
}

#[tokio::test]
async fn one_bit_anywhere_and_it_is_refused() {
    let verifier = at(SENT_AT);
    for place in 0..BODY.len() * 8 {
        let mut sent = Sent::published();
        sent.body[place / 8] ^= 1 << (place % 8);
        assert!(!sent.gets_in(&verifier).await, "bit {place} of the body");
    }
    for (header, from, to) in [
        (0, "msg_", "msg-"),
        (1, "1614265330", "1614265331"),
        (2, "g0hM", "h0hM"),
        (2, "1OE=", "1OF="), // the bits that base64 leaves over
        (2, "v1,", "v1a,"),
        (2, "v1,", "v2,"),
    ] {
        let mut sent = Sent::published();
        let changed = sent.headers[header].1.replace(from, to);
        assert_ne!(changed, sent.headers[header].1);
        sent.headers[header].1 = changed;
        assert!(!sent.gets_in(&verifier).await, "{from} -> {to}");
    }
    for header in 0..3 {
        let mut sent = Sent::published();
        sent.headers.remove(header);
        assert!(!sent.gets_in(&verifier).await, "without header {header}");
        let mut sent = Sent::published();
        sent.headers.push(sent.headers[header].clone());
        assert!(!sent.gets_in(&verifier).await, "with header {header} twice");
    }
}

#[tokio::test]
async fn only_what_was_sent_lately_gets_in() {
    for (now, is_in) in [
        (SENT_AT - 301, false),
        (SENT_AT - 300, true),
        (SENT_AT + 300, true),
        (SENT_AT + 301, false),
        (0, false),
        (u64::MAX, false),
    ] {
        assert_eq!(Sent::published().gets_in(&at(now)).await, is_in, "{now}");
    }
    let wide = at(SENT_AT + 3_600).with_tolerance(std::time::Duration::from_hours(1));
    assert!(Sent::published().gets_in(&wide).await);
    // The text is what is signed, so a time that can be written in two ways is not read.
    for time in [
        "+1614265330",
        "01614265330",
        "1614265330.0",
        " 1614265330",
        "-9223372036854775808",
    ] {
        let sent = Sent::signed(&key(), ID, time, BODY);
        assert!(!sent.gets_in(&at(SENT_AT)).await, "{time:?}");
    }
}

#[tokio::test]
async fn no_part_of_what_is_signed_can_be_taken_for_another() {
    // `m1.T.T2.x`, signed as the id `m1` and the body `T2.x`.
    let time = SENT_AT.to_string();
    let body = format!("{time}.x");
    let first = Sent::signed(&key(), "m1", &time, body.as_bytes());
    assert!(first.clone().gets_in(&at(SENT_AT)).await);
    let mut shifted = first;
    shifted.headers[0].1 = format!("m1.{time}");
    shifted.body = b"x".to_vec();
    assert!(!shifted.gets_in(&at(SENT_AT)).await);
}

#[tokio::test]
async fn a_secret_that_is_rotated_is_good_beside_the_new_one_until_its_end() {
    let old = Sent::published();
    let fresh = format!("whsec_{}", STANDARD.encode([9; 32]));
    let verifier = |now, until: Option<u64>| {
        let verifier = WebhookVerifier::standard(&fresh).unwrap();
        let verifier = verifier.and_key(SECRET, until).unwrap();
        verifier.with_clock(ManualClock::at(now))
    };
    for (now, until, is_in) in [
        (SENT_AT, None, true),
        (SENT_AT, Some(SENT_AT + 1), true),
        (SENT_AT + 1, Some(SENT_AT + 1), false),
    ] {
        assert_eq!(
            old.clone().gets_in(&verifier(now, until)).await,
            is_in,
            "{now} {until:?}"
        );
        let new = Sent::signed(&[9; 32], ID, &SENT_AT.to_string(), BODY);
        assert!(new.gets_in(&verifier(now, until)).await);
    }
    // The provider signs by both, in either order.
    let alone = WebhookVerifier::standard(&fresh)
        .unwrap()
        .with_clock(ManualClock::at(SENT_AT));
    let mut both = Sent::signed(&[9; 32], ID, &SENT_AT.to_string(), BODY);
    both.headers[2].1 = format!("{SIGNATURE} {}", both.headers[2].1);
    assert!(both.clone().gets_in(&alone).await);
    assert!(both.gets_in(&at(SENT_AT)).await);
}

#[tokio::test]
async fn a_public_key_verifies_what_its_private_half_has_signed() {
    let signing = ed25519_dalek::SigningKey::from_bytes(&[5; 32]);
    let public = format!(
        "whpk_{}",
        STANDARD.encode(signing.verifying_key().as_bytes())
    );
    let verifier = WebhookVerifier::standard(&public).unwrap();
    let verifier = verifier.with_clock(ManualClock::at(SENT_AT));
    let signed = [format!("{ID}.{SENT_AT}.").as_bytes(), BODY].concat();
    let signature = STANDARD.encode(signing.sign(&signed).to_bytes());
    let mut sent = Sent::published();
    assert!(!sent.clone().gets_in(&verifier).await);
    sent.headers[2].1 = format!("v1a,{signature}");
    assert!(sent.clone().gets_in(&verifier).await);
    assert!(!sent.clone().gets_in(&at(SENT_AT)).await);
    sent.body.push(b' ');
    assert!(!sent.gets_in(&verifier).await);
}

#[tokio::test]
async fn bodies_are_bytes_and_no_longer_than_may_be() {
    let time = SENT_AT.to_string();
    for body in [&b""[..], b"\xff\xfe\x00", b"not json"] {
        let sent = Sent::signed(&key(), ID, &time, body);
        assert!(sent.gets_in(&at(SENT_AT)).await, "{body:?}");
    }
    let verifier = at(SENT_AT).with_max_bytes(10);
    for (length, status) in [(10, StatusCode::OK), (11, StatusCode::PAYLOAD_TOO_LARGE)] {
        let sent = Sent::signed(&key(), ID, &time, &vec![b'x'; length]);
        assert_eq!(sent.to(&verifier).await.0, status);
    }
}

#[tokio::test]
async fn stripe_and_schemes_of_ones_own_are_let_in_by_their_signature_alone() {
    let now = SENT_AT.to_string();
    let clock = || ManualClock::at(SENT_AT);
    let secret = "whsec_0123456789abcdef";
    let stripe = WebhookVerifier::stripe(secret).unwrap().with_clock(clock());
    let own = hex(&mac(
        secret.as_bytes(),
        &[now.as_bytes(), b".", BODY].concat(),
    ));
    for (line, is_in) in [
        (format!("t={now},v1={own}"), true),
        (format!("t={now},v1={},v1={own},v0=x", "0".repeat(64)), true),
        (format!("t={now},v0={own}"), false),
        (format!("t={now},t={now},v1={own}"), false),
        (format!("t=1{now},v1={own}"), false),
    ] {
        let sent = Sent::new(&[("stripe-signature", &line)], BODY);
        assert_eq!(sent.gets_in(&stripe).await, is_in, "{line}");
    }
    let scheme = WebhookScheme::base64("acme").unwrap().with_prefix("s:");
    let acme = WebhookVerifier::custom(scheme, secret).unwrap();
    let line = format!("s:{}", STANDARD.encode(mac(secret.as_bytes(), BODY)));
    assert!(Sent::new(&[("acme", &line)], BODY).gets_in(&acme).await);
    assert!(
        !Sent::new(&[("acme", &line[2..])], BODY)
            .gets_in(&acme)
            .await
    );
    let shopify = WebhookVerifier::shopify(secret).unwrap();
    let sent = Sent::new(&[("x-shopify-hmac-sha256", &line[2..])], BODY);
    assert!(sent.gets_in(&shopify).await);
}

#[test]
fn keys_that_are_none_or_too_short_do_not_build() {
    let weak = format!("whpk_{}", STANDARD.encode([0; 32]));
    let short = format!("whsec_{}", STANDARD.encode([1; 23]));
    let long = format!("whsec_{}", STANDARD.encode([1; 65]));
    for bad in [
        "",
        "whsec_",
        "whsec_!",
        "whpk_",
        "whpk_AAAA",
        &weak,
        &short,
        &long,
    ] {
        let error = WebhookVerifier::standard(bad).unwrap_err().to_string();
        assert!(
            bad.is_empty() || bad.len() < 8 || !error.contains(&bad[6..]),
            "{error}"
        );
    }
    assert!(WebhookVerifier::standard(SECRET.trim_start_matches("whsec_")).is_ok());
    assert!(WebhookVerifier::github("fifteen bytes..").is_err());
    assert!(WebhookVerifier::stripe("").is_err());
    let debug = format!("{:?}", at(0));
    assert!(!debug.contains("MfKQ"), "{debug}");
}

#[derive(serde::Deserialize)]
struct Event {
    test: u64,
}

#[tokio::test]
async fn the_event_is_read_strictly_and_only_behind_a_verifier() {
    let receive = |delivery: Delivery, Webhook(event): Webhook<Event>| async move {
        format!(
            "{:?} {:?} {}",
            delivery.id(),
            delivery.sent_at(),
            event.test
        )
    };
    let open: Router = Router::new().route("/", post(receive));
    let closed = open.clone().layer(at(SENT_AT));
    let time = SENT_AT.to_string();
    for (media_type, body, status) in [
        (
            "application/json",
            r#"{"test": 1, "new": {}}"#,
            StatusCode::OK,
        ),
        (
            "text/plain",
            r#"{"test": 1}"#,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (
            "application/json",
            r#"{"test": 1, "test": 2}"#,
            StatusCode::BAD_REQUEST,
        ),
        ("application/json", r#"{"test": 1"#, StatusCode::BAD_REQUEST),
        (
            "application/json",
            r#"{"test": "hunter2"}"#,
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    ] {
        let sent = Sent::signed(&key(), "m1", &time, body.as_bytes());
        let mut request = Request::post("/").header("content-type", media_type);
        for (name, value) in &sent.headers {
            request = request.header(*name, value);
        }
        let request = request.body(Body::from(body)).unwrap();
        let response = closed.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{body}");
        let answer = axum::body::to_bytes(response.into_body(), 1 << 16)
            .await
            .unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(!answer.contains("hunter2"));
        if status == StatusCode::OK {
            assert_eq!(answer, r#"Some("m1") Some(1614265330) 1"#);
        }
    }
    let request = Request::post("/").header("content-type", "application/json");
    let request = request.body(Body::from(BODY)).unwrap();
    let response = open.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}
