//! What a confirmation is for.

use std::fmt;

use http::Method;
use sha2::{Digest, Sha256};

use crate::identity::Principal;

/// A SHA-256 digest.
pub(super) type Fingerprint = [u8; 32];

/// One request to be confirmed, to the letter: its method, its path with its query, and its body.
#[derive(Clone, PartialEq, Eq)]
pub struct Action {
    pub(super) target: Fingerprint,
    pub(super) body: Fingerprint,
}

impl Action {
    /// The request for `method` on `path_and_query`, such as `/transfers?draft=no`, with `body`
    /// (empty if it has none). The path is the whole one, however routers are nested.
    #[must_use]
    pub fn new(method: &Method, path_and_query: &str, body: &[u8]) -> Self {
        Self::at(target(method, path_and_query), body)
    }

    pub(super) fn at(target: Fingerprint, body: &[u8]) -> Self {
        Self {
            target,
            body: Sha256::digest(body).into(),
        }
    }
}

/// Digests of short bodies can be guessed, so they are not shown.
impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Action(..)")
    }
}

pub(super) fn target(method: &Method, path_and_query: &str) -> Fingerprint {
    fingerprint("target", &[Some(method.as_str()), Some(path_and_query)])
}

/// Who a confirmation is for: the same subject with another credential is another.
pub(super) fn caller(principal: &Principal) -> Fingerprint {
    let credential = principal.credential();
    fingerprint(
        "caller",
        &[
            principal.issuer(),
            Some(principal.subject()),
            principal.tenant(),
            Some(credential.kind()),
            credential.id(),
        ],
    )
}

/// A digest of `parts` in which none can take a piece of the next, or be missing and empty alike.
fn fingerprint(of: &str, parts: &[Option<&str>]) -> Fingerprint {
    let mut digest = Sha256::new_with_prefix("portcullis confirm 1 ");
    for part in std::iter::once(&Some(of)).chain(parts) {
        match part {
            None => digest.update([0]),
            Some(text) => {
                digest.update([1]);
                digest.update((text.len() as u64).to_be_bytes());
                digest.update(text);
            }
        }
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::identity::Credential;

    #[test]
    fn whatever_differs_makes_another_action() {
        let action = |method: &Method, path: &str, body: &[u8]| {
            let action = Action::new(method, path, body);
            (action.target, action.body)
        };
        let all = [
            action(&Method::POST, "/a", b""),
            action(&Method::PUT, "/a", b""),
            action(&Method::POST, "/a?", b""),
            action(&Method::POST, "/a?b", b""),
            action(&Method::POST, "/a/", b""),
            action(&Method::POST, "/A", b""),
            action(&Method::POST, "/%61", b""),
            action(&Method::POST, "/a", b"x"),
            action(&Method::POST, "/a", b"x "),
            action(&Method::from_bytes(b"POST2").unwrap(), "/a", b""),
        ];
        assert_eq!(HashSet::from(all).len(), all.len());
        assert_eq!(
            Action::new(&Method::POST, "/a", b"x"),
            Action::new(&Method::POST, "/a", b"x")
        );
    }

    #[test]
    fn whoever_differs_is_another_caller() {
        let bob = || Principal::new("bob");
        let token = |id: Option<&str>| Credential::Token {
            id: id.map(Into::into),
        };
        let key = Credential::ApiKey { id: "1".into() };
        let all = [
            bob(),
            Principal::new("bo"),
            bob().with_issuer("i"),
            bob().with_issuer(""),
            bob().with_tenant("i"),
            Principal::new("b").with_issuer("bo"),
            bob().with_credential(token(None)),
            bob().with_credential(token(Some(""))),
            bob().with_credential(token(Some("1"))),
            bob().with_credential(key),
            // A byte that stands for "a part follows" is no end of the part before.
            Principal::new("z").with_issuer("x\u{1}y"),
            Principal::new("y\u{1}z").with_issuer("x"),
        ];
        let different: HashSet<_> = all.iter().map(caller).collect();
        assert_eq!(different.len(), all.len());
        assert_eq!(caller(&bob()), caller(&bob().with_auth_time(7)));
    }
}
