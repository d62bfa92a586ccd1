//! What is told of a policy that cannot be, after the tests of the Go library jub0bs/cors.

use std::time::Duration;

use super::fault::CorsFault as C;
use super::*;

fn faults(policy: CorsPolicy) -> Vec<CorsFault> {
    policy.build().unwrap_err().faults().to_vec()
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let all = Cors::for_origins([
        "https://a.example/",
        "https://b.example",
        "null",
        "http://c.example",
    ])
    .with_methods(["PUT", "TRACE", ""])
    .with_request_headers(["X-Good", "Sec-Foo"])
    .with_exposed_headers(["Set-Cookie", "X-Good", "Expires"])
    .with_max_age(Duration::from_secs(86_401))
    .with_credentials();
    let origin = |written: &str, fault| C::Origin {
        written: written.into(),
        fault,
    };
    assert_eq!(
        faults(all.clone()),
        [
            origin("https://a.example/", OriginFault::TrailingSlash),
            origin("null", OriginFault::Null),
            C::InsecureOriginWithCredentials {
                written: "http://c.example".into()
            },
            C::Method {
                written: "TRACE".into(),
                fault: NameFault::Forbidden
            },
            C::Method {
                written: "".into(),
                fault: NameFault::Invalid
            },
            C::RequestHeader {
                written: "Sec-Foo".into(),
                fault: NameFault::Forbidden
            },
            C::ExposedHeader {
                written: "Set-Cookie".into(),
                fault: NameFault::Forbidden
            },
            C::ExposedHeader {
                written: "Expires".into(),
                fault: NameFault::Needless
            },
            C::MaxAge(Duration::from_secs(86_401)),
        ]
    );
    let sentence = crate::config::ConfigError::from(all.build().unwrap_err()).to_string();
    assert_eq!(sentence.matches("; ").count(), 8, "{sentence}");
}

#[test]
fn what_cannot_be_trusted_does_not_build() {
    let none: [&str; 0] = [];
    assert_eq!(faults(Cors::for_origins(none)), [C::NoOrigin]);
    let any = Cors::dangerous_for_any_origin();
    assert!(any.clone().build().is_ok());
    assert_eq!(
        faults(any.with_credentials()),
        [C::AnyOriginWithCredentials]
    );
    let insecure = Cors::for_origins(["http://a.example"]);
    assert!(insecure.clone().build().is_ok());
    assert!(insecure.clone().with_credentials().build().is_err());
    let insecure = insecure
        .with_credentials()
        .dangerous_with_insecure_origins();
    assert!(insecure.build().is_ok());
    let here = [
        "http://localhost:3000",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
    ];
    assert!(Cors::for_origins(here).with_credentials().build().is_ok());
    let public = Cors::for_origins(["https://*.github.io"]);
    assert!(public.clone().build().is_err());
    assert!(public.dangerous_with_public_suffixes().build().is_ok());
    for (seconds, good) in [(0, true), (86_400, true), (86_401, false)] {
        let policy = Cors::for_origins(["https://a.example"]);
        let built = policy.with_max_age(Duration::from_secs(seconds)).build();
        assert_eq!(built.is_ok(), good, "{seconds}");
    }
    for text in [
        "*",
        "https://*.com",
        "https://a.example:443",
        "https://a.example:0",
        "file://",
    ] {
        assert_eq!(faults(Cors::for_origins([text])).len(), 1, "{text}");
        assert_eq!(
            faults(Cors::for_origins([text]).with_credentials()).len(),
            1,
            "{text}"
        );
    }
}
