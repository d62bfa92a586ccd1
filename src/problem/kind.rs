//! The closed list of every way in which this crate refuses a request.

use http::StatusCode;

use super::grpc_code::GrpcCode;

/// Why a request was refused, in the terms that a caller may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Credentials were sent in a way that cannot be understood, or more than one at once.
    InvalidRequest,
    /// The body is not what its media type says.
    MalformedBody,
    /// A credential is needed, and none was sent.
    Unauthenticated,
    /// The credential that was sent is not accepted.
    InvalidCredential,
    /// The login behind the request is too old or too weak.
    StepUpRequired,
    /// The credential lacks a scope.
    InsufficientScope,
    /// The caller may not do this.
    Forbidden,
    /// The request must be confirmed before it is carried out.
    ConfirmationRequired,
    /// There is nothing of this id, or nothing that the caller may know of.
    NotFound,
    /// The resource has no such method.
    MethodNotAllowed,
    /// The body is longer than this resource reads.
    BodyTooLarge,
    /// The header fields are more, or longer, than this resource reads.
    HeadersTooLarge,
    /// The request did not arrive in the time that it is given.
    RequestTimeout,
    /// The body's media type is not one that this resource reads.
    UnsupportedMediaType,
    /// The body is well formed and breaks the rules of this resource.
    InvalidBody,
    /// Parameters in the address or in header fields cannot be read.
    MalformedParameters,
    /// Parameters in the address or in header fields break the rules of this resource.
    InvalidParameters,
    /// The caller takes none of the media types in which this resource answers.
    NotAcceptable,
    /// The caller has used up a quota.
    QuotaExceeded,
    /// There is more to do for the moment than can be done; not the caller's fault
    /// (draft-ietf-httpapi-ratelimit-headers, problem type of this name).
    ReducedCapacity,
    /// The application is put together wrongly; only its author can mend it.
    Misconfigured,
    /// Something that the decision needs cannot be reached.
    Unavailable,
    /// What was here is gone for good, such as a version of an interface.
    Gone,
    /// The application turned the request away, for reasons that are not told.
    Declined,
}

impl Kind {
    /// Every kind, for tables and documents, in the order in which they are declared.
    pub const ALL: [Self; 24] = [
        Self::InvalidRequest,
        Self::MalformedBody,
        Self::Unauthenticated,
        Self::InvalidCredential,
        Self::StepUpRequired,
        Self::InsufficientScope,
        Self::Forbidden,
        Self::ConfirmationRequired,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::BodyTooLarge,
        Self::HeadersTooLarge,
        Self::RequestTimeout,
        Self::UnsupportedMediaType,
        Self::InvalidBody,
        Self::MalformedParameters,
        Self::InvalidParameters,
        Self::NotAcceptable,
        Self::QuotaExceeded,
        Self::ReducedCapacity,
        Self::Misconfigured,
        Self::Unavailable,
        Self::Gone,
        Self::Declined,
    ];

    /// The stable name of the kind: the last part of the problem's `type`.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        self.row().0
    }

    /// The status that the response bears, unless the author chose another where that is offered.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.row().1
    }

    /// One generic sentence for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.row().2
    }

    /// The code that a gRPC caller sees.
    #[must_use]
    pub const fn grpc_code(self) -> GrpcCode {
        self.row().3
    }

    /// The table of kinds, and the only one.
    #[allow(clippy::too_many_lines)] // a row for each kind
    const fn row(self) -> (&'static str, StatusCode, &'static str, GrpcCode) {
        use GrpcCode as G;
        use StatusCode as S;
        match self {
            Self::InvalidRequest => (
                "invalid-request",
                S::BAD_REQUEST,
                "The request cannot be understood",
                G::InvalidArgument,
            ),
            Self::MalformedBody => (
                "malformed-body",
                S::BAD_REQUEST,
                "The body is malformed",
                G::InvalidArgument,
            ),
            Self::Unauthenticated => (
                "unauthenticated",
                S::UNAUTHORIZED,
                "Credentials are required",
                G::Unauthenticated,
            ),
            Self::InvalidCredential => (
                "invalid-credential",
                S::UNAUTHORIZED,
                "The credentials are not valid",
                G::Unauthenticated,
            ),
            Self::StepUpRequired => (
                "step-up-required",
                S::UNAUTHORIZED,
                "A fresh or stronger login is required",
                G::Unauthenticated,
            ),
            Self::InsufficientScope => (
                "insufficient-scope",
                S::FORBIDDEN,
                "The credentials lack a required scope",
                G::PermissionDenied,
            ),
            Self::Forbidden => (
                "forbidden",
                S::FORBIDDEN,
                "This is not allowed",
                G::PermissionDenied,
            ),
            Self::ConfirmationRequired => (
                "confirmation-required",
                S::FORBIDDEN,
                "This request must be confirmed first",
                G::PermissionDenied,
            ),
            Self::NotFound => (
                "not-found",
                S::NOT_FOUND,
                "There is no such resource",
                G::NotFound,
            ),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                S::METHOD_NOT_ALLOWED,
                "The resource has no such method",
                G::Unimplemented,
            ),
            Self::BodyTooLarge => (
                "body-too-large",
                S::PAYLOAD_TOO_LARGE,
                "The body is too large",
                G::ResourceExhausted,
            ),
            Self::HeadersTooLarge => (
                "headers-too-large",
                S::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "The header fields are too large",
                G::ResourceExhausted,
            ),
            Self::RequestTimeout => (
                "request-timeout",
                S::REQUEST_TIMEOUT,
                "The request did not arrive in time",
                G::DeadlineExceeded,
            ),
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                S::UNSUPPORTED_MEDIA_TYPE,
                "The media type is not supported",
                G::InvalidArgument,
            ),
            Self::InvalidBody => (
                "invalid-body",
                S::UNPROCESSABLE_ENTITY,
                "The body does not follow the rules of this resource",
                G::InvalidArgument,
            ),
            Self::MalformedParameters => (
                "malformed-parameters",
                S::BAD_REQUEST,
                "The parameters are malformed",
                G::InvalidArgument,
            ),
            Self::InvalidParameters => (
                "invalid-parameters",
                S::UNPROCESSABLE_ENTITY,
                "The parameters do not follow the rules of this resource",
                G::InvalidArgument,
            ),
            Self::NotAcceptable => (
                "not-acceptable",
                S::NOT_ACCEPTABLE,
                "No media type of this resource is acceptable",
                G::InvalidArgument,
            ),
            Self::QuotaExceeded => (
                "quota-exceeded",
                S::TOO_MANY_REQUESTS,
                "Too many requests",
                G::ResourceExhausted,
            ),
            Self::ReducedCapacity => (
                "temporary-reduced-capacity",
                S::SERVICE_UNAVAILABLE,
                "The service has too much to do for the moment",
                G::Unavailable,
            ),
            Self::Misconfigured => (
                "internal-error",
                S::INTERNAL_SERVER_ERROR,
                "Something went wrong",
                G::Internal,
            ),
            Self::Unavailable => (
                "unavailable",
                S::SERVICE_UNAVAILABLE,
                "The service is not available for the moment",
                G::Unavailable,
            ),
            Self::Gone => (
                "gone",
                S::GONE,
                "This is no longer available",
                G::Unimplemented,
            ),
            Self::Declined => (
                "request-declined",
                S::BAD_REQUEST,
                "The request was declined",
                G::InvalidArgument,
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_has_its_own_slug_and_an_error_status() {
        let slugs: HashSet<_> = Kind::ALL.map(Kind::slug).into();
        assert_eq!(slugs.len(), Kind::ALL.len());
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place);
            assert!(kind.status().is_client_error() || kind.status().is_server_error());
            assert!(kind.title().is_ascii());
        }
    }
}
