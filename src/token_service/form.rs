//! Form bodies, read by the letter (RFC 6749, section 3.2 and appendix B).

use zeroize::Zeroizing;

use crate::body::undo_percent;
use crate::secret::Secret;

/// No request of these endpoints has so many parameters.
const MOST_PARAMETERS: usize = 32;

/// The parameters of a request, of which none is there twice.
pub(super) struct Form(Vec<(Box<str>, Secret<String>)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`. Untrusted bytes are fine.
    ///
    /// # Errors
    /// The reason, for the event: a parameter that is there twice, a `%` without two digits, bytes
    /// that are no UTF-8, or more than 32 parameters.
    pub(super) fn parse(body: &[u8]) -> Result<Self, &'static str> {
        let mut parameters: Vec<(Box<str>, Secret<String>)> = Vec::new();
        for pair in body.split(|byte| *byte == b'&') {
            if pair.is_empty() {
                continue;
            }
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decoded(halves.next().unwrap_or_default())?;
            let value = decoded(halves.next().unwrap_or_default())?;
            if parameters
                .iter()
                .any(|(known, _)| **known == **name.expose())
            {
                return Err("form_parameter_repeated");
            }
            if parameters.len() == MOST_PARAMETERS {
                return Err("form_too_many_parameters");
            }
            parameters.push((name.expose().as_str().into(), value));
        }
        Ok(Self(parameters))
    }

    /// The value of `name`. A parameter without a value counts as left out (RFC 6749, section 3.2).
    pub(super) fn get(&self, name: &str) -> Option<&Secret<String>> {
        let named = self.0.iter().find(|(known, _)| **known == *name);
        let value = named.map(|(_, value)| value);
        value.filter(|value| !value.expose().is_empty())
    }

    /// The value of `name`, which is no secret.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).map(|value| value.expose().as_str())
    }
}

/// Undoes percent-encoding, and `+` for a space.
pub(super) fn decoded(text: &[u8]) -> Result<Secret<String>, &'static str> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    undo_percent(text, true, &mut out).map_err(|_| ENCODING)?;
    match String::from_utf8(std::mem::take(&mut *out)) {
        Ok(text) => Ok(Secret::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(ENCODING)
        }
    }
}

const ENCODING: &str = "form_encoding_malformed";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(text: &str) -> String {
        text.bytes()
            .fold(String::new(), |out, byte| out + &format!("%{byte:02X}"))
    }

    #[test]
    fn a_form_is_read_by_the_letter() {
        for (body, value) in [
            ("a=b", Ok(Some("b"))),
            ("a=b&c=d", Ok(Some("b"))),
            ("c=d&a=b", Ok(Some("b"))),
            ("a=b%20c+d%2B", Ok(Some("b c d+"))),
            ("a=%e2%98%83", Ok(Some("\u{2603}"))),
            ("%61=b", Ok(Some("b"))),
            ("a=b=c", Ok(Some("b=c"))),
            ("&a=b&", Ok(Some("b"))),
            ("A=b", Ok(None)),
            ("", Ok(None)),
            ("a", Ok(None)),
            ("a=", Ok(None)),
            ("a=b&a=b", Err("form_parameter_repeated")),
            ("a=b&%61=c", Err("form_parameter_repeated")),
            ("a=&a=b", Err("form_parameter_repeated")),
            ("a=b&c=1&c=2", Err("form_parameter_repeated")),
            ("a=%", Err("form_encoding_malformed")),
            ("a=%2", Err("form_encoding_malformed")),
            ("a=%2g", Err("form_encoding_malformed")),
            ("a=%+1", Err("form_encoding_malformed")),
            ("a=%ff", Err("form_encoding_malformed")),
        ] {
            let form = Form::parse(body.as_bytes());
            let found = form.as_ref().map(|form| form.text("a"));
            assert_eq!(found.map_err(|reason| *reason), value, "{body}");
        }
    }

    #[test]
    fn a_form_has_so_many_parameters_and_no_more() {
        let body = |count: usize| {
            let pairs: Vec<_> = (0..count).map(|number| format!("p{number}=")).collect();
            pairs.join("&")
        };
        assert!(Form::parse(body(MOST_PARAMETERS).as_bytes()).is_ok());
        let over = Form::parse(body(MOST_PARAMETERS + 1).as_bytes());
        assert_eq!(over.err(), Some("form_too_many_parameters"));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Form::parse(&body);
        }

        #[test]
        fn whatever_is_encoded_comes_back(name in ".{1,20}", value in ".{1,20}") {
            let body = format!("{}={}", encoded(&name), encoded(&value));
            let form = Form::parse(body.as_bytes()).unwrap();
            prop_assert_eq!(form.text(&name), Some(value.as_str()));
        }
    }
}
