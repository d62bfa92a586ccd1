//! The token in the head of a request (RFC 6750, section 2.1).

use http::header::{AUTHORIZATION, HeaderMap};

use super::binding::Scheme;
use super::fault::Fault;
use super::token::LONGEST;
use crate::field::{self, Repeated};

/// What a request shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown<'h> {
    /// No credential, or one of another scheme.
    Nothing,
    /// What may be a token, by this scheme.
    Token(Scheme, Raw<'h>),
    /// Something that is neither.
    Bad(Fault),
}

/// What may be a token: no longer than one can be, and not looked at yet, since one that was
/// verified before need not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Raw<'h>(&'h [u8]);

impl<'h> Raw<'h> {
    pub(super) fn as_bytes(self) -> &'h [u8] {
        self.0
    }

    /// Whether it is of the grammar of tokens, whatever they are of.
    pub(super) fn check(self) -> Result<(), Fault> {
        if field::is_b64token(self.0) {
            Ok(())
        } else {
            Err(Fault::MALFORMED)
        }
    }

    /// The same of its end alone, by which tokens that come again are looked for.
    pub(super) fn check_end(self) -> Result<(), Fault> {
        match self.0.last_chunk::<16>() {
            // Where there is nothing but padding, the rest has to tell.
            Some(end) if *end != [b'='; 16] && !field::is_b64token(end) => Err(Fault::MALFORMED),
            _ => Ok(()),
        }
    }

    /// `fault`, unless it is not even of the grammar.
    pub(super) fn refused(self, fault: Fault) -> Fault {
        match fault {
            Fault::MALFORMED => fault,
            fault => self.check().err().unwrap_or(fault),
        }
    }
}

/// The token that `headers` bear. Those in queries and bodies are not looked for: they end up in
/// logs and histories (RFC 9700, section 4.3.2). The scheme `DPoP` is known only if `dpop` is.
pub(super) fn shown(headers: &HeaderMap, dpop: bool) -> Shown<'_> {
    match field::exactly_one(headers, AUTHORIZATION) {
        Ok(None) => Shown::Nothing,
        Ok(Some(line)) => read(line.as_bytes(), dpop),
        Err(Repeated) => Shown::Bad(Fault::SEVERAL),
    }
}

fn read(line: &[u8], dpop: bool) -> Shown<'_> {
    let (scheme, token) = match field::credentials(line) {
        None => return Shown::Bad(Fault::MALFORMED),
        Some((b"Bearer", token)) => (Scheme::Bearer, token),
        Some((name, token)) if name.eq_ignore_ascii_case(b"Bearer") => (Scheme::Bearer, token),
        Some((name, token)) if dpop && name.eq_ignore_ascii_case(b"DPoP") => (Scheme::Dpop, token),
        Some(_) => return Shown::Nothing,
    };
    if token.len() > LONGEST {
        return Shown::Bad(Fault::TOO_LONG);
    }
    if token.is_empty() {
        return Shown::Bad(Fault::MALFORMED);
    }
    Shown::Token(scheme, Raw(token))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// What `line` shows, with its grammar looked at.
    fn read(line: &[u8], dpop: bool) -> Shown<'_> {
        match super::read(line, dpop) {
            Shown::Token(_, raw) if raw.check().is_err() => Shown::Bad(Fault::MALFORMED),
            shown => shown,
        }
    }

    fn token(scheme: Scheme, token: &str) -> Shown<'_> {
        Shown::Token(scheme, Raw(token.as_bytes()))
    }

    #[test]
    fn a_token_is_shown_by_one_line_of_the_scheme_bearer() {
        let bad = Shown::Bad(Fault::MALFORMED);
        for (line, expected) in [
            (&b"Bearer a.b.c"[..], token(Scheme::Bearer, "a.b.c")),
            (b"bearer a.b.c", token(Scheme::Bearer, "a.b.c")),
            (b"BEARER   a.b.c", token(Scheme::Bearer, "a.b.c")),
            (
                b"Bearer aZ09-._~+/==",
                token(Scheme::Bearer, "aZ09-._~+/=="),
            ),
            (b"Bearer", bad),
            (b"Bearer ", bad),
            (b"Bearer =", bad),
            (b"Bearer a=b", bad),
            (b"Bearer a b", bad),
            (b"Bearer a, Bearer b", bad),
            (b"Bearer a ", bad),
            (b"Bearer\ta", bad),
            (b"Bearer \ta", bad),
            (b"Bearer a\tb", bad),
            (b"Bearer,a", bad),
            (b"Bearer/a", bad),
            (b"Bearer \xc3\xa9", bad),
            (b"Bearer \xff", bad),
            (b"", bad),
            (b" Bearer a", bad),
            (b"\xffBearer a", bad),
            (b"Basic dTpw", Shown::Nothing),
            (b"DPoP a.b.c", Shown::Nothing),
            (b"Bearerx a.b.c", Shown::Nothing),
            (b"Bear a.b.c", Shown::Nothing),
        ] {
            assert_eq!(
                read(line, false),
                expected,
                "{:?}",
                line.escape_ascii().to_string()
            );
        }
    }

    #[test]
    fn the_scheme_dpop_is_known_where_proofs_are_looked_at() {
        let bad = Shown::Bad(Fault::MALFORMED);
        for (line, expected) in [
            (&b"DPoP a.b.c"[..], token(Scheme::Dpop, "a.b.c")),
            (b"dpop  a", token(Scheme::Dpop, "a")),
            (b"Bearer a", token(Scheme::Bearer, "a")),
            (b"DPoP", bad),
            (b"DPoP a, Bearer b", bad),
            (b"DPoPx a", Shown::Nothing),
        ] {
            assert_eq!(read(line, true), expected);
        }
    }

    #[test]
    fn several_lines_are_refused_whatever_they_hold() {
        let mut headers = HeaderMap::new();
        assert_eq!(shown(&headers, false), Shown::Nothing);
        headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer a.b.c"));
        assert_eq!(shown(&headers, false), token(Scheme::Bearer, "a.b.c"));
        headers.append(AUTHORIZATION, HeaderValue::from_static("Basic dTpw"));
        assert_eq!(shown(&headers, false), Shown::Bad(Fault::SEVERAL));
    }

    #[test]
    fn a_token_of_sixteen_kibibytes_is_the_longest() {
        let line = |length| [b"Bearer ", "a".repeat(length).as_bytes()].concat();
        assert!(matches!(read(&line(16 * 1024), false), Shown::Token(..)));
        assert_eq!(
            read(&line(16 * 1024 + 1), false),
            Shown::Bad(Fault::TOO_LONG)
        );
    }
}
