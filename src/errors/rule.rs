//! The pure decision over an error.

use http::StatusCode;

use crate::problem::Kind;

/// Who wrote a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Author {
    /// This crate, which told the event.
    House,
    /// A handler, by a problem of this crate of which no event is told.
    Handler,
    /// Somebody who means it to the letter.
    Marked,
    /// Somebody else, as problem details (RFC 9457).
    Foreign { is_problem: bool },
}

/// What becomes of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It leaves as it is.
    Stands,
    /// Its problem is told, and names the request.
    Told,
    /// A problem of this kind takes its place, for this reason.
    Replaced(Kind, &'static str),
}

/// What becomes of a response with this `status` by `author`.
pub(super) fn judge(status: StatusCode, author: Author, keeps_client_errors: bool) -> Verdict {
    let is_of_client = match status.as_u16() {
        ..400 => return Verdict::Stands,
        400..500 => true,
        500.. => false,
    };
    match author {
        Author::House | Author::Marked => Verdict::Stands,
        Author::Handler => Verdict::Told,
        Author::Foreign { is_problem } if is_of_client && (is_problem || keeps_client_errors) => {
            Verdict::Stands
        }
        Author::Foreign { .. } if is_of_client => {
            Verdict::Replaced(kind_of(status), "foreign_refusal")
        }
        Author::Foreign { .. } => Verdict::Replaced(kind_of(status), "foreign_error"),
    }
}

/// The kind that says no more than the status does.
fn kind_of(status: StatusCode) -> Kind {
    match status.as_u16() {
        400 => Kind::InvalidRequest,
        401 => Kind::Unauthenticated,
        403 => Kind::Forbidden,
        404 => Kind::NotFound,
        405 => Kind::MethodNotAllowed,
        408 => Kind::RequestTimeout,
        410 => Kind::Gone,
        413 => Kind::BodyTooLarge,
        415 => Kind::UnsupportedMediaType,
        422 => Kind::InvalidBody,
        429 => Kind::QuotaExceeded,
        431 => Kind::HeadersTooLarge,
        502..=504 => Kind::Unavailable,
        ..500 => Kind::Declined,
        _ => Kind::Misconfigured,
    }
}

/// Whether a gRPC code tells of an error within: UNKNOWN, INTERNAL, UNAVAILABLE, `DATA_LOSS`.
pub(super) fn is_inner_grpc_error(code: &[u8]) -> bool {
    [&b"2"[..], b"13", b"14", b"15"].contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: Author = Author::Foreign { is_problem: false };
    const PROBLEM: Author = Author::Foreign { is_problem: true };

    fn of(status: u16, author: Author, keeps: bool) -> Verdict {
        judge(StatusCode::from_u16(status).unwrap(), author, keeps)
    }

    #[test]
    fn an_error_is_replaced_unless_somebody_stands_for_it() {
        let refusal = |kind| Verdict::Replaced(kind, "foreign_refusal");
        let error = |kind| Verdict::Replaced(kind, "foreign_error");
        for (status, author, keeps, verdict) in [
            (399, TEXT, false, Verdict::Stands),
            (400, TEXT, false, refusal(Kind::InvalidRequest)),
            (499, TEXT, false, refusal(Kind::Declined)),
            (500, TEXT, false, error(Kind::Misconfigured)),
            (399, PROBLEM, false, Verdict::Stands),
            (400, PROBLEM, false, Verdict::Stands),
            (499, PROBLEM, false, Verdict::Stands),
            (500, PROBLEM, false, error(Kind::Misconfigured)),
            (400, TEXT, true, Verdict::Stands),
            (499, TEXT, true, Verdict::Stands),
            (500, TEXT, true, error(Kind::Misconfigured)),
            (999, PROBLEM, true, error(Kind::Misconfigured)),
            (200, Author::Handler, false, Verdict::Stands),
            (400, Author::Handler, false, Verdict::Told),
            (500, Author::Handler, true, Verdict::Told),
            (500, Author::House, false, Verdict::Stands),
            (404, Author::House, false, Verdict::Stands),
            (503, Author::Marked, false, Verdict::Stands),
            (404, Author::Marked, false, Verdict::Stands),
        ] {
            assert_eq!(of(status, author, keeps), verdict, "{status} {author:?}");
        }
    }

    #[test]
    fn a_kind_that_has_the_status_stands_for_it() {
        for status in 400..1_000 {
            let status = StatusCode::from_u16(status).unwrap();
            let kind = kind_of(status);
            let generic = [Kind::Declined, Kind::Misconfigured, Kind::Unavailable];
            assert!(
                kind.status() == status || generic.contains(&kind),
                "{status}"
            );
            assert_eq!(
                kind.status().is_client_error(),
                status.is_client_error(),
                "{status}"
            );
        }
    }

    #[test]
    fn the_codes_of_errors_within_are_those_of_the_list() {
        for code in 0..=17_u8 {
            let is_inner = is_inner_grpc_error(code.to_string().as_bytes());
            assert_eq!(is_inner, [2, 13, 14, 15].contains(&code), "{code}");
        }
    }
}
