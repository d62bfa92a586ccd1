//! How providers sign.

use http::HeaderName;

use crate::config::ConfigError;

/// How a provider signs what it sends: which header bears the signature, in which form, and what is
/// signed besides the body. It is HMAC-SHA-256 in any case.
///
/// ```
/// use portcullis::webhook::WebhookScheme;
///
/// // `Acme-Time: 1614265330`, `Acme-Signature: v1=<hex of the MAC of "1614265330.<body>">`
/// let acme = WebhookScheme::hex("acme-signature")?
///     .with_prefix("v1=")
///     .with_timestamp("acme-time", "", ".")?;
/// # Ok::<(), portcullis::config::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct WebhookScheme {
    pub(super) header: HeaderName,
    pub(super) prefix: String,
    pub(super) encoding: Encoding,
    pub(super) time: Option<Time>,
}

/// In which form a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Hex,
    Base64,
}

/// The header that says when it was sent, and what stands around that in what is signed.
#[derive(Clone, Debug)]
pub(super) struct Time {
    pub(super) header: HeaderName,
    pub(super) before: String,
    pub(super) after: String,
}

impl WebhookScheme {
    /// The signature stands in the header `name`, in lower-case hexadecimal digits.
    ///
    /// # Errors
    /// [`ConfigError`] if `name` cannot name a header.
    pub fn hex(name: &str) -> Result<Self, ConfigError> {
        Self::new(name, Encoding::Hex)
    }

    /// The signature stands in the header `name`, in base64 (RFC 4648, section 4).
    ///
    /// # Errors
    /// [`ConfigError`] if `name` cannot name a header.
    pub fn base64(name: &str) -> Result<Self, ConfigError> {
        Self::new(name, Encoding::Base64)
    }

    fn new(name: &str, encoding: Encoding) -> Result<Self, ConfigError> {
        Ok(Self {
            header: header(name)?,
            prefix: String::new(),
            encoding,
            time: None,
        })
    }

    /// The signature stands behind `prefix`, such as `sha256=` (default: nothing).
    #[must_use]
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// The header `name` says when it was sent, in seconds since the Unix epoch, and what is signed
    /// is `before`, that time, `after`, and the body (default: the body alone).
    ///
    /// # Errors
    /// [`ConfigError`] if `name` cannot name a header; and if `after` is empty or begins with a
    /// digit, so that nobody could tell where the time ends and the body begins.
    pub fn with_timestamp(
        mut self,
        name: &str,
        before: &str,
        after: &str,
    ) -> Result<Self, ConfigError> {
        if !after.starts_with(|first: char| !first.is_ascii_digit()) {
            return Err(ConfigError::new(
                "something that is no digit must stand between the time and the body, or one could \
                 be taken for a part of the other",
            ));
        }
        self.time = Some(Time {
            header: header(name)?,
            before: before.to_owned(),
            after: after.to_owned(),
        });
        Ok(self)
    }
}

fn header(name: &str) -> Result<HeaderName, ConfigError> {
    name.parse()
        .map_err(|_| ConfigError::new(format!("{name:?} cannot name a header")))
}

/// How the signatures of one verifier are laid out.
#[derive(Clone, Debug)]
pub(super) enum Layout {
    /// Standard Webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature`.
    Standard,
    /// Stripe: all in `Stripe-Signature`.
    Stripe,
    /// One header, and perhaps another with the time.
    Plain(WebhookScheme),
}
