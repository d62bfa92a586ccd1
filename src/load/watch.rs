//! What may still be refused of a request that has gone on.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONNECTION, HeaderValue};
use http::request::Parts;
use http::{Response, Version};

use crate::body::Upload;
use crate::event::Witness;
use crate::problem::{Kind, Problem, inherit, is_of_body};

/// A request on its way, of which the body or the time may yet run out.
#[derive(Debug)]
pub(super) struct Watch {
    witness: Witness,
    pub(super) upload: Option<Arc<Upload>>,
    version: Version,
}

impl Watch {
    pub(super) fn new(head: &Parts, upload: Option<Arc<Upload>>) -> Self {
        Self {
            witness: Witness::of(head),
            upload,
            version: head.version,
        }
    }

    /// The answer to a request whose time is up: 408 if its body was being waited for, and 503 if
    /// all that took so long was the application.
    pub(super) fn late<R: From<Bytes>>(self) -> Response<R> {
        let waits = self.upload.as_ref().is_some_and(|upload| upload.waits());
        self.refuse(if waits {
            Problem::new(Kind::RequestTimeout).because("body_not_received_in_time")
        } else {
            Problem::new(Kind::Unavailable).because("handler_out_of_time")
        })
    }

    /// The answer of the application, unless that is an error which it makes of a body that was cut
    /// off and that nobody has refused yet: then this crate's own, with the headers that were set.
    pub(super) fn seen<R: From<Bytes>>(self, response: Response<R>) -> Response<R> {
        let status = response.status();
        if !status.is_client_error() && !status.is_server_error() {
            return response;
        }
        let Some(problem) = self.upload.as_ref().and_then(|upload| upload.problem()) else {
            return response;
        };
        let mut refusal = self.refuse(problem);
        let (answered, _) = response.into_parts();
        inherit(&mut refusal, answered.headers, |name| !is_of_body(name));
        refusal
    }

    /// After a body that did not come in time the connection is of no use (RFC 9110, section
    /// 15.5.9); HTTP/2 knows no such header.
    fn refuse<R: From<Bytes>>(self, problem: Problem) -> Response<R> {
        let closes = problem.kind() == Kind::RequestTimeout && self.version <= Version::HTTP_11;
        let problem = if closes {
            problem.with_header(CONNECTION, HeaderValue::from_static("close"))
        } else {
            problem
        };
        self.witness.refuse(problem).into_http()
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::body::{Cut, Overrun};

    fn watch(cut: Option<Cut>) -> Watch {
        let (head, ()) = http::Request::new(()).into_parts();
        let upload = Arc::new(Upload::default());
        if let Some(cut) = cut {
            let _ = Overrun::new(&upload, cut);
        }
        Watch::new(&head, Some(upload))
    }

    fn answer(status: u16) -> Response<Bytes> {
        Response::builder()
            .status(status)
            .header("content-type", "text/plain")
            .header("content-length", "4")
            .header("vary", "origin")
            .header("vary", "accept")
            .header("retry-after", "9")
            .body(Bytes::from_static(b"oops"))
            .unwrap()
    }

    #[test]
    fn only_an_error_made_of_a_body_that_was_cut_off_is_replaced() {
        for (cut, status, answered) in [
            (None, 400, 400),
            (Some(Cut::TooLong), 200, 200),
            (Some(Cut::TooLong), 399, 399),
            (Some(Cut::TooLong), 400, 413),
            (Some(Cut::TooSlow), 500, 408),
        ] {
            let response = watch(cut).seen(answer(status));
            assert_eq!(response.status().as_u16(), answered);
            assert_eq!(response.body() == "oops", status == answered);
        }
    }

    #[test]
    fn a_replaced_answer_keeps_the_headers_that_are_not_of_its_body() {
        let response = watch(Some(Cut::TooLong)).seen(answer(400));
        let headers = response.headers();
        assert_eq!(headers["content-type"], "application/problem+json");
        assert!(!headers.contains_key("content-length"));
        assert_eq!(headers.get_all("vary").iter().count(), 2);
        assert_eq!(headers["retry-after"], "9");
        assert!(!headers.contains_key("connection"));
    }

    #[test]
    fn whose_fault_it_is_that_time_is_up_depends_on_who_was_waited_for() {
        let late = |waits| {
            let watch = watch(None);
            watch.upload.as_ref().unwrap().note_waiting(waits);
            let response: Response<Bytes> = watch.late();
            let closes = response.headers().contains_key("connection");
            (response.status(), closes)
        };
        assert_eq!(late(true), (StatusCode::REQUEST_TIMEOUT, true));
        assert_eq!(late(false), (StatusCode::SERVICE_UNAVAILABLE, false));
    }
}
