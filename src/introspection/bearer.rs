//! The token in the head of a request (RFC 6750, section 2.1).

use http::header::{AUTHORIZATION, HeaderMap};

use crate::field::{self, Repeated};
use crate::problem::Kind;

/// The longest token that is asked about, in bytes.
const LONGEST: usize = 16 * 1024;

/// What a request shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown<'h> {
    /// No credential, or one of another scheme.
    Nothing,
    /// A token.
    Token(&'h str),
    /// Something that is neither, with the reason.
    Bad(Kind, &'static str),
}

const MALFORMED: Shown<'_> = Shown::Bad(Kind::InvalidRequest, "malformed_authorization");
const SEVERAL: Shown<'_> = Shown::Bad(Kind::InvalidRequest, "several_authorizations");
const TOO_LONG: Shown<'_> = Shown::Bad(Kind::InvalidCredential, "token_too_long");

/// The token that `headers` bear. Those in queries and bodies are not looked for: they end up in
/// logs and histories (RFC 9700, section 4.3.2).
pub(super) fn shown(headers: &HeaderMap) -> Shown<'_> {
    match field::exactly_one(headers, AUTHORIZATION) {
        Ok(None) => Shown::Nothing,
        Ok(Some(line)) => read(line.as_bytes()),
        Err(Repeated) => SEVERAL,
    }
}

fn read(line: &[u8]) -> Shown<'_> {
    let token = match field::credentials(line) {
        None => return MALFORMED,
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"Bearer") => token,
        Some(_) => return Shown::Nothing,
    };
    if token.len() > LONGEST {
        return TOO_LONG;
    }
    match std::str::from_utf8(token) {
        Ok(text) if field::is_b64token(token) => Shown::Token(text),
        _ => MALFORMED,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_is_shown_by_one_line_of_the_scheme_bearer() {
        for (line, expected) in [
            (&b"Bearer opaque"[..], Shown::Token("opaque")),
            (b"bearer opaque", Shown::Token("opaque")),
            (b"BEARER   opaque", Shown::Token("opaque")),
            (b"Bearer aZ09-._~+/==", Shown::Token("aZ09-._~+/==")),
            (b"Bearer", MALFORMED),
            (b"Bearer ", MALFORMED),
            (b"Bearer =", MALFORMED),
            (b"Bearer a=b", MALFORMED),
            (b"Bearer a b", MALFORMED),
            (b"Bearer a, Bearer b", MALFORMED),
            (b"Bearer a ", MALFORMED),
            (b"Bearer\ta", MALFORMED),
            (b"Bearer \ta", MALFORMED),
            (b"Bearer,a", MALFORMED),
            (b"Bearer \"a\"", MALFORMED),
            (b"Bearer \xc3\xa9", MALFORMED),
            (b"", MALFORMED),
            (b" Bearer a", MALFORMED),
            (b"\xffBearer a", MALFORMED),
            (b"Basic dTpw", Shown::Nothing),
            (b"DPoP opaque", Shown::Nothing),
            (b"Bearerx opaque", Shown::Nothing),
        ] {
            assert_eq!(read(line), expected, "{}", line.escape_ascii());
        }
        let line = |length| ["Bearer ", &"a".repeat(length)].concat();
        assert!(matches!(read(line(LONGEST).as_bytes()), Shown::Token(_)));
        assert_eq!(read(line(LONGEST + 1).as_bytes()), TOO_LONG);
    }

    #[test]
    fn several_lines_are_refused_whatever_they_hold() {
        let mut headers = HeaderMap::new();
        assert_eq!(shown(&headers), Shown::Nothing);
        headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer a"));
        assert_eq!(shown(&headers), Shown::Token("a"));
        headers.append(AUTHORIZATION, HeaderValue::from_static("Basic dTpw"));
        assert_eq!(shown(&headers), SEVERAL);
    }

    proptest! {
        #[test]
        fn what_is_taken_for_a_token_can_be_sent_on(line in proptest::collection::vec(any::<u8>(), 0..40)) {
            let with_scheme = [b"Bearer ".as_slice(), &line].concat();
            for line in [line, with_scheme] {
                if let Shown::Token(token) = read(&line) {
                    prop_assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
                }
            }
        }
    }
}
