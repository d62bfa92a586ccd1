//! Which application is asking (RFC 6749, section 2.3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderMap};
use zeroize::Zeroizing;

use super::form::{Form, decoded};
use crate::field::exactly_one;
use crate::secret::Secret;

/// What an application shows.
pub(super) struct Shown {
    pub(super) id: Option<String>,
    pub(super) secret: Option<Secret<String>>,
}

/// Why what an application shows cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It contradicts itself: `invalid_request`.
    Request(&'static str),
    /// It is no credential of an application: `invalid_client`.
    Client(&'static str),
}

/// What the application shows, in one way alone.
pub(super) fn shown(headers: &HeaderMap, form: &Form) -> Result<Shown, Unreadable> {
    let several = Unreadable::Request("several_authorizations");
    let in_form = form.text("client_id");
    let Some(field) = exactly_one(headers, AUTHORIZATION).map_err(|_| several)? else {
        return Ok(Shown {
            id: in_form.map(str::to_owned),
            secret: form.get("client_secret").cloned(),
        });
    };
    if form.get("client_secret").is_some() {
        return Err(several);
    }
    let malformed = Unreadable::Client("client_authorization_malformed");
    let (id, secret) = basic(field.as_bytes()).ok_or(malformed)?;
    if in_form.is_some_and(|named| named != id) {
        return Err(Unreadable::Request("several_clients"));
    }
    Ok(Shown {
        id: Some(id),
        secret: Some(secret),
    })
}

/// HTTP Basic, with both halves form-encoded (RFC 6749, section 2.3.1).
fn basic(field: &[u8]) -> Option<(String, Secret<String>)> {
    let (scheme, rest) = field.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") {
        return None;
    }
    let pair = Zeroizing::new(STANDARD.decode(rest).ok()?);
    let colon = pair.iter().position(|byte| *byte == b':')?;
    let (id, secret) = pair.split_at_checked(colon)?;
    let id = decoded(id).ok()?.expose().clone();
    let secret = decoded(secret.get(1..)?).ok()?;
    (!id.is_empty()).then_some((id, secret))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn an_application_shows_itself_in_one_way() {
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        let (several, malformed) = (
            Err(Unreadable::Request("several_authorizations")),
            Err(Unreadable::Client("client_authorization_malformed")),
        );
        let own = basic("web:s%3A+s");
        for (fields, form, expected) in [
            (vec![], "", Ok((None, None))),
            (vec![], "client_id=web", Ok((Some("web"), None))),
            (
                vec![],
                "client_id=web&client_secret=s",
                Ok((Some("web"), Some("s"))),
            ),
            (vec![&own], "", Ok((Some("web"), Some("s: s")))),
            (vec![&own], "client_id=web", Ok((Some("web"), Some("s: s")))),
            (
                vec![&own],
                "client_id=app",
                Err(Unreadable::Request("several_clients")),
            ),
            (vec![&own], "client_secret=s", several),
            (vec![&own, &own], "", several),
            (
                vec![&own.replace("Basic", "bASIC")],
                "",
                Ok((Some("web"), Some("s: s"))),
            ),
            (vec![&basic("web:")], "", Ok((Some("web"), Some("")))),
            (vec![&basic("web:a:b")], "", Ok((Some("web"), Some("a:b")))),
            (vec![&basic(":s")], "", malformed),
            (vec![&basic("web")], "", malformed),
            (vec![&basic("w%zz:s")], "", malformed),
            (vec![&"Basic".to_owned()], "", malformed),
            (vec![&"Basic ****".to_owned()], "", malformed),
            (vec![&"Bearer abc".to_owned()], "", malformed),
            (vec![&String::new()], "", malformed),
        ] {
            let mut headers = HeaderMap::new();
            for field in &fields {
                headers.append(AUTHORIZATION, HeaderValue::from_str(field).unwrap());
            }
            let form = Form::parse(form.as_bytes()).unwrap();
            let found = shown(&headers, &form);
            let found = found.as_ref().map(|shown| {
                let secret = shown.secret.as_ref().map(|secret| secret.expose().as_str());
                (shown.id.as_deref(), secret)
            });
            assert_eq!(found.map_err(|error| *error), expected, "{fields:?}");
        }
    }
}
