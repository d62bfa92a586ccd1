//! How this server shows the other who is asking.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use url::form_urlencoded::{Serializer, byte_serialize};
use zeroize::Zeroizing;

use crate::secret::Secret;

/// The credentials of this server at the authorization server (RFC 6749, section 2.3.1).
#[derive(Clone)]
pub struct ClientCredentials {
    id: Box<str>,
    secret: Secret<String>,
    way: Way,
}

#[derive(Clone, Copy)]
enum Way {
    Basic,
    Post,
}

impl ClientCredentials {
    /// The client `id` with its `secret`, sent in the header (`client_secret_basic`).
    #[must_use]
    pub fn basic(id: impl Into<Box<str>>, secret: impl Into<Secret<String>>) -> Self {
        Self {
            id: id.into(),
            secret: secret.into(),
            way: Way::Basic,
        }
    }

    /// The client `id` with its `secret`, sent in the body (`client_secret_post`), for servers that
    /// do not read the header.
    #[must_use]
    pub fn post(id: impl Into<Box<str>>, secret: impl Into<Secret<String>>) -> Self {
        Self {
            way: Way::Post,
            ..Self::basic(id, secret)
        }
    }

    /// The header that shows the credentials, if they are shown in one. Id and secret are encoded
    /// as in a form before they are joined, so that a colon in the id parts nothing.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        let Way::Basic = self.way else {
            return None;
        };
        let encode =
            |text: &str| Zeroizing::new(byte_serialize(text.as_bytes()).collect::<String>());
        let secret = encode(self.secret.expose());
        let pair = Zeroizing::new(format!("{}:{}", *encode(&self.id), *secret));
        let text = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The form that asks about `token` (RFC 7662, section 2.1).
    pub(super) fn form(&self, token: &str) -> String {
        let mut form = Serializer::new(String::new());
        form.append_pair("token", token)
            .append_pair("token_type_hint", "access_token");
        if let Way::Post = self.way {
            form.append_pair("client_id", &self.id)
                .append_pair("client_secret", self.secret.expose());
        }
        form.finish()
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_shown_in_the_header_or_in_the_body_and_never_in_both() {
        let basic = ClientCredentials::basic("my:api", "s&c r\u{e9}t".to_owned());
        // base64("my%3Aapi:s%26c+r%C3%A9t")
        assert_eq!(
            basic.header().unwrap(),
            "Basic bXklM0FhcGk6cyUyNmMrciVDMyVBOXQ="
        );
        assert!(basic.header().unwrap().is_sensitive());
        assert_eq!(
            basic.form("a+/="),
            "token=a%2B%2F%3D&token_type_hint=access_token"
        );

        let post = ClientCredentials::post("my:api", "s&c".to_owned());
        assert_eq!(post.header(), None);
        assert_eq!(
            post.form("t"),
            "token=t&token_type_hint=access_token&client_id=my%3Aapi&client_secret=s%26c"
        );
        assert!(!format!("{basic:?}{post:?}").contains("s&c"));
    }
}
