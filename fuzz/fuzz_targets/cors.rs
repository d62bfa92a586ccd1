//! Whatever stands in a policy, or in what a browser is said to have sent: a policy builds or tells why
//! not, and nobody is let in but who is named as they write themselves.

#![no_main]

use http::Request;
use http::header::HeaderValue;
use libfuzzer_sys::fuzz_target;
use portcullis::cors::Cors;
use portcullis::guard::Guard;

fuzz_target!(|input: (String, Vec<u8>, Vec<Vec<u8>>)| {
    let (pattern, origin, asked) = input;
    let policy = Cors::for_origins([&pattern])
        .with_request_headers(["x-bar", "x-foo"])
        .refusing_foreign_origins();
    let Ok(cors) = policy.build() else { return };
    let Ok(origin) = HeaderValue::from_bytes(&origin) else {
        return;
    };
    let mut request = Request::options("/")
        .header("origin", &origin)
        .header("access-control-request-method", "GET");
    for line in &asked {
        let Ok(line) = HeaderValue::from_bytes(line) else {
            return;
        };
        request = request.header("access-control-request-headers", line);
    }
    let (mut head, ()) = request.body(()).unwrap().into_parts();
    let stop = cors.check_now(&mut head).unwrap().unwrap_err();
    if stop.problem().is_some() {
        return;
    }
    // The page was let in: it is the one that is named, or of a subdomain.
    let origin = origin.to_str().unwrap();
    match pattern.split_once("*.") {
        None => assert_eq!(origin, pattern),
        Some((scheme, host)) => {
            let labels = origin
                .strip_prefix(scheme)
                .unwrap()
                .strip_suffix(host)
                .unwrap();
            assert!(labels.ends_with('.') && labels.len() > 1, "{origin}");
            assert!(
                labels
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            );
        }
    }
    for name in asked
        .iter()
        .flat_map(|line| line.split(|byte| *byte == b','))
    {
        assert!([&b""[..], b"x-bar", b"x-foo"].contains(&name.trim_ascii()));
    }
});
