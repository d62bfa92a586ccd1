//! Who wrote a response, and what is left of one in whose place another leaves.

use std::sync::Arc;

use http::Response;
use http::header::{
    CONTENT_SECURITY_POLICY, ETAG, HeaderMap, HeaderName, TRAILER, TRANSFER_ENCODING,
};

use super::details::Problem;

/// Marks a response as one of this crate, for whatever stands around and looks at errors.
#[derive(Clone, Debug)]
pub(crate) enum Author {
    /// The event is told, and the response names the request.
    Told,
    /// A handler answered with this problem, and nobody told the event yet.
    Untold(Arc<Problem>),
}

/// Has a response bear headers of the one that it takes the place of: those that `keeps` names and
/// that it has no values of itself.
pub(crate) fn inherit<B>(
    response: &mut Response<B>,
    headers: HeaderMap,
    keeps: impl Fn(&HeaderName) -> bool,
) {
    let mut kept = None; // a name stands once before all of its values
    for (name, value) in headers {
        if let Some(name) = name {
            let inherits = keeps(&name) && !response.headers().contains_key(&name);
            kept = inherits.then_some(name);
        }
        if let Some(name) = &kept {
            response.headers_mut().append(name.clone(), value);
        }
    }
}

/// Whether a header describes the body that is thrown away.
pub(crate) fn is_of_body(name: &HeaderName) -> bool {
    name.as_str().starts_with("content-") && *name != CONTENT_SECURITY_POLICY
        || [TRANSFER_ENCODING, TRAILER, ETAG].contains(name)
}
