//! One decision, with all that is known of it.

use std::error::Error;

use axum::extract::MatchedPath;
use http::request::Parts;
use http::{Extensions, Method, StatusCode};

use crate::identity::{ApiVersion, ClientAddr, Facts, Principal, RequestId};
use crate::problem::{FieldFault, Kind, Problem};

/// A decision that a control has taken.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SecurityEvent<'a> {
    /// What was decided, in one word.
    pub outcome: Outcome,
    /// The kind of refusal; none if the request was let on.
    pub kind: Option<Kind>,
    /// The status of the refusal; none if the request was let on.
    pub status: Option<StatusCode>,
    /// Why: a stable word such as `token_expired`.
    pub reason: &'a str,
    /// The error behind a refusal.
    pub cause: Option<&'a (dyn Error + 'static)>,
    /// The method of the request.
    pub method: &'a Method,
    /// The route that the request matched, as it was written in the router. The path itself is not
    /// told, since paths carry personal data and one-time secrets.
    pub route: Option<&'a str>,
    /// Which machine is calling.
    pub client: Option<ClientAddr>,
    /// Who is calling.
    pub principal: Option<&'a Principal>,
    /// By which id the request is known, if an id was given to it.
    pub request_id: Option<&'a RequestId>,
    /// Which version of the interface the request is for, if that is known by then.
    pub version: Option<ApiVersion>,
    /// The policy whose quota is used up, or nearly; the first of several.
    pub policy: Option<&'a str>,
    /// What is wrong with the request, part by part. Names of members are the caller's words; no
    /// value is there.
    pub faults: &'a [FieldFault],
    /// How many decisions of this sort the event stands for: 1, unless it is one of a flood of which
    /// not each is told.
    pub times: u64,
}

/// The route that the request with these extensions matched, as it was written in the router.
pub(crate) fn route(extensions: &Extensions) -> Option<&str> {
    extensions.get().map(MatchedPath::as_str)
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The caller proved who they are.
    Authenticated,
    /// The request was turned away: credentials, permissions or form.
    Refused,
    /// The request was turned away because a quota is used up, or there is too much to do.
    Limited,
    /// The body was turned away, or parameters or header fields, for what they are.
    InvalidInput,
    /// No decision could be taken, so the request was turned away.
    Failed,
    /// The request was let on, though a quota is nearly used up.
    NearLimit,
    /// The request was let on, though a quota is used up: its limit only reports.
    WouldLimit,
    /// The request was let on, though what it is for is deprecated.
    Deprecated,
    /// The request was let on without a part of its body that the caller may not send.
    Trimmed,
    /// The request was let on, though it breaks the rules: their schema only reports.
    WouldRefuse,
}

impl Outcome {
    /// The stable word for logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authenticated => "authenticated",
            Self::Refused => "refused",
            Self::Limited => "limited",
            Self::InvalidInput => "invalid_input",
            Self::Failed => "failed",
            Self::NearLimit => "near_limit",
            Self::WouldLimit => "would_limit",
            Self::Deprecated => "deprecated",
            Self::Trimmed => "trimmed",
            Self::WouldRefuse => "would_refuse",
        }
    }

    pub(super) const fn of(kind: Kind) -> Self {
        match kind {
            Kind::QuotaExceeded | Kind::ReducedCapacity => Self::Limited,
            Kind::MalformedBody
            | Kind::BodyTooLarge
            | Kind::HeadersTooLarge
            | Kind::RequestTimeout
            | Kind::UnsupportedMediaType
            | Kind::InvalidBody
            | Kind::MalformedParameters
            | Kind::InvalidParameters
            | Kind::NotAcceptable => Self::InvalidInput,
            Kind::Misconfigured | Kind::Unavailable => Self::Failed,
            Kind::InvalidRequest
            | Kind::Unauthenticated
            | Kind::InvalidCredential
            | Kind::StepUpRequired
            | Kind::InsufficientScope
            | Kind::Forbidden
            | Kind::ConfirmationRequired
            | Kind::NotFound
            | Kind::MethodNotAllowed
            | Kind::Gone
            | Kind::Declined => Self::Refused,
        }
    }
}

impl<'a> SecurityEvent<'a> {
    /// The caller of the request with this head proved who they are.
    pub(super) fn authenticated(head: &'a Parts) -> Self {
        Self {
            outcome: Outcome::Authenticated,
            kind: None,
            status: None,
            reason: "authenticated",
            cause: None,
            method: &head.method,
            route: route(&head.extensions),
            client: ClientAddr::of(&head.extensions),
            principal: Facts::caller(&head.extensions).principal(),
            request_id: RequestId::of(&head.extensions),
            version: ApiVersion::of(&head.extensions),
            policy: None,
            faults: &[],
            times: 1,
        }
    }

    /// The request with this head is turned away with `problem`.
    pub(super) fn refused(head: &'a Parts, problem: &'a Problem) -> Self {
        Self {
            outcome: Outcome::of(problem.kind()),
            kind: Some(problem.kind()),
            status: Some(problem.status()),
            reason: problem.reason(),
            cause: Error::source(problem),
            policy: problem.violated_policies().next(),
            faults: problem.faults(),
            times: problem.times(),
            ..Self::authenticated(head)
        }
    }
}
