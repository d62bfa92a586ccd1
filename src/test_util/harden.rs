//! The attacks, run against an application.

use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use tower_service::Service;

use super::corpus::attacks;
use super::draft::Draft;
use super::probe::Probe;

/// The greatest body of an answer in bytes.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// Something that an application does wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakness {
    attack: Box<str>,
    seen: String,
}

impl Weakness {
    /// The name of the attack.
    #[must_use]
    pub fn attack(&self) -> &str {
        &self.attack
    }

    /// What came of it.
    #[must_use]
    pub fn seen(&self) -> &str {
        &self.seen
    }
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.attack, self.seen)
    }
}

/// Tries every one of [`attacks`] on `app` and panics with the names of those that it does not
/// withstand, and what was seen. See [`find_weaknesses`].
///
/// # Panics
/// If there is a weakness.
pub async fn assert_hardened<S, B>(app: S, good: impl Into<Draft>, probe: impl Into<Probe>)
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    B: HttpBody,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let found = find_weaknesses(app, good, probe).await;
    let lines: Vec<_> = found.iter().map(Weakness::to_string).collect();
    assert!(
        found.is_empty(),
        "the application does not withstand {} of the attacks:\n{}",
        found.len(),
        lines.join("\n")
    );
}

/// Tries every one of [`attacks`] on `app` and tells which it does not withstand.
///
/// First `app` has to answer `probe` with success (2xx) when it shows the token `good`, which is a
/// [`Draft`] or, for a plain token, a [`TestIssuer`](super::TestIssuer); else nothing would be
/// proved, and that is the one weakness told (`good_token`). It has to do so afterwards as well
/// (`good_token_afterwards`). Each attack has to be refused with its status, a challenge, no word
/// of the token in the answer and an answer that is not stored; it may not make `app` panic.
///
/// There are some 370 attacks: give `app` a rate limit above that.
pub async fn find_weaknesses<S, B>(
    app: S,
    good: impl Into<Draft>,
    probe: impl Into<Probe>,
) -> Vec<Weakness>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    B: HttpBody,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (good, probe) = (good.into(), probe.into());
    if let Some(status) = not_let_in(&app, &good, &probe).await {
        return vec![Weakness {
            attack: "good_token".into(),
            seen: format!("a good token is not let in ({status}), so that nothing is proved"),
        }];
    }
    let mut found = Vec::new();
    for attack in attacks(good.clone()) {
        let request = attack.apply(probe.request());
        let seen = match exchange(app.clone(), request).await {
            Ok((status, headers, body)) => attack.judge(status, &headers, &body),
            Err(fault) => Some(fault.to_owned()),
        };
        found.extend(seen.map(|seen| Weakness {
            attack: attack.name().into(),
            seen,
        }));
    }
    if let Some(status) = not_let_in(&app, &good.renewed(), &probe).await {
        found.push(Weakness {
            attack: "good_token_afterwards".into(),
            seen: format!("after the attacks a good token is not let in any more ({status})"),
        });
    }
    found
}

/// What `app` says to a good token, unless that is success.
async fn not_let_in<S, B>(app: &S, good: &Draft, probe: &Probe) -> Option<String>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone,
    B: HttpBody,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut request = probe.request();
    let line = format!("Bearer {}", good.sign());
    let headers = request.headers_mut();
    headers.remove(AUTHORIZATION);
    headers.extend(HeaderValue::from_str(&line).map(|line| (AUTHORIZATION, line)));
    match exchange(app.clone(), request).await {
        Ok((status, ..)) if status.is_success() => None,
        Ok((status, ..)) => Some(status.to_string()),
        Err(fault) => Some(fault.to_owned()),
    }
}

/// Sends `request` and reads the whole answer.
async fn exchange<S, B>(
    mut app: S,
    request: Request<Bytes>,
) -> Result<(StatusCode, HeaderMap, Bytes), &'static str>
where
    S: Service<Request<Body>, Response = Response<B>>,
    B: HttpBody,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut answer = pin!(async move {
        let failed = "the application failed";
        poll_fn(|context| app.poll_ready(context))
            .await
            .map_err(|_| failed)?;
        let response = app
            .call(request.map(Body::from))
            .await
            .map_err(|_| failed)?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, LONGEST_ANSWER).collect().await;
        let body = body.map_err(|_| "the body of the answer is broken or longer than 1 MiB")?;
        Ok((head.status, head.headers, body.to_bytes()))
    });
    poll_fn(move |context| {
        catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context)))
            .unwrap_or(Poll::Ready(Err("the application panicked")))
    })
    .await
}
