//! `rate_limit` where something is wrong: nobody is let in.

use std::sync::Arc;

use axum::body::Body;
use http::{Request, StatusCode};
use portcullis::config::ConfigError;
use portcullis::guard::Guard;
use portcullis::rate_limit::{Quota, RateLimit};
use portcullis::store::{Answer, Charge, Decision, Quotas, StoreError};

use crate::rate_limit::{HERE, asking, lines, route, two};
use crate::support::{read, send};

#[tokio::test]
async fn a_limit_that_cannot_know_whose_quota_it_is_lets_nobody_in() {
    let nowhere = || Request::get("/").body(Body::empty()).unwrap();
    for limit in [
        RateLimit::per_client(two()),
        RateLimit::per_principal(two()),
        RateLimit::per_api_key(two()),
        RateLimit::per_key("own", two(), |_| None),
    ] {
        let response = send(&route().layer(limit.unwrap()), nowhere()).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}

/// Answers every charge with the same words.
#[derive(Debug)]
struct Stuck(Option<Decision>);

impl Quotas for Stuck {
    fn take<'a>(&'a self, _charge: Charge<'a>) -> Answer<'a, Decision> {
        match self.0 {
            Some(decision) => Answer::later(async move { Ok(decision) }),
            None => StoreError::new("stuck", "no route to secret-host").into(),
        }
    }
}

#[tokio::test]
async fn a_store_that_cannot_answer_lets_nobody_in() {
    let limit = RateLimit::per_client(two())
        .unwrap()
        .with_store(Arc::new(Stuck(None)));
    let response = send(&route().layer(limit), asking(HERE, None)).await;
    assert_eq!(lines(response.headers(), "retry-after"), ["5"]);
    let (status_code, body) = read(response).await;
    assert_eq!(status_code, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!body.to_string().contains("secret-host"));
}

#[tokio::test]
async fn nobody_is_told_to_come_back_for_what_will_never_be_admitted() {
    let never = Decision {
        admitted: false,
        limit: 2,
        remaining: 2,
        ..Decision::default()
    };
    let limit = RateLimit::per_client(two())
        .unwrap()
        .with_store(Arc::new(Stuck(Some(never))));
    let response = send(&route().layer(limit), asking(HERE, None)).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(!response.headers().contains_key("retry-after"));
    assert_eq!(
        lines(response.headers(), "ratelimit"),
        [r#""client";r=2;t=0"#]
    );
}

#[test]
fn what_cannot_be_is_said_when_it_is_built() {
    let limit = || RateLimit::per_client(two()).unwrap();
    let faults: [Result<RateLimit, ConfigError>; 5] = [
        RateLimit::per_client(Quota::per_minute(0)),
        limit().with_name(""),
        limit().with_cost(0),
        limit().with_cost(3),
        RateLimit::per_key("\n", two(), |_| None),
    ];
    assert!(faults.iter().all(Result::is_err), "{faults:?}");
    assert!(limit().with_cost(2).is_ok());
    let demand = limit().describe().to_string();
    assert_eq!(demand, "2 per 60s by client");
}
