//! Each attack attacks what it says: everything else about it is good.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use portcullis::event::SecurityEvent;
use portcullis::guard::Shield;
use portcullis::test_util::attacks;

use super::house::issuer;
use crate::support::send;

/// What attacks are refused for, by how their names begin; the first that fits counts.
const REASONS: [(&str, &str); 37] = [
    ("no_credential", "no_credential"),
    ("token_in_", "no_credential"),
    ("user_", "no_credential"),
    ("scheme_", "no_credential"),
    ("bearer_", "malformed_authorization"),
    ("two_lines", "several_authorizations"),
    ("two_", "malformed_authorization"),
    ("empty_line", "malformed_authorization"),
    ("token_too_long", "token_too_long"),
    ("token_", "malformed_authorization"),
    (
        "form_",
        "bad_json bad_signature token_encrypted token_malformed wrong_algorithm",
    ),
    ("flood_", "token_malformed token_too_long"),
    ("base64_one_character_more", "bad_signature"),
    ("base64_", "bad_base64"),
    ("alg_", "wrong_algorithm"),
    ("typ_", "wrong_token_type"),
    ("crit_", "crit_refused"),
    ("kid_path_to_an_empty_secret", "wrong_algorithm"),
    ("kid_", "kid_malformed unknown_key"),
    ("enc_", "token_encrypted"),
    (
        "header_",
        "bad_json duplicate_member json_too_deep too_many_members wrong_algorithm",
    ),
    ("hs", "wrong_algorithm"),
    ("es256_", "bad_signature"),
    ("key_of_a_secret", "wrong_algorithm"),
    ("key_of_a_stranger", "bad_signature"),
    ("signature_of_another_payload", "wrong_issuer"),
    ("signature_", "bad_signature"),
    ("iss_", "wrong_issuer"),
    ("aud_", "wrong_audience"),
    ("sub_", "sub_malformed"),
    ("client_id_", "client_id_malformed"),
    ("jti_", "jti_malformed"),
    ("scope_", "scope_malformed"),
    ("cnf_", "cnf_malformed cnf_not_understood token_bound"),
    (
        "claims_",
        "bad_json duplicate_member json_too_deep scope_conflict wrong_issuer",
    ),
    ("exp", "date_malformed exp_missing token_expired"),
    (
        "",
        "date_malformed iat_missing issued_in_future token_not_yet_valid",
    ),
];

#[tokio::test]
async fn each_attack_is_refused_for_what_it_is() {
    let issuer = issuer();
    let told = Arc::new(Mutex::new(String::new()));
    let sink = Arc::clone(&told);
    let events = move |event: &SecurityEvent<'_>| {
        event.reason.clone_into(&mut sink.lock().unwrap());
    };
    let shield = Shield::new().with(issuer.guard()).with_events(events);
    let app = Router::new().route("/", get(|| async {})).layer(shield);
    let mut seen: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for attack in attacks(&issuer) {
        let request = http::Request::new(axum::body::Body::empty());
        send(&app, attack.apply(request)).await;
        let begins = |(start, _): &&(&str, &str)| attack.name().starts_with(start);
        let (_, reasons) = REASONS.iter().find(begins).unwrap();
        let reason = told.lock().unwrap().clone();
        let known = reasons.split(' ').any(|known| known == reason);
        assert!(known, "{}: {reason}", attack.name());
        seen.entry(reasons).or_default().insert(reason);
    }
    for (_, reasons) in REASONS {
        let all: BTreeSet<_> = reasons.split(' ').map(str::to_owned).collect();
        assert_eq!(seen[reasons], all);
    }
}
