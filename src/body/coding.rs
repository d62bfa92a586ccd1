//! `Content-Encoding`, read by the letter (RFC 9110, section 8.4).

use http::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

use crate::field::exactly_one;

/// How the bytes of a body came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// They are the body.
    Identity,
    /// They are one member of RFC 1952.
    #[cfg(feature = "compression")]
    Gzip,
}

impl Coding {
    /// The coding that a body bears; none if it bears several, or one that is not undone.
    pub(super) fn of(
        headers: &HeaderMap,
        #[cfg_attr(not(feature = "compression"), allow(unused_variables))] takes_gzip: bool,
    ) -> Option<Self> {
        let named = exactly_one(headers, CONTENT_ENCODING).ok()?;
        let name = named.map_or(&b"identity"[..], HeaderValue::as_bytes);
        match name {
            name if name.eq_ignore_ascii_case(b"identity") => Some(Self::Identity),
            #[cfg(feature = "compression")]
            name if takes_gzip && name.eq_ignore_ascii_case(b"gzip") => Some(Self::Gzip),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_coding_is_undone_if_it_is_wanted_and_no_other() {
        let gzip = if cfg!(feature = "compression") {
            "Gzip"
        } else {
            "-"
        };
        for (lines, as_ever, with_gzip) in [
            (&[][..], "Identity", "Identity"),
            (&["identity"], "Identity", "Identity"),
            (&["Identity"], "Identity", "Identity"),
            (&["gzip"], "-", gzip),
            (&["GZIP"], "-", gzip),
            (&["gzip, gzip"], "-", "-"),
            (&["gzip", "gzip"], "-", "-"),
            (&["gzip,"], "-", "-"),
            (&[" gzip"], "-", "-"),
            (&["gzip\t"], "-", "-"),
            (&["x-gzip"], "-", "-"),
            (&["gzip", "identity"], "-", "-"),
            (&["identity", "gzip"], "-", "-"),
            (&["deflate"], "-", "-"),
            (&["br"], "-", "-"),
            (&["zstd"], "-", "-"),
            (&[""], "-", "-"),
            (&["*"], "-", "-"),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(CONTENT_ENCODING, HeaderValue::from_static(line));
            }
            let told = |takes| {
                let coding = Coding::of(&headers, takes);
                coding.map_or("-".to_owned(), |coding| format!("{coding:?}"))
            };
            assert_eq!(told(false), as_ever, "{lines:?}");
            assert_eq!(told(true), with_gzip, "{lines:?}");
        }
    }
}
